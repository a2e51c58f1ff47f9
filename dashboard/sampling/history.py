"""The last day in samples and moments, as one immutable value."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.domain.snapshot import Annotation, Sample
from dashboard.sampling.annotations import follow_annotations, request_annotations

SAMPLE_EVERY = 2.0
"""Seconds between two samples."""
LONGEST_STEP = 15.0
"""Seconds without a sample that are drawn as a gap."""
DAY = 86400.0


@dataclass(frozen=True)
class History:
    """What happened, oldest first."""

    samples: tuple[Sample, ...] = ()
    fleet_annotations: tuple[Annotation, ...] = ()
    """Moments told from the samples; those of the requests come from the jobs."""

    def annotations(self, submitted: Iterable[float]) -> tuple[Annotation, ...]:
        """Return all moments in order, given when jobs were made (Unix seconds)."""
        together = (*self.fleet_annotations, *request_annotations(submitted))
        return tuple(sorted(together, key=lambda moment: moment.at))


def extend(history: History, sample: Sample) -> History:
    """Add a sample, drop what is older than a day, and tell what happened between."""
    samples = (*history.samples, *_gap(history.samples, sample))
    moments = history.fleet_annotations
    if samples:
        moments = follow_annotations(moments, samples[-1], sample)
    earliest = sample.at - DAY
    first = next((n for n, old in enumerate(samples) if old.at >= earliest), len(samples))
    return History((*samples[first:], sample), tuple(m for m in moments if m.at >= earliest))


def _gap(samples: tuple[Sample, ...], after: Sample) -> tuple[Sample, ...]:
    """Return an unknown sample for the time that a machine slept, so that no line is drawn."""
    if samples and after.at - samples[-1].at > LONGEST_STEP:
        return (Sample(at=samples[-1].at + SAMPLE_EVERY),)
    return ()
