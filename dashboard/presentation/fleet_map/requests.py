"""Where each request is: sent, waiting, with a worker, or done."""

from collections.abc import Iterable, Sequence

from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.fleet_map import Fields
from dashboard.presentation.fleet_map.places import Place

_RECENT_SECONDS = 5.0
"""Longer than the time between two updates of a page."""
_MAX_RECENT = 12
_MAX_TAKEN = 60
_ID_LENGTH = 8
"""The last letters of an id are random, and different within the few jobs that are shown."""

Position = tuple[int, int]
"""The numbers of a place and of a worker in it."""


def describe_requests(snapshot: Snapshot, places: Sequence[Place]) -> Fields:
    """Return the requests that workers have, and those that were just sent, received or done.

    Only these move on the map, so that a step in a replay is not taken for news.
    """
    positions: dict[str, Position] = {
        worker.name: (index, number)
        for index, place in enumerate(places)
        for number, worker in enumerate(place.workers)
    }
    jobs = snapshot.jobs
    since = snapshot.at - _RECENT_SECONDS
    taken = [view for view in jobs if view.state in ("starting", "generating")][:_MAX_TAKEN]
    return {
        "sent": [_id(view) for view in jobs if (view.submitted_at or 0.0) > since][:_MAX_RECENT],
        "received": [_id(view) for view in taken if (view.received_at or 0.0) > since],
        "taken": {_id(view): _position(view, positions) for view in taken},
        "done": {_id(view): _position(view, positions) for view in _finished(jobs, since)},
    }


def describe_queue(snapshot: Snapshot) -> Fields:
    """Return the numbers of the queue; None if they are unknown."""
    counts = snapshot.counts
    return {
        "waiting": counts.waiting if counts else None,
        "taken": counts.generating if counts else None,
    }


def _finished(jobs: Iterable[JobView], since: float) -> list[JobView]:
    done = [view for view in jobs if view.state == "done" and (view.finished_at or 0.0) > since]
    return done[:_MAX_RECENT]


def _position(view: JobView, positions: dict[str, Position]) -> Position | None:
    return positions.get(view.worker or "")


def _id(view: JobView) -> str:
    return view.job.id[-_ID_LENGTH:]
