"""The scaling rules of KEDA and the HPA."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.scaling_rules import (
    DEFAULT_SCALE_DOWN,
    RateLimit,
    ScalingRules,
)
from dashboard.fleet.scaling_rule import (
    ScalerState,
    ScalingPolicy,
    WorkerCount,
    cooldown_left,
    decide,
    recommendation,
)

POLICY = ScalingPolicy(maximum=8, cooldown=60.0, down=replace(DEFAULT_SCALE_DOWN, window=15.0))

policies = st.builds(
    lambda minimum, extra, per_worker, cooldown: ScalingPolicy(
        minimum=minimum,
        maximum=minimum + extra,
        jobs_per_worker=per_worker,
        cooldown=cooldown,
    ),
    st.integers(0, 5),
    st.integers(1, 50),
    st.integers(1, 10),
    st.floats(0, 600),
)
polls = st.lists(st.tuples(st.floats(0.1, 60), st.none() | st.integers(0, 200)), max_size=40)


def after(policy: ScalingPolicy, *seconds_and_jobs: tuple[float, int | None]) -> ScalerState:
    """Return the state after polls, each at a time and with a number of jobs."""
    state = ScalerState()
    for now, jobs in seconds_and_jobs:
        state = decide(policy, state, jobs, now)
    return state


def test_no_jobs_need_no_worker():
    """Without jobs and without a minimum there is no worker."""
    assert after(POLICY, (0, 0), (1, 0)).workers == 0


def test_first_job_starts_one_worker():
    """KEDA activates with a single worker, however many jobs wait."""
    assert after(POLICY, (0, 20)).workers == 1


def test_scale_up_is_limited_by_the_rate():
    """From one worker the HPA adds at most 4 in 15 s, and continues up to the maximum."""
    polls = [(second, 20) for second in range(20)]
    workers = [after(POLICY, *polls[: n + 1]).workers for n in range(20)]
    assert workers[:3] == [1, 5, 5]
    assert workers[15] == 5
    assert workers[-1] == 8


def test_large_fleet_doubles_within_a_period():
    """100% per 15 s allows more than 4 workers once there are more than 4."""
    policy = replace(POLICY, maximum=100)
    polls = [(second, 100) for second in range(18)]
    assert after(policy, *polls).workers == 10


def test_rate_counts_from_the_start_of_the_period():
    """Workers that were added within a period may be removed again within it."""
    rate = RateLimit("Pods", 2, 15.0)
    policy = replace(
        POLICY, up=ScalingRules(0, (RateLimit("Pods", 8, 15.0),)), down=ScalingRules(0, (rate,))
    )
    assert after(policy, (0, 8), (2, 8)).workers == 8
    assert after(policy, (0, 8), (2, 8), (4, 5)).workers == 5
    assert after(policy, (0, 8), (2, 8), (20, 5)).workers == 6


@pytest.mark.parametrize(
    ("select", "up", "down"), [("Max", 10, 1), ("Min", 7, 3), ("Disabled", 5, 5)]
)
def test_the_selected_limit_applies(select, up, down):
    """Of several limits, each with its period, the larger or the smaller step is taken, or none."""
    limits = (RateLimit("Pods", 2, 60.0), RateLimit("Percent", 100, 15.0))
    rules = ScalingRules(0.0, limits, select)
    policy = ScalingPolicy(minimum=1, up=rules, down=rules)
    assert decide(policy, ScalerState(5), 50, 100.0).workers == up
    assert decide(policy, ScalerState(5), 0, 100.0).workers == down


def test_each_limit_counts_the_changes_of_its_own_period():
    """What was added half a minute ago counts for a limit of a minute, not for one of 15 s."""
    limits = (RateLimit("Pods", 2, 60.0), RateLimit("Pods", 1, 15.0))
    state = ScalerState(5, changes=(WorkerCount(70.0, 2),))
    for select, workers in (("Max", 6), ("Min", 5)):
        policy = ScalingPolicy(up=ScalingRules(0.0, limits, select))
        assert decide(policy, state, 50, 100.0).workers == workers


def test_each_direction_has_its_tolerance():
    """An autoscaler may tolerate more below the target than above it."""
    policy = ScalingPolicy()
    policy = replace(
        policy, up=replace(policy.up, tolerance=0.0), down=replace(policy.down, tolerance=0.3)
    )
    assert [recommendation(policy, 10, jobs) for jobs in (6, 7, 10, 11)] == [6, 10, 10, 11]


def test_scale_down_waits_for_the_stabilization_window():
    """The highest recommendation of the window applies: a short lull removes no worker."""
    busy = [(0, 3), (1, 3), (2, 3)]
    assert after(POLICY, *busy, (3, 1), (16, 1)).workers == 3
    assert after(POLICY, *busy, (3, 1), (17, 1)).workers == 1


def test_a_high_recommendation_of_the_past_adds_no_worker():
    """Once the jobs have fallen, the window keeps the workers; it does not add those of before."""
    slow = replace(POLICY, up=ScalingRules(0.0, (RateLimit("Pods", 1, 15.0),)))
    policy = replace(slow, down=replace(DEFAULT_SCALE_DOWN, window=300.0))
    assert after(policy, (0, 8), (1, 8), (20, 1)).workers == 2


def test_a_low_recommendation_of_the_past_removes_no_worker():
    """Once the jobs have risen, a window before more workers keeps those that there are."""
    policy = replace(
        POLICY,
        up=ScalingRules(
            30.0,
            (
                RateLimit("Pods", 4, 15.0),
                RateLimit("Percent", 100, 15.0),
            ),
        ),
    )
    state = ScalerState(5, last_active=80, recommendations=(WorkerCount(80, 2),))
    assert decide(policy, state, 8, 100).workers == 5


def test_a_steady_load_keeps_one_recommendation():
    """Polls of a steady load take no memory and no time, and still hold the window open."""
    policy = replace(POLICY, down=replace(DEFAULT_SCALE_DOWN, window=300.0))
    steady = after(policy, *((float(at), 3) for at in range(200)))
    assert len(steady.recommendations) <= 3
    assert decide(policy, steady, 1, 498.9).workers == 3
    assert decide(policy, steady, 1, 499.0).workers == 1


def test_last_worker_stops_after_the_cooldown():
    """The cooldown is counted from the last poll that found a job, and not shortened."""
    assert after(POLICY, (0, 1), (10, 1), (69, 0)).workers == 1
    assert after(POLICY, (0, 1), (10, 1), (70, 0)).workers == 1
    assert after(POLICY, (0, 1), (10, 1), (70.5, 0)).workers == 0


def test_job_restarts_the_cooldown():
    """A job during the cooldown keeps the workers for another whole cooldown."""
    assert after(POLICY, (0, 1), (50, 0), (59, 1), (110, 0)).workers == 1


def test_activation_value_must_be_exceeded():
    """Jobs up to the activation value start no worker."""
    policy = replace(POLICY, activation=5)
    assert after(policy, (0, 5)).workers == 0
    assert after(policy, (0, 6)).workers == 1


def test_minimum_is_kept_without_jobs():
    """With a minimum, workers run before the first job and after the last."""
    policy = replace(POLICY, minimum=2)
    assert after(policy, (0, 0)).workers == 2
    assert after(policy, (0, 0), (1, 9), (2, 9), (500, 0), (1000, 0)).workers == 2


def test_cooldown_left_is_known_only_while_it_runs():
    """The seconds left are known after the last active poll, if workers can be removed."""
    busy = after(POLICY, (0, 1), (10, 1))
    assert cooldown_left(POLICY, busy, 10) is None
    assert cooldown_left(POLICY, busy, 29) == 41
    assert cooldown_left(POLICY, after(POLICY, (0, 0)), 1) is None
    assert cooldown_left(replace(POLICY, minimum=1), busy, 29) is None


def states(policy: ScalingPolicy, script) -> list[ScalerState]:
    """Return the state after each poll of a script of intervals (seconds) and jobs."""
    steps = [ScalerState()]
    now = 0.0
    for seconds, jobs in script:
        now += seconds
        steps.append(decide(policy, steps[-1], jobs, now))
    return steps


STEADY = 60
"""Polls, 20 s apart, after which every window, period and cooldown has passed."""


@given(policies, polls)
def test_workers_stay_within_their_bounds(policy: ScalingPolicy, script):
    """There are never fewer workers than the minimum or more than the maximum."""
    for state in states(policy, [(0.0, 0), *script])[1:]:
        assert policy.minimum <= state.workers <= policy.maximum


@given(policies, polls)
def test_unknown_number_of_jobs_changes_nothing(policy: ScalingPolicy, script):
    """A failed poll keeps the whole state."""
    for state in states(policy, script):
        assert decide(policy, state, None, 1e6) == state


@given(policies, st.integers(1, 50), st.integers(0, 300), st.integers(0, 300))
def test_more_jobs_never_need_fewer_workers(policy, workers, some, more):
    """Without tolerance the recommendation never falls as the jobs rise."""
    exact = replace(
        policy, up=replace(policy.up, tolerance=0.0), down=replace(policy.down, tolerance=0.0)
    )
    assert recommendation(exact, workers, some) <= recommendation(exact, workers, some + more)


@given(policies, st.integers(1, 50), st.integers(0, 500))
def test_within_the_tolerance_nothing_changes(policy, workers, jobs):
    """A load within 10% of the target keeps the workers, within minimum and maximum."""
    target = policy.jobs_per_worker * workers
    if abs(jobs - target) < 0.0999 * target and policy.minimum <= workers <= policy.maximum:
        assert recommendation(policy, workers, jobs) == workers


@given(policies, polls)
def test_steady_load_converges(policy: ScalingPolicy, script):
    """After any history, a steady load ends at the recommended number of workers."""
    last = states(policy, [*script, *[(20.0, 37)] * STEADY])[-1]
    assert last.workers == recommendation(policy, last.workers, 37)


@given(policies, polls)
def test_no_jobs_converge_to_the_minimum(policy: ScalingPolicy, script):
    """After any history, workers scale down to the minimum, zero by default."""
    last = states(policy, [*script, *[(20.0, 0)] * STEADY])[-1]
    assert last.workers == policy.minimum
