"""The dials of the scaler's settings."""

from collections.abc import Iterator
from dataclasses import replace

from dashboard.whatif.dial import Dial
from dashboard.whatif.scenario import Scenario
from dashboard.whatif.setup import SCALED_JOB


def limits(real: Scenario) -> Iterator[Dial]:
    """Yield how many workers are wanted for how many requests."""
    policy = real.setup.policy
    most = max(4, 2 * policy.maximum)
    yield Dial(
        "jobs_per_worker",
        "Requests per worker",
        "scaler",
        min(1, policy.jobs_per_worker),
        max(8, 2 * policy.jobs_per_worker),
        1,
        lambda each: each.setup.policy.jobs_per_worker,
        lambda each, value: each.with_policy(jobs_per_worker=value),
    )
    yield Dial(
        "minimum",
        "Minimum",
        "scaler",
        0,
        most,
        1,
        lambda each: each.setup.policy.minimum,
        lambda each, value: each.with_policy(minimum=int(value)),
    )
    yield Dial(
        "maximum",
        "Maximum",
        "scaler",
        min(1, policy.maximum),
        most,
        1,
        lambda each: each.setup.policy.maximum,
        lambda each, value: each.with_policy(maximum=int(value)),
    )


def pauses(real: Scenario) -> Iterator[Dial]:
    """Yield how often and how late the scaler acts, as far as its kind has such a setting."""
    setup = real.setup
    yield Dial(
        "polling",
        "Polling",
        "scaler",
        min(1, setup.polling),
        max(30, setup.polling),
        1,
        lambda each: each.setup.polling,
        lambda each, value: replace(each, setup=replace(each.setup, polling=value)),
        "s",
    )
    if not setup.creates_jobs:
        yield Dial(
            "cooldown",
            "Cool-down",
            "scaler",
            0,
            max(600, setup.policy.cooldown),
            5,
            lambda each: each.setup.policy.cooldown,
            lambda each, value: each.with_policy(cooldown=value),
            "s",
        )
    if not setup.creates_jobs and not setup.is_local:
        yield Dial(
            "window",
            "Stabilisation before fewer",
            "scaler",
            0,
            max(300, setup.policy.down.window),
            5,
            lambda each: each.setup.policy.down.window,
            lambda each, value: each.with_policy(
                down=replace(each.setup.policy.down, window=value)
            ),
            "s",
        )
    if not setup.is_local:
        yield _kind(real)


def _kind(real: Scenario) -> Dial:
    other = "ScaledObject" if real.setup.creates_jobs else SCALED_JOB
    kinds = (real.setup.kind, other)
    return Dial(
        "other_kind",
        f"As a {other}",
        "scaler",
        0,
        1,
        1,
        lambda each: kinds.index(each.setup.kind),
        lambda each, value: replace(each, setup=replace(each.setup, kind=kinds[int(value)])),
        "switch",
    )
