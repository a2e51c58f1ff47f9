"""The what-if simulator: arrivals, nodes, workers and what they amount to."""

from dataclasses import replace

import numpy as np
import pytest

from dashboard.domain.fleet import LOCAL, Scaler
from dashboard.domain.scaling_rules import DEFAULT_SCALE_DOWN
from dashboard.domain.snapshot import Sample
from dashboard.domain.time_units import DAY
from dashboard.fleet.scaled_job_rule import jobs_to_create
from dashboard.fleet.scaling_rule import ScalingPolicy
from dashboard.whatif import arrivals
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.nodes import NodeModel
from dashboard.whatif.real import in_step, setup_of
from dashboard.whatif.result import Price, lanes, outcome
from dashboard.whatif.setup import FleetModel, ScalerSetup, WorkerModel
from dashboard.whatif.simulate import simulate

POLICY = ScalingPolicy(maximum=8, cooldown=30.0, down=replace(DEFAULT_SCALE_DOWN, window=0.0))
SCALED_OBJECT = ScalerSetup("ScaledObject", POLICY, polling=5.0)
LOCAL_SCALER = ScalerSetup(LOCAL, POLICY, polling=1.0, first_poll=0.0)
ONE_NODE_EACH = FleetModel(WorkerModel(load=5.0, picture=2.0), NodeModel(join=20.0, pull=10.0))
NO_NODES = FleetModel(WorkerModel(load=0.0, picture=2.0), None)


def requests(*at: float, span: float = 120.0, workers: int | None = None) -> Arrivals:
    """Return requests of one picture each."""
    return Arrivals(np.array(at, dtype=float), np.ones(len(at)), span, initial_workers=workers)


def test_first_request_waits_for_poll_node_image_and_model():
    """From zero, a request waits for KEDA's poll, then for the node, its image and the model."""
    run = simulate(requests(3.0), SCALED_OBJECT, ONE_NODE_EACH)
    assert list(run.started) == [5.5 + 20 + 10 + 5]
    assert run.wanted[:2] == ((0.0, 0), (5.5, 1))


def test_a_second_worker_on_a_node_pulls_nothing():
    """A worker on a node that has the image starts as soon as its model is loaded."""
    policy = replace(POLICY, minimum=1)
    setup, model = replace(SCALED_OBJECT, policy=policy), ONE_NODE_EACH
    shared = replace(model, nodes=NodeModel(join=20.0, pull=10.0, slots=2))
    run = simulate(requests(*[3.0] * 20), setup, shared)
    assert [at for at, change in run.ready_changes if change > 0][:2] == [0.0, 20.5]
    # The HPA syncs at 15.5: the second slot of the first node takes a worker at once.


@pytest.mark.parametrize(
    ("workers", "starts"),
    [(1, [1, 3, 5, 7]), (2, [1, 1, 3, 3]), (4, [1, 1, 1, 1])],
)
def test_requests_start_in_order_on_the_worker_that_is_free_first(workers, starts):
    """Four requests at once, of 2 s each: as many start together as there are workers."""
    setup = replace(LOCAL_SCALER, policy=replace(POLICY, minimum=workers, maximum=workers))
    assert list(simulate(requests(1, 1, 1, 1), setup, NO_NODES).started) == starts


def test_a_batch_ends_together():
    """Requests of a batch start and end together, and take as long as one after the other."""
    setup = replace(LOCAL_SCALER, policy=replace(POLICY, minimum=1, maximum=1))
    model = replace(NO_NODES, workers=replace(NO_NODES.workers, batch=3))
    run = simulate(requests(1, 1, 1, 1), setup, model)
    assert list(run.started) == [1, 1, 1, 7]
    assert list(run.ended) == [7, 7, 7, 9]


def test_a_scaled_job_starts_a_worker_for_each_request_that_ends_with_it():
    """Workers of a ScaledJob are as many as requests, do one each, and leave nobody behind."""
    run = simulate(requests(1, 1, 1), replace(SCALED_OBJECT, kind="ScaledJob"), ONE_NODE_EACH)
    assert list(run.started) == [5.5 + 35] * 3
    assert lanes(run, [41.0, 60.0]).ready.tolist() == [3, 0]


