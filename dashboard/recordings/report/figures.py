"""What a span of time comes to in numbers; None is unknown."""

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
    """A span of time and all that is known of it."""

    start: float
    """Unix seconds."""
    end: float
    snapshot: Snapshot
    """As it was at the end; what it tells of earlier times is left out."""

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples of this time, oldest first."""
        return tuple(each for each in self.snapshot.samples if self._holds(each.at))

    @property
    def jobs(self) -> tuple[JobView, ...]:
        """The jobs that were sent in this time, newest first."""
        return tuple(each for each in self.snapshot.jobs if self._holds(each.submitted_at))

    @property
    def pictures(self) -> tuple[PictureView, ...]:
        """The pictures that were stored in this time, newest first."""
        return tuple(each for each in self.snapshot.pictures if self._holds(each.at))

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """What happened in this time, oldest first."""
        return tuple(each for each in self.snapshot.annotations if self._holds(each.at))

    def _holds(self, at: float | None) -> bool:
        return at is not None and self.start <= at <= self.end


@dataclass(frozen=True)
class Figures:
    """The numbers of a session."""

    requests: int
    failed: int
    cancelled: int
    pictures: int | None
    peak_workers: int | None
    average_workers: float | None
    """Ready workers, over the time of which they are known."""
    peak_nodes: int | None
    to_first_picture: float | None
    """Seconds from the first request to the first picture."""
    median_wait: float | None
    """Seconds from a request to the worker that took it."""
    usage: Usage


def figures_of(session: Session) -> Figures:
    """Sum a session up."""
    samples, jobs = session.samples, session.jobs
    states = [view.state for view in jobs]
    return Figures(
        requests=len(jobs),
        failed=states.count("failed"),
        cancelled=states.count("cancelled"),
        pictures=_sum(sample.pictures for sample in samples),
        peak_workers=_highest(sample.ready for sample in samples),
        average_workers=_average_ready(samples),
        peak_nodes=_highest(sample.nodes for sample in samples),
        to_first_picture=_to_first_picture(jobs, session.pictures),
        median_wait=_median_wait(jobs),
        usage=usage(samples, session.start),
    )


def _known(numbers: Iterable[int | None]) -> list[int]:
    return [number for number in numbers if number is not None]


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = _known(numbers)
    return sum(known) if known else None


def _highest(numbers: Iterable[int | None]) -> int | None:
    return max(_known(numbers), default=None)


def _average_ready(samples: Sequence[Sample]) -> float | None:
    """Each sample holds until the next one; a gap counts for nothing."""
    spans = [
        (before.ready, after.at - before.at)
        for before, after in pairwise(samples)
        if before.ready is not None and after.at - before.at <= MAX_INTERVAL_SECONDS
    ]
    seconds = sum(length for _, length in spans)
    return sum(ready * length for ready, length in spans) / seconds if seconds else None


def _to_first_picture(jobs: Sequence[JobView], pictures: Sequence[PictureView]) -> float | None:
    ids = {view.job.id for view in jobs}
    stored = [picture.at for picture in pictures if picture.job_id in ids]
    if not stored:
        return None
    return max(0.0, min(stored) - min(view.submitted_at for view in jobs))


def _median_wait(jobs: Sequence[JobView]) -> float | None:
    waits = [
        max(0.0, view.received_at - view.submitted_at)
        for view in jobs
        if view.received_at is not None
    ]
    return median(waits) if waits else None
