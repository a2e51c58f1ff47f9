"""The workers: how each is, and why; the job that it paints is a link."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from html import escape

from dashboard.components.common import dom_patch, tables
from dashboard.components.common.tables import Column, Row
from dashboard.components.jobs import links
from dashboard.domain.fleet import FleetReading, Phase, Worker
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import formatting

_COLUMNS = (
    Column("Worker"),
    Column("Phase"),
    Column("Why", "cut"),
    Column("Node", "opt"),
    Column("For", "right"),
)
# Within the hue of the workers, form tells apart: full takes jobs, half is on its way, a ring
# waits for a place.
_DOTS: dict[Phase, tuple[str, str]] = {
    "pending": ("requests", "ring"),
    "starting": ("workers", "half"),
    "idle": ("workers", "full"),
    "generating": ("workers", "full"),
    "stopping": ("workers", "ring"),
    "failed": ("silent", "ring"),
}

_ZERO = "No worker runs: scaled to zero. The next request starts one; send it from the Studio."
_WANTED_UNKNOWN = "No worker runs. Whether the next request starts one is unknown."
_NOT_HEARD = (
    "No worker was heard of. Requests wait on the queue until one starts; make worker starts "
    "one for the same queue and store."
)


def show(snapshot: Snapshot, zone: tzinfo | None) -> str | None:
    """Show the workers; return the id of a job whose link was clicked in this run."""
    return dom_patch.show(_card(snapshot, zone), key="fleet_workers")


def _card(snapshot: Snapshot, zone: tzinfo | None) -> str:
    fleet = snapshot.fleet
    if fleet is None:
        return _list("were heard of", snapshot.reported_workers, snapshot, _NOT_HEARD)
    if fleet.value is None:
        unknown = tables.note(f"Unknown: {formatting.time_ago(fleet.at, zone)}.")
        return tables.title("Workers") + unknown
    empty = _ZERO if fleet.value.wanted is not None else _WANTED_UNKNOWN
    return _list(summary(fleet.value), fleet.value.workers, snapshot, empty)


def _list(beside: str, workers: Sequence[Worker], snapshot: Snapshot, empty: str) -> str:
    if not workers:
        return tables.title("Workers") + tables.note(empty)
    jobs = {view.job.id: view for view in snapshot.jobs}
    rows = (row(worker, jobs.get(worker.job_id or ""), snapshot.at) for worker in order(workers))
    return (
        tables.title("Workers", beside)
        + "<div class='scroll' tabindex='0' role='region' aria-label='Workers'>"
        + tables.table(_COLUMNS, rows, "workers")
        + "</div>"
    )


def summary(fleet: FleetReading) -> str:
    """Say how many there are of each phase."""
    ready = formatting.UNKNOWN if fleet.ready is None else str(fleet.ready)
    wanted = formatting.UNKNOWN if fleet.wanted is None else str(fleet.wanted)
    phases = Counter(worker.phase for worker in fleet.workers)
    others = [f"{phases[phase]} {phase}" for phase in _DOTS if phases[phase]]
    return " · ".join([f"{ready} ready of {wanted} wanted", *others])


def order(workers: Iterable[Worker]) -> list[Worker]:
    """Put what failed first, and all others by name, so that rows keep their places."""
    return sorted(workers, key=lambda worker: (worker.phase != "failed", *_natural(worker.name)))


def _natural(name: str) -> tuple[list[tuple[int, str]], str]:
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], name


def row(worker: Worker, view: JobView | None, now: float) -> Row:
    """Write a worker's row, with its job if that is known."""
    cells = (
        escape(worker.name),
        tables.dot(*_DOTS[worker.phase], worker.phase),
        _why(worker, view),
        escape(worker.node) if worker.node else tables.NONE,
        formatting.duration(now - worker.since),
    )
    return Row(worker.name, cells)


def _why(worker: Worker, view: JobView | None) -> str:
    if view is None or worker.job_id is None:
        return f"<span title='{escape(worker.reason)}'>{escape(worker.reason)}</span>"
    prompt = links.link(worker.job_id, view.job.prompt)
    return f"{prompt} <span class='muted'>{escape(_progress(view))}</span>"


def _progress(view: JobView) -> str:
    picture = f"picture {min(len(view.pictures) + 1, view.job.count)} of {view.job.count}"
    if view.detail:
        return f"{picture}, {view.detail}"
    return f"{picture}, step {view.step} of {view.steps}" if view.step else picture
