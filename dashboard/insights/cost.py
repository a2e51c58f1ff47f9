"""What the fleet used, against one that is always on at its maximum: a sum over samples.

Each sample holds until the next one. Time for which nothing is known is told apart: it is
neither used nor free.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from dashboard.domain.snapshot import Sample
from dashboard.sampling.history import LONGEST_STEP

Unit = Literal["GPU", "worker"]

HOUR = 3600.0


@dataclass(frozen=True)
class Usage:
    """What was used in a stretch of time."""

    unit: Unit
    """GPUs of nodes that come and go are counted, idle or not, as they are billed; workers
    where there are none."""
    start: float
    """Unix seconds of the first sample that counts."""
    known: float
    """Seconds of which something is known."""
    unknown: float
    """Seconds of which nothing is known, among them those without a sample."""
    used: float | None
    """Hours of one GPU, or of one worker, in the known time; None if none is known."""
    always_on: float | None
    """The same for a fleet at its maximum in the known time; None if no maximum is known.
    A worker has one GPU."""

    @property
    def saved(self) -> float | None:
        """The share of the always-on fleet that was not used, at least 0."""
        if self.used is None or not self.always_on:
            return None
        return max(0.0, 1 - self.used / self.always_on)


def usage(samples: Sequence[Sample], start: float = 0.0) -> Usage:
    """Sum the samples from ``start`` on, Unix seconds, until the last of them.

    Args:
        samples: oldest first.
        start: where to begin; the sample before it counts from there on.

    """
    unit: Unit = "GPU" if any(sample.gpus for sample in samples) else "worker"
    first = max(0, bisect_left(samples, start, key=lambda sample: sample.at) - 1)
    counted = samples[first:]
    known = unknown = used = always_on = 0.0
    maximum = next((sample.maximum for sample in counted if sample.maximum), None)
    for sample, seconds in _stretches(counted, start):
        # A scaler that cannot be read for a while still has the maximum that it had.
        maximum = sample.maximum or maximum
        number = sample.gpus if unit == "GPU" else sample.workers
        if number is None or seconds > LONGEST_STEP:
            unknown += seconds
            continue
        known += seconds
        used += number * seconds / HOUR
        always_on += (maximum or 0) * seconds / HOUR
    return Usage(
        unit=unit,
        start=max(start, counted[0].at) if counted else start,
        known=known,
        unknown=unknown,
        used=used if known else None,
        always_on=always_on if known and maximum else None,
    )


def _stretches(samples: Sequence[Sample], start: float) -> Iterator[tuple[Sample, float]]:
    for sample, after in pairwise(samples):
        yield sample, after.at - max(sample.at, start)
