"""GPU-hours or worker-hours used, compared with always-on workers, summed over samples.

A sample is valid until the next one. Time without a reading is counted separately: it is
neither used nor unused.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from dashboard.domain.snapshot import Sample
from dashboard.domain.time_units import HOUR
from dashboard.sampling.history import MAX_INTERVAL_SECONDS

Unit = Literal["GPU", "worker"]


@dataclass(frozen=True)
class Usage:
    """What was used in a time range."""

    unit: Unit
    """GPUs of all autoscaled nodes, idle or not, as they are billed, however many slots they have;
    workers without such nodes."""
    start: float
    """Unix seconds of the first sample in the range."""
    known: float
    """Seconds with a reading."""
    unknown: float
    """Seconds without a reading, including those without a sample."""
    used: float | None
    """Hours of one GPU or worker in the known time; None if no time is known."""
    always_on: float | None
    """The same for always-on workers, at the maximum and with one slot each; None without a
    maximum. Slots are counted as GPUs until a node shows how many slots a GPU has."""

    @property
    def saved(self) -> float | None:
        """The unused share of the always-on hours, at least 0."""
        if self.used is None or not self.always_on:
            return None
        return max(0.0, 1 - self.used / self.always_on)


def usage(samples: Sequence[Sample], start: float = 0.0) -> Usage:
    """Sum the samples from ``start`` (Unix seconds) to the newest.

    Args:
        samples: oldest first.
        start: where the range begins; the sample before it is valid from there on.

    """
    unit: Unit = "GPU" if any(sample.gpus for sample in samples) else "worker"
    first = max(0, bisect_left(samples, start, key=lambda sample: sample.at) - 1)
    in_range = samples[first:]
    known = unknown = used = always_on = 0.0
    maximum = next((sample.maximum for sample in in_range if sample.maximum), None)
    share = next((sample.gpus_per_slot for sample in samples if sample.gpus_per_slot), 1.0)
    for sample, seconds in _intervals(in_range, start):
        # While the scaler cannot be read, its maximum is the one that was read before.
        maximum = sample.maximum or maximum
        share = sample.gpus_per_slot or share
        number = sample.gpus if unit == "GPU" else sample.workers
        if number is None or seconds > MAX_INTERVAL_SECONDS:
            unknown += seconds
            continue
        known += seconds
        used += number * seconds / HOUR
        always_on += (maximum or 0) * (share if unit == "GPU" else 1) * seconds / HOUR
    return Usage(
        unit=unit,
        start=max(start, in_range[0].at) if in_range else start,
        known=known,
        unknown=unknown,
        used=used if known else None,
        always_on=always_on if known and maximum else None,
    )


def _intervals(samples: Sequence[Sample], start: float) -> Iterator[tuple[Sample, float]]:
    for sample, after in pairwise(samples):
        yield sample, after.at - max(sample.at, start)
