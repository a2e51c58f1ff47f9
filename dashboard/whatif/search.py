"""Try many settings on the same requests: the frontier of cost and waiting, and the cheapest."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from dashboard.fleet.reconciliation import scale_down_window
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.result import Outcome, Price, outcome
from dashboard.whatif.setup import FleetModel, ScalerSetup
from dashboard.whatif.simulate import simulate

_JOBS_PER_WORKER = (1, 2, 3, 4, 6)
_PAUSES = ((0.0, 60.0), (30.0, 60.0), (60.0, 150.0), (120.0, 300.0))
"""Stabilization before fewer workers, and cool-down, in seconds."""
_LOCAL_COOLDOWNS = (10.0, 30.0, 60.0, 150.0)
_MINIMUM_SHARES = (0.0, 0.125, 0.25, 0.5)
_MAXIMUM_SHARES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Of the real maximum."""


@dataclass(frozen=True)
class Trial:
    """Settings and what they would have amounted to."""

    setup: ScalerSetup
    outcome: Outcome

    @property
    def expense(self) -> float:
        """What is to be small beside waiting: the cost, or the hours without a price."""
        return self.outcome.hours if self.outcome.cost is None else self.outcome.cost


def candidates(real: ScalerSetup, tried: ScalerSetup | None = None) -> Iterator[ScalerSetup]:
    """Yield the real settings, then combinations around them, about 500.

    All have the kind and the polling that are tried, since a search chooses neither.
    """
    base = replace(real, kind=tried.kind, polling=tried.polling) if tried else real
    yield base
    most = real.policy.maximum
    minimums = sorted({round(share * most) for share in _MINIMUM_SHARES})
    maximums = sorted({max(1, round(share * most)) for share in _MAXIMUM_SHARES})
    choices = product(_JOBS_PER_WORKER, minimums, maximums, _pauses(real, base))
    for per_worker, low, high, pauses in choices:
        if low <= high:
            yield _changed(base, per_worker, low, high, pauses)


def _pauses(real: ScalerSetup, base: ScalerSetup) -> tuple[tuple[float, float], ...]:
    """Return the pauses that a scaler supports: a ScaledJob has none, a supervisor one setting."""
    if real.creates_jobs or base.creates_jobs:
        return ((real.policy.down.window, real.policy.cooldown),)
    if real.is_local:
        return tuple((scale_down_window(cooldown), cooldown) for cooldown in _LOCAL_COOLDOWNS)
    return _PAUSES


def _changed(
    real: ScalerSetup, per_worker: int, low: int, high: int, pauses: tuple[float, float]
) -> ScalerSetup:
    window, cooldown = pauses
    down = replace(real.policy.down, window=window)
    policy = replace(
        real.policy,
        jobs_per_worker=per_worker,
        minimum=low,
        maximum=high,
        cooldown=cooldown,
        down=down,
    )
    return replace(real, policy=policy)


def try_all(
    setups: Iterable[ScalerSetup], arrivals: Arrivals, model: FleetModel, price: Price | None
) -> list[Trial]:
    """Simulate each setting with the same requests.

    Where the maximum was never reached, a larger one changes nothing and is not simulated.
    """
    unreached: dict[ScalerSetup, Trial] = {}
    trials: list[Trial] = []
    for setup in setups:
        key = replace(setup, policy=replace(setup.policy, maximum=0))
        known = unreached.get(key)
        if known and setup.policy.maximum >= known.setup.policy.maximum:
            trials.append(replace(known, setup=setup))
            continue
        run = simulate(arrivals, setup, model)
        trials.append(Trial(setup, outcome(run, price)))
        if max(workers for _, workers in run.wanted) < setup.policy.maximum:
            unreached[key] = trials[-1]
    return trials


def priced(trials: Iterable[Trial], price: Price | None) -> list[Trial]:
    """Return the trials at another price, which changes nothing but their cost."""
    return [
        replace(
            trial,
            outcome=replace(
                trial.outcome, cost=None if price is None else price.cost(trial.outcome.hours)
            ),
        )
        for trial in trials
    ]


def frontier(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials to which no other is both cheaper and quicker, cheapest first."""
    known = (trial for trial in trials if trial.outcome.p95 is not None)
    best: list[Trial] = []
    for trial in sorted(known, key=lambda trial: (trial.expense, trial.outcome.p95 or 0.0)):
        if not best or (trial.outcome.p95 or 0.0) < (best[-1].outcome.p95 or 0.0):
            best.append(trial)
    return best


def cheapest(trials: Sequence[Trial], limit: float) -> Trial | None:
    """Return the cheapest trial whose p95 of waiting is at most a limit in seconds."""
    return next((each for each in frontier(trials) if (each.outcome.p95 or 0.0) <= limit), None)


def quickest(trials: Sequence[Trial]) -> Trial | None:
    """Return the trial with the smallest p95 of waiting; None if no trial has one."""
    best = frontier(trials)
    return best[-1] if best else None
