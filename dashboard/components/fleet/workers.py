"""The workers: each with its phase and the reason for it, or a link to its job."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import tzinfo

from markupsafe import Markup

from core.errors import end_sentence
from dashboard.components.common import dom_patch, tables
from dashboard.components.common.tables import Column, Row
from dashboard.components.fleet import render
from dashboard.components.jobs import links
from dashboard.domain.fleet import FleetReading, Phase, Worker
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import formatting
from dashboard.presentation.formatting import natural_sort_key

_COLUMNS = (
    Column("Worker"),
    Column("Phase"),
    Column("Reason", "cut"),
    Column("Node", "opt"),
    Column("For", "right"),
)
# Phases of one colour differ in shape: a full dot accepts jobs, a half one is starting, a ring
# has no node yet or is stopping.
_DOTS: dict[Phase, tuple[str, str]] = {
    "pending": ("requests", "ring"),
    "starting": ("workers", "half"),
    "idle": ("workers", "full"),
    "generating": ("workers", "full"),
    "stopping": ("workers", "ring"),
    "failed": ("silent", "ring"),
}

_SCALED_TO_ZERO = (
    "No workers running: scaled to zero. The next request starts one; send it from the Studio."
)
_WANTED_UNKNOWN = "No workers running. It is unknown whether the next request starts one."
_REFUSED = "No workers running: the cluster refuses to create their pods."
_NOT_CONNECTED = (
    "No workers connected. Requests wait in the queue until one starts; make worker starts one "
    "for the same queue and store."
)


def show(snapshot: Snapshot, zone: tzinfo | None) -> str | None:
    """Show the workers; return the id of a job whose link was clicked in this run."""
    return dom_patch.show(_card(snapshot, zone), key="fleet_workers")


def _card(snapshot: Snapshot, zone: tzinfo | None) -> Markup:
    fleet = snapshot.fleet
    if fleet is None:
        return _list("connected", snapshot.reported_workers, snapshot, _NOT_CONNECTED)
    if fleet.value is None:
        reason = f"Unknown: {formatting.time_ago(fleet.at, zone)}."
        return tables.title("Workers") + tables.note(reason)
    return _list(summary(fleet.value), fleet.value.workers, snapshot, _describe_none(fleet.value))


def _describe_none(fleet: FleetReading) -> str:
    """Describe why no workers are there."""
    if fleet.refusal:
        return f"{_REFUSED} {end_sentence(fleet.refusal)}"
    return _SCALED_TO_ZERO if fleet.wanted is not None else _WANTED_UNKNOWN


def _list(beside: str, workers: Sequence[Worker], snapshot: Snapshot, empty: str) -> Markup:
    if not workers:
        return tables.title("Workers") + tables.note(empty)
    jobs = {view.job.id: view for view in snapshot.jobs}
    rows = (row(worker, jobs.get(worker.job_id or ""), snapshot.at) for worker in order(workers))
    table = tables.table(_COLUMNS, rows, "workers")
    return tables.title("Workers", beside) + tables.scrollable("Workers", table)


def summary(fleet: FleetReading) -> str:
    """Format how many workers are ready, wanted and in each phase."""
    ready = formatting.UNKNOWN if fleet.ready is None else str(fleet.ready)
    wanted = formatting.UNKNOWN if fleet.wanted is None else str(fleet.wanted)
    phases = Counter(worker.phase for worker in fleet.workers)
    counts = [f"{phases[phase]} {phase}" for phase in _DOTS if phases[phase]]
    return " · ".join([f"{ready} ready of {wanted} wanted", *counts])


def order(workers: Iterable[Worker]) -> list[Worker]:
    """Sort failed workers first and all others by name, so that rows keep their places."""
    return sorted(
        workers, key=lambda worker: (worker.phase != "failed", *natural_sort_key(worker.name))
    )


def row(worker: Worker, view: JobView | None, now: float) -> Row:
    """Return a worker's row; ``view`` is its job, if known."""
    cells = (
        worker.name,
        tables.dot(*_DOTS[worker.phase], worker.phase),
        _reason(worker, view),
        worker.node or tables.NONE,
        formatting.duration(now - worker.since),
    )
    return Row(worker.name, cells)


def _reason(worker: Worker, view: JobView | None) -> Markup:
    if view is None or worker.job_id is None:
        return render("reason", worker.reason, worker.phase)
    return render("job", links.link(worker.job_id, view.job.prompt), progress(view))


def progress(view: JobView) -> str:
    """Format how far a worker is with a job."""
    if view.state == "done":
        return f"{formatting.pluralize(view.job.count, 'picture')} stored"
    if view.state in FINISHED:
        return view.state
    picture = f"picture {min(len(view.pictures) + 1, view.job.count)} of {view.job.count}"
    if view.detail:
        return f"{picture}, {view.detail}"
    return f"{picture}, step {view.step} of {view.steps}" if view.step else picture
