"""The last day in samples and moments, as one immutable value."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.moments import follow_moments, request_moments
from dashboard.readings import Moment, Sample

SAMPLE_EVERY = 2.0
"""Seconds between two samples."""
DAY = 86400.0


@dataclass(frozen=True)
class History:
    """What happened, oldest first."""

    samples: tuple[Sample, ...] = ()
    fleet_moments: tuple[Moment, ...] = ()
    """Moments told from the samples; those of the requests come from the jobs."""

    def moments(self, submitted: Iterable[float]) -> tuple[Moment, ...]:
        """Return all moments in order, given when jobs were made (Unix seconds)."""
        together = (*self.fleet_moments, *request_moments(submitted))
        return tuple(sorted(together, key=lambda moment: moment.at))


def extend(history: History, sample: Sample) -> History:
    """Add a sample, drop what is older than a day, and tell what happened between."""
    earliest = sample.at - DAY
    samples = history.samples
    if samples and samples[0].at < earliest:
        samples = samples[1:]
    moments = history.fleet_moments
    if samples:
        moments = follow_moments(moments, samples[-1], sample)
    return History((*samples, sample), tuple(m for m in moments if m.at >= earliest))
