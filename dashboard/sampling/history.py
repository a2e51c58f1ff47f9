"""The samples and annotations of the last day, as one immutable value."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from dashboard.domain.snapshot import Annotation, Sample
from dashboard.domain.time_units import DAY
from dashboard.sampling.annotations import extend_annotations, request_annotations

SAMPLE_INTERVAL_SECONDS = 2.0
MAX_INTERVAL_SECONDS = 15.0
"""A longer time between two samples is drawn as a gap."""


@dataclass(frozen=True)
class History:
    """Samples and annotations, oldest first."""

    samples: tuple[Sample, ...] = ()
    fleet_annotations: tuple[Annotation, ...] = ()
    """Derived from the samples; those of the requests are derived from the jobs."""

    def annotations(self, submitted: Iterable[float]) -> tuple[Annotation, ...]:
        """Return all annotations in order, given when jobs were submitted (Unix seconds)."""
        annotations = (*self.fleet_annotations, *request_annotations(submitted))
        return tuple(sorted(annotations, key=lambda annotation: annotation.at))


def extend(history: History, sample: Sample) -> History:
    """Add a sample and its annotations, and drop what is older than a day."""
    samples = (*history.samples, *_gap(history.samples, sample))
    annotations = history.fleet_annotations
    if samples:
        annotations = extend_annotations(annotations, samples[-1], sample)
    earliest = sample.at - DAY
    first = bisect_left(samples, earliest, key=attrgetter("at"))
    first_annotation = bisect_left(annotations, earliest, key=attrgetter("at"))
    return History((*samples[first:], sample), annotations[first_annotation:])


def _gap(samples: tuple[Sample, ...], after: Sample) -> tuple[Sample, ...]:
    """Return an unknown sample after a long pause, such as a suspended machine's."""
    if samples and after.at - samples[-1].at > MAX_INTERVAL_SECONDS:
        return (Sample(at=samples[-1].at + SAMPLE_INTERVAL_SECONDS),)
    return ()
