"""Compute the figures of a session; None is unknown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Annotation, PictureView, Sample, Snapshot
from dashboard.insights.cost import Usage, usage
from dashboard.sampling.history import MAX_INTERVAL_SECONDS


@dataclass(frozen=True)
class Session:
    """A period, and the snapshot at its end."""

    start: float
    """Unix seconds."""
    end: float
    """Unix seconds."""
    snapshot: Snapshot
    """May reach further back than the period."""

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Return the samples of the period, oldest first."""
        return tuple(each for each in self.snapshot.samples if self._contains(each.at))

    @property
    def jobs(self) -> tuple[JobView, ...]:
        """Return the jobs that were submitted in the period, newest first."""
        return tuple(each for each in self.snapshot.jobs if self._contains(each.submitted_at))

    @property
    def pictures(self) -> tuple[PictureView, ...]:
        """Return the pictures that were stored in the period, newest first."""
        return tuple(each for each in self.snapshot.pictures if self._contains(each.at))

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """Return the annotations of the period, oldest first."""
        return tuple(each for each in self.snapshot.annotations if self._contains(each.at))

    def _contains(self, at: float | None) -> bool:
        return at is not None and self.start <= at <= self.end


@dataclass(frozen=True)
class Figures:
    """The figures of a session."""

    requests: int
    failed: int
    cancelled: int
    pictures: int | None
    peak_workers: int | None
    average_workers: float | None
    """Average of ready workers over the time for which they are known."""
    peak_nodes: int | None
    first_picture_after: float | None
    """Seconds from the first request to the first picture."""
    median_wait: float | None
    """Median seconds from a request to its start on a worker."""
    usage: Usage


def figures_of(session: Session) -> Figures:
    """Compute the figures of a session."""
    samples, jobs = session.samples, session.jobs
    states = [view.state for view in jobs]
    return Figures(
        requests=len(jobs),
        failed=states.count("failed"),
        cancelled=states.count("cancelled"),
        pictures=_sum(sample.pictures for sample in samples),
        peak_workers=_peak(sample.ready for sample in samples),
        average_workers=_average_ready(samples),
        peak_nodes=_peak(sample.nodes for sample in samples),
        first_picture_after=_first_picture_after(jobs, session.pictures),
        median_wait=_median_wait(jobs),
        usage=usage(samples, session.start),
    )


def _known(numbers: Iterable[int | None]) -> list[int]:
    return [number for number in numbers if number is not None]


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = _known(numbers)
    return sum(known) if known else None


def _peak(numbers: Iterable[int | None]) -> int | None:
    return max(_known(numbers), default=None)


def _average_ready(samples: Sequence[Sample]) -> float | None:
    """Weight each sample by the time until the next one; gaps do not count."""
    spans = [
        (before.ready, after.at - before.at)
        for before, after in pairwise(samples)
        if before.ready is not None and after.at - before.at <= MAX_INTERVAL_SECONDS
    ]
    seconds = sum(length for _, length in spans)
    return sum(ready * length for ready, length in spans) / seconds if seconds else None


def _first_picture_after(jobs: Sequence[JobView], pictures: Sequence[PictureView]) -> float | None:
    submitted = {view.job.id: view.submitted_at for view in jobs if view.submitted_at is not None}
    stored = [picture.at for picture in pictures if picture.job_id in submitted]
    return max(0.0, min(stored) - min(submitted.values())) if stored else None


def _median_wait(jobs: Sequence[JobView]) -> float | None:
    waits = [
        max(0.0, view.received_at - view.submitted_at)
        for view in jobs
        if view.received_at is not None and view.submitted_at is not None
    ]
    return median(waits) if waits else None