@pytest.mark.parametrize(
    ("running", "jobs", "created"),
    [(0, 0, 0), (0, 3, 3), (2, 3, 1), (3, 3, 0), (5, 3, 0), (0, 20, 8), (7, 20, 1)],
)
def test_scaled_job_creates_what_does_not_run_yet(running, jobs, created):
    """KEDA subtracts the Jobs that run from the length of the queue, up to the maximum."""
    assert jobs_to_create(POLICY, running, jobs) == created


@pytest.mark.parametrize(
    ("running", "jobs", "created"),
    [(0, 0, 2), (1, 5, 1), (2, 0, 0), (2, 3, 3), (5, 3, 0), (2, 20, 6), (8, 20, 0)],
)
def test_the_minimum_of_a_scaled_job_runs_besides_those_for_requests(running, jobs, created):
    """KEDA creates the minimum first, then Jobs for the queue besides it, up to the maximum."""
    assert jobs_to_create(replace(POLICY, minimum=2), running, jobs) == created


def test_a_short_queue_hides_the_backlog_from_keda():
    """RabbitMQ's job queue holds so many waiting requests; KEDA counts these and those taken."""
    setup = replace(SCALED_OBJECT, policy=replace(POLICY, jobs_per_worker=2), max_waiting=3)
    slow = replace(NO_NODES, workers=replace(NO_NODES.workers, picture=500.0))
    found = [simulate(requests(*[1.0] * 40), each, slow) for each in (SCALED_OBJECT, setup)]
    assert [max(workers for _, workers in run.wanted) for run in found] == [8, 3]


def test_idle_nodes_are_removed_and_cost_nothing_more():
    """A node is paid from joining until it was idle for its time."""
    model = replace(ONE_NODE_EACH, nodes=replace(ONE_NODE_EACH.nodes, idle=30.0))
    run = simulate(requests(3.0, span=600.0), SCALED_OBJECT, model)
    ((joined, removed),) = run.node_lives
    assert joined == 25.5
    # The request ends at 42.5, was active at 40.5 last, and KEDA waits for its cool-down.
    assert removed == 70.5 + 30
    assert outcome(run, Price(2.0)).cost == pytest.approx((removed - joined) / 3600 * 2)


def test_a_full_pool_lets_workers_wait_without_cost():
    """Workers beyond the pool's maximum have no node, and take one that becomes free."""
    model = replace(ONE_NODE_EACH, nodes=replace(ONE_NODE_EACH.nodes, maximum=2))
    run = simulate(requests(*[3.0] * 8), SCALED_OBJECT, model)
    times = np.arange(0, run.end)
    assert lanes(run, times).nodes.max() == 2
    assert lanes(run, times).wanted.max() == 8
    assert len(run.ended) == 8


def test_spot_costs_its_share():
    """The same hours cost less on spot machines."""
    run = simulate(requests(3.0), SCALED_OBJECT, ONE_NODE_EACH)
    on_demand, spot = outcome(run, Price(1.0)), outcome(run, Price(1.0, spot_share=0.4))
    assert spot.cost == pytest.approx(0.4 * on_demand.cost)
    assert spot.hours == on_demand.hours


def test_a_run_without_requests_has_no_waiting_time():
    """Without requests the waiting times are unknown, not zero."""
    result = outcome(simulate(requests(), SCALED_OBJECT, ONE_NODE_EACH), None)
    assert (result.p50, result.p95, result.idle_share, result.cost) == (None, None, None, None)
    assert result.hours == 0


def test_requests_that_no_worker_takes_are_counted():
    """With a maximum of zero nodes nothing starts; the run ends, and says how many are left."""
    model = replace(ONE_NODE_EACH, nodes=replace(ONE_NODE_EACH.nodes, maximum=0))
    result = outcome(simulate(requests(1, 2), SCALED_OBJECT, model), None)
    assert (result.never_started, result.finish, result.p95) == (2, None, None)


def test_waiting_times_are_unknown_while_requests_still_wait():
    """A request that never started has no waiting time, so percentiles without it would be low."""
    policy = replace(POLICY, maximum=1, cooldown=600.0)
    model = replace(NO_NODES, workers=replace(NO_NODES.workers, picture=8000.0))
    found = outcome(simulate(requests(1, 2, 3), replace(LOCAL_SCALER, policy=policy), model), None)
    assert found.never_started == 1
    assert (found.p50, found.p95, found.finish) == (None, None, None)


