"""How far a simulation with the real settings is from the real run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.whatif.real import last_finished, waiting_seconds
from dashboard.whatif.result import Numbers, lanes, outcome
from dashboard.whatif.simulate import Run


@dataclass(frozen=True)
class Agreement:
    """Differences as shares of the real figures; None where the run has none."""

    replicas: float | None
    """Between the wanted workers at each second, summed, as a share of the real sum."""
    equal_seconds: float | None
    """Share of the seconds at which both want the same number of workers."""
    finish: float | None
    """Of the time until the last request was done."""
    p95: float | None
    """Of the 95th percentile of the waiting time."""


def agreement(run: Run, snapshot: Snapshot, samples: Sequence[Sample]) -> Agreement:
    """Compare a run with what was read while the same requests arrived."""
    start = run.arrivals.start or 0.0
    real = outcome(run, None)
    waited = waiting_seconds(snapshot, start)
    replicas, equal = _replicas(run, samples, start)
    return Agreement(
        replicas=replicas,
        equal_seconds=equal,
        finish=_difference(real.finish, last_finished(snapshot, start)),
        p95=_difference(real.p95, float(np.percentile(waited, 95)) if waited else None),
    )


def _difference(simulated: float | None, real: float | None) -> float | None:
    return None if simulated is None or not real else abs(simulated - real) / real


def _replicas(
    run: Run, samples: Sequence[Sample], start: float
) -> tuple[float | None, float | None]:
    seconds = np.arange(0.0, run.arrivals.span)
    real = wanted_at(samples, start + seconds)
    known = ~np.isnan(real)
    if not real[known].sum():
        return None, None
    simulated = lanes(run, seconds).wanted
    differences = np.abs(simulated - real)[known]
    return float(differences.sum() / real[known].sum()), float((differences == 0).mean())


def wanted_at(samples: Sequence[Sample], at: Numbers) -> Numbers:
    """Return the workers that were wanted at Unix seconds; NaN where that is unknown."""
    numbers = [np.nan, *(np.nan if each.wanted is None else each.wanted for each in samples)]
    found = np.searchsorted([sample.at for sample in samples], at, side="right")
    return np.array(numbers, dtype=float)[found]
