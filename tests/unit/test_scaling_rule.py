"""The rule by which workers come and go."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dashboard.fleet.scaling_rule import (
    Behaviour,
    RatePolicy,
    ScalerState,
    ScalingPolicy,
    cooldown_left,
    decide,
    recommendation,
)

POLICY = ScalingPolicy(maximum=8, cooldown=60.0, down=Behaviour(15.0, RatePolicy()))

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
looks = st.lists(st.tuples(st.floats(0.1, 60), st.none() | st.integers(0, 200)), max_size=40)


def after(policy: ScalingPolicy, *seconds_and_jobs: tuple[float, int | None]) -> ScalerState:
    """Follow a script of looks from nothing."""
    state = ScalerState()
    for now, jobs in seconds_and_jobs:
        state = decide(policy, state, jobs, now)
    return state


def test_nothing_waiting_keeps_no_worker():
    """Without jobs and without a minimum there is no worker."""
    assert after(POLICY, (0, 0), (1, 0)).workers == 0


def test_the_first_job_starts_one_worker():
    """KEDA activates with a single worker, however many jobs wait."""
    assert after(POLICY, (0, 20)).workers == 1


def test_a_climb_obeys_the_rate_of_the_autoscaler():
    """From one worker the HPA adds at most 4 in 15 s, then goes on to the maximum."""
    looks = [(second, 20) for second in range(20)]
    climb = [after(POLICY, *looks[: n + 1]).workers for n in range(20)]
    assert climb[:3] == [1, 5, 5]
    assert climb[15] == 5
    assert climb[-1] == 8


def test_a_large_fleet_doubles_within_a_period():
    """100 % per 15 s allows more than 4 workers once there are more than 4."""
    policy = replace(POLICY, maximum=100)
    looks = [(second, 100) for second in range(18)]
    assert after(policy, *looks).workers == 10


def test_workers_that_have_just_come_may_all_go_again():
    """A period's limit counts from its start: what was added within it is no step down."""
    rate = RatePolicy(workers=2, percent=0, period=15)
    policy = replace(POLICY, up=Behaviour(0, RatePolicy(8, 0)), down=Behaviour(0, rate))
    assert after(policy, (0, 8), (2, 8)).workers == 8
    assert after(policy, (0, 8), (2, 8), (4, 5)).workers == 5
    assert after(policy, (0, 8), (2, 8), (20, 5)).workers == 6


def test_jobs_that_drop_take_workers_away_after_the_window():
    """The highest recommendation of the window counts: a short lull removes nobody."""
    busy = [(0, 3), (1, 3), (2, 3)]
    assert after(POLICY, *busy, (3, 1), (16, 1)).workers == 3
    assert after(POLICY, *busy, (3, 1), (17, 1)).workers == 1


def test_the_last_workers_stop_after_the_cooldown_and_not_before():
    """The cool-down is counted from the last look that found a job."""
    assert after(POLICY, (0, 1), (10, 1), (69, 0)).workers == 1
    assert after(POLICY, (0, 1), (10, 1), (70, 0)).workers == 1
    assert after(POLICY, (0, 1), (10, 1), (70.5, 0)).workers == 0


def test_a_job_during_the_cooldown_starts_it_again():
    """A job keeps the workers for another whole cool-down."""
    assert after(POLICY, (0, 1), (50, 0), (59, 1), (110, 0)).workers == 1


def test_the_activation_value_must_be_exceeded():
    """Jobs up to the activation value wake nobody."""
    policy = replace(POLICY, activation=5)
    assert after(policy, (0, 5)).workers == 0
    assert after(policy, (0, 6)).workers == 1


def test_a_minimum_is_kept_without_jobs():
    """With a minimum, workers are there before the first job and stay after the last."""
    policy = replace(POLICY, minimum=2)
    assert after(policy, (0, 0)).workers == 2
    assert after(policy, (0, 0), (1, 9), (2, 9), (500, 0), (1000, 0)).workers == 2


def test_the_cooldown_left_is_told():
    """A person can be told when the workers will stop, and only then."""
    busy = after(POLICY, (0, 1), (10, 1))
    assert cooldown_left(POLICY, busy, 10) is None
    assert cooldown_left(POLICY, busy, 29) == 41
    assert cooldown_left(POLICY, after(POLICY, (0, 0)), 1) is None
    assert cooldown_left(replace(POLICY, minimum=1), busy, 29) is None


def states(policy: ScalingPolicy, script) -> list[ScalerState]:
    """Follow a script of pauses (seconds) and jobs, and return the state after each look."""
    steps = [ScalerState()]
    now = 0.0
    for seconds, jobs in script:
        now += seconds
        steps.append(decide(policy, steps[-1], jobs, now))
    return steps


STEADY = 60
"""Looks, 20 s apart, after which every window, rate and cool-down has passed."""


@given(policies, looks)
def test_workers_stay_within_their_bounds(policy: ScalingPolicy, script):
    """Never fewer than the minimum nor more than the maximum, whatever is counted."""
    for state in states(policy, [(0.0, 0), *script])[1:]:
        assert policy.minimum <= state.workers <= policy.maximum


@given(policies, looks)
def test_an_unknown_number_of_jobs_changes_nothing(policy: ScalingPolicy, script):
    """A look that failed keeps the workers and all that the rule remembers."""
    for state in states(policy, script):
        assert decide(policy, state, None, 1e6) == state


@given(policies, st.integers(1, 50), st.integers(0, 300), st.integers(0, 300))
def test_more_jobs_never_call_for_fewer_workers(policy, workers, some, more):
    """The recommendation rises with the jobs, outside of the tolerance."""
    exact = replace(policy, tolerance=0.0)
    assert recommendation(exact, workers, some) <= recommendation(exact, workers, some + more)


@given(policies, st.integers(1, 50), st.integers(0, 500))
def test_within_the_tolerance_nothing_changes(policy, workers, jobs):
    """A load within 10 % of the target keeps the workers, if the bounds admit them."""
    target = policy.jobs_per_worker * workers
    if abs(jobs - target) < 0.0999 * target and policy.minimum <= workers <= policy.maximum:
        assert recommendation(policy, workers, jobs) == workers


@given(policies, looks)
def test_steady_jobs_end_at_their_share(policy: ScalingPolicy, script):
    """Whatever came before, a steady load ends with about ceil(jobs / jobs per worker)."""
    last = states(policy, [*script, *[(20.0, 37)] * STEADY])[-1]
    assert last.workers == recommendation(policy, last.workers, 37)


@given(policies, looks)
def test_without_jobs_everything_ends_at_the_minimum(policy: ScalingPolicy, script):
    """Back to zero is a promise: silence ends with the minimum."""
    last = states(policy, [*script, *[(20.0, 0)] * STEADY])[-1]
    assert last.workers == policy.minimum