def test_workers_that_were_ready_before_the_stretch_serve_at_once():
    """A stretch begins with the workers that were there, and with requests that waited."""
    slow = replace(POLICY, down=replace(DEFAULT_SCALE_DOWN, window=60.0))
    setup = replace(SCALED_OBJECT, policy=slow)
    run = simulate(requests(-4.0, 1.0, workers=2), setup, ONE_NODE_EACH)
    assert list(run.started) == [0.0, 1.0]
    assert outcome(run, None).p95 == pytest.approx(3.8)


def test_every_request_is_done_once_and_in_order():
    """Whatever scales, each request starts after it arrives, and no worker does two at once."""
    random = np.random.default_rng(1)
    arrived = Arrivals(np.sort(random.uniform(0, 600, 500)), random.uniform(0.5, 3, 500), 600.0)
    for setup in (SCALED_OBJECT, LOCAL_SCALER, replace(SCALED_OBJECT, kind="ScaledJob")):
        run = simulate(arrived, setup, ONE_NODE_EACH)
        started, ended = np.frombuffer(run.started), np.frombuffer(run.ended)
        assert len(started) == 500
        assert (started >= arrived.at).all()
        assert (np.diff(started) >= 0).all()
        changes = np.concatenate(([0], started)), np.concatenate(([0], np.sort(ended)))
        busy = np.searchsorted(changes[0], started, "right") - np.searchsorted(
            changes[1], started, "right"
        )
        assert busy.max() <= POLICY.maximum


def test_a_day_has_quiet_nights_and_all_requests():
    """The profile of a day sums to the requests that were asked for."""
    day = arrivals.day(24_000)
    hours = np.histogram(day.at, bins=24, range=(0, DAY))[0]
    assert len(day) == 24_000 == hours.sum()
    assert hours[3] < 0.2 * hours[10]
    assert (np.diff(day.at) >= 0).all()


def test_a_burst_arrives_within_a_second():
    """A burst is all requests at about the same time."""
    found = arrivals.burst(20)
    assert len(found) == 20
    assert np.ptp(found.at) <= 1.0


WANTED = ((0.0, 0), (2.0, 0), (4.0, 1), (16.0, 1), (18.0, 4), (31.0, 4), (33.0, 6))


def samples(*wanted: tuple[float, int | None]) -> list[Sample]:
    """Return samples of the wanted workers, with their Unix seconds."""
    return [Sample(at=1000.0 + at, wanted=number) for at, number in wanted]


def test_a_simulation_is_in_step_with_the_polls_and_syncs_that_were_read():
    """From zero KEDA acts, at 3 s; other numbers are the HPA's, at 17 s and 32 s."""
    found = in_step(SCALED_OBJECT, samples(*WANTED), replace(requests(5.0), start=1000.0))
    assert (found.first_poll, found.first_sync, found.sync) == (3.0, 2.0, 15.0)


@pytest.mark.parametrize(("second", "sync"), [(30.0, 15.0), (29.0, 15.0), (24.0, 8.0), (19.0, 3.0)])
def test_a_shorter_sync_is_found_only_beyond_what_readings_are_off(second, sync):
    """Readings are 2 s apart, so changes 13 s apart may be 15 s apart; 8 s are not."""
    read = samples((14.0, 1), (16.0, 4), (second - 2.0, 4), (second, 6))
    found = in_step(SCALED_OBJECT, read, replace(requests(5.0), start=1000.0))
    assert found.sync == sync


def test_all_changes_of_a_scaler_without_an_autoscaler_are_polls():
    """The local supervisor changes any number at a poll; with a minimum it never leaves zero."""
    local = replace(LOCAL_SCALER, polling=5.0)
    found = in_step(local, samples((6.0, 1), (8.0, 3)), replace(requests(5.0), start=1000.0))
    assert found.first_poll == 2.0


def test_made_up_requests_wait_for_half_of_each_period():
    """No poll was read before a burst that never was: neither the best nor the worst is shown."""
    found = in_step(SCALED_OBJECT, samples(*WANTED), arrivals.burst(20))
    run = simulate(arrivals.burst(20), found, NO_NODES)
    assert run.wanted[:3] == ((0.0, 0), (12.5, 1), (20.0, 5))


def test_polls_without_a_pause_are_simulated_at_each_second():
    """KEDA takes 0 for polls without a pause, which no simulation survives."""
    scaler = Scaler("ScaledJob", "rabbitmq", 0, 2.0, 1, 6, 0.0, 150.0)
    assert setup_of(scaler).polling == 1.0
