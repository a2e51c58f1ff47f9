"""GPU-hours used, compared with always-on workers."""

import pytest

from dashboard.domain.fleet import LOCAL, FleetReading, Node, Scaler, Worker
from dashboard.domain.snapshot import Sample
from dashboard.insights.cost import usage
from dashboard.sampling.samples import make_sample

NOW = 1_800_000_000.0
EVERY = 10.0


def samples(*gpus: int | None, maximum: int | None = 8) -> list[Sample]:
    """Return samples, 10 s apart."""
    return [
        Sample(NOW + n * EVERY, gpus=number, workers=number, maximum=maximum)
        for n, number in enumerate(gpus)
    ]


def test_hours_are_compared_with_always_on_workers():
    """Two GPUs for 1 of 4 intervals, compared with eight all the time."""
    used = usage(samples(0, 2, 0, 0, 0))
    assert used.unit == "GPU"
    assert (used.known, used.unknown, used.start) == (40, 0, NOW)
    assert used.used == pytest.approx(2 * 10 / 3600)
    assert used.always_on == pytest.approx(8 * 40 / 3600)
    assert used.saved == pytest.approx(1 - 20 / 320)


def test_time_without_readings_is_unknown():
    """Unknown time is added to neither side, and reported."""
    used = usage(samples(2, None, None, 2, 2))
    assert (used.known, used.unknown) == (20, 20)
    assert used.used == pytest.approx(2 * 20 / 3600)
    assert used.always_on == pytest.approx(8 * 20 / 3600)


def test_long_interval_between_samples_is_unknown():
    """The hour between two samples of a suspended machine is unknown."""
    used = usage([Sample(NOW, gpus=2, maximum=8), Sample(NOW + 3600, gpus=2, maximum=8)])
    assert (used.known, used.unknown, used.used, used.always_on) == (0, 3600, None, None)
    assert used.saved is None


def test_range_may_begin_within_an_interval():
    """Only time in the selected range counts, to the second."""
    used = usage(samples(2, 2, 2), start=NOW + 5)
    assert used.known == 15
    assert used.used == pytest.approx(2 * 15 / 3600)


def test_without_gpu_nodes_workers_are_counted():
    """A laptop or a cluster without GPUs has worker-hours."""
    plain = [Sample(NOW + n * EVERY, workers=1, gpus=None, maximum=2) for n in range(3)]
    used = usage(plain)
    assert used.unit == "worker"
    assert used.used == pytest.approx(20 / 3600)


def test_maximum_is_kept_while_the_scaler_cannot_be_read():
    """The maximum is a setting; one failed reading does not change it."""
    some = samples(2, 2, 2)
    used = usage([some[0], Sample(some[1].at, gpus=2), some[2]])
    assert used.always_on == pytest.approx(8 * 20 / 3600)
    assert usage(samples(2, 2, maximum=None)).always_on is None


def test_usage_without_samples_is_unknown():
    """A page that opens before the first sample shows unknown, not zero."""
    assert usage([]).used is None
    assert usage(samples(3)).used is None


def _fleet(kind: str) -> FleetReading:
    workers = tuple(
        Worker(phase, phase, "", NOW) for phase in ("pending", "starting", "generating", "failed")
    )
    nodes = (Node("a", "L4", 2, 1, True, NOW, gpus=2), Node("b", "L4", 8, 0, False, NOW, gpus=2))
    return FleetReading(Scaler(kind, "", 3, 1, 0, 8, 5, 120), 3, 1, workers, nodes)


def test_samples_count_what_is_billed():
    """All GPUs of all nodes are billed, and all workers that occupy a machine."""
    sample = make_sample(NOW, None, _fleet("ScaledObject"), None)
    assert (sample.gpus, sample.workers, sample.maximum) == (4, 2, 8)


def test_slots_of_one_gpu_are_billed_once():
    """One GPU in four slots costs one GPU-hour an hour, and eight workers on it always two."""
    nodes = (Node("a", "L4", 4, 4, True, NOW, gpus=1),)
    scaler = Scaler("ScaledObject", "", 4, 1, 0, 8, 5, 120)
    fleet = FleetReading(scaler, 4, 4, (), nodes)
    used = usage([make_sample(NOW + n * EVERY, None, fleet, None) for n in range(4)])
    assert used.used == pytest.approx(1 * 30 / 3600)
    assert used.always_on == pytest.approx(2 * 30 / 3600)
    assert used.saved == pytest.approx(0.5)


def test_node_whose_gpus_are_unknown_makes_the_sum_unknown():
    """A node that joins is billed, although nothing tells its GPUs yet; that is not zero."""
    nodes = (Node("a", "L4", 1, 0, True, NOW, gpus=1), Node("b", None, 0, 0, False, NOW))
    fleet = FleetReading(None, 2, 1, (), nodes)
    sample = make_sample(NOW, None, fleet, None)
    assert (sample.gpus, sample.gpus_per_slot) == (None, 1)


def test_gpus_of_this_machine_are_not_counted():
    """A workstation has its GPU with and without workers, so workers are counted."""
    sample = make_sample(NOW, None, _fleet(LOCAL), None)
    assert (sample.gpus, sample.workers) == (None, 2)
