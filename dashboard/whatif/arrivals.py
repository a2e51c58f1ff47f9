"""Arrivals of requests: those of a run that was read, or of a burst or a day that is made up."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.domain.jobs import JobView
from dashboard.domain.time_units import DAY
from dashboard.whatif.durations import busy_seconds, seconds_per_picture

_HOURLY_SHARE = (2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 12, 12, 13, 13, 12, 11, 10, 9, 8, 6, 4, 3)
"""Requests of each hour of a working day, relative to the others: quiet at night, two peaks."""


@dataclass(frozen=True)
class Arrivals:
    """Requests in the order in which they arrive, in a span of time that begins at 0."""

    at: NDArray[np.float64]
    """Seconds; below 0 for requests that waited already when the span began."""
    work: NDArray[np.float64]
    """What each request costs a worker, in pictures of usual size and steps."""
    span: float
    """Seconds."""
    start: float | None = None
    """Unix seconds at which the span began; None if it is made up."""
    initial_workers: int | None = None
    """Workers that were ready when the span began; None means the minimum."""

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.at)


def from_jobs(
    views: Iterable[JobView], start: float, end: float, initial_workers: int | None = None
) -> Arrivals:
    """Return the arrivals between two times, in Unix seconds, with those that then waited.

    Jobs whose submission is unknown, which older clients sent, arrive when they were received.
    Jobs that were cancelled on the queue cost no worker and are left out.
    """
    known = [view for view in views if view.state != "cancelled"]
    work = _work(known)
    found = sorted(
        (at - start, view.received_at or end, work[view.job.id])
        for view in known
        if (at := _arrived_at(view)) is not None and at < end and not _began_before(view, start)
    )
    times, _, costs = zip(*found, strict=True) if found else ((), (), ())
    return Arrivals(
        np.array(times, dtype=float),
        np.array(costs, dtype=float),
        end - start,
        start,
        initial_workers,
    )


def _work(views: list[JobView]) -> dict[str, float]:
    """Return what each job costs, as measured; its pictures while that is unknown."""
    busy, usual = busy_seconds(views), seconds_per_picture(views)
    return {
        view.job.id: busy[view.job.id] / usual[0]
        if usual and view.job.id in busy
        else float(view.job.count)
        for view in views
    }


def _arrived_at(view: JobView) -> float | None:
    return view.received_at if view.submitted_at is None else view.submitted_at


def _began_before(view: JobView, start: float) -> bool:
    began = view.finished_at if view.received_at is None else view.received_at
    return began is not None and began < start


def burst(requests: int, span: float = 600.0) -> Arrivals:
    """Return requests of one picture each that all arrive within a second."""
    at = np.linspace(10.0, 11.0, requests)
    return Arrivals(at, np.ones(requests), span)


def day(requests: int, seed: int = 0) -> Arrivals:
    """Return a working day of requests of one picture each, from midnight to midnight."""
    random = np.random.default_rng(seed)
    share = np.array(_HOURLY_SHARE, dtype=float)
    # Linear between the middles of two hours, so that no hour begins with a jump.
    minutes = np.interp(np.arange(1440) / 60, np.arange(-0.5, 25), share[np.arange(-1, 25) % 24])
    in_minute = random.multinomial(requests, minutes / minutes.sum())
    at = np.repeat(np.arange(1440) * 60.0, in_minute) + random.uniform(0, 60, requests)
    at.sort()
    return Arrivals(at, np.ones(requests), DAY)
