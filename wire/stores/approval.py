"""Approval by the presenter: marks in the store for jobs whose pictures are not shown yet.

A mark is written before its job is published, and a dashboard shows a picture only after it
has read the marks. So a pending picture is hidden on every dashboard, whichever of them
received the job, after restarts and lost events too.
"""

from dataclasses import dataclass

from core.errors import ObjectMissing
from wire.stores.base import Store

_PENDING = "held/"
_REJECTED = "rejected/"
_SWITCH = "join/approval"


@dataclass(frozen=True)
class ModerationMarks:
    """Ids of the jobs whose pictures are hidden."""

    pending_approval: frozenset[str]
    rejected: frozenset[str]


def request(store: Store, job_id: str) -> None:
    """Hide a job's pictures until they are approved. Call before the job is published."""
    store.put(_PENDING + job_id, b"", "text/plain")


def approve(store: Store, job_id: str) -> None:
    """Show a job's pictures."""
    store.delete(_PENDING + job_id)


def reject(store: Store, job_id: str) -> None:
    """Hide a job's pictures for good."""
    store.put(_REJECTED + job_id, b"", "text/plain")
    store.delete(_PENDING + job_id)


def read_marks(store: Store) -> ModerationMarks:
    """Read all marks."""
    # Pending first: a job rejected between the two listings is then in both, not in neither.
    pending_approval = _list_job_ids(store, _PENDING)
    return ModerationMarks(pending_approval, _list_job_ids(store, _REJECTED))


def _list_job_ids(store: Store, prefix: str) -> frozenset[str]:
    return frozenset(entry.name.removeprefix(prefix) for entry in store.entries(prefix=prefix))


def is_required(store: Store, default: bool) -> bool:
    """Return whether pictures of visitors need approval, by the presenter's last choice."""
    try:
        return store.get(_SWITCH) == b"on"
    except ObjectMissing:
        return default


def set_required(store: Store, required: bool) -> None:
    """Set for all dashboards whether pictures of visitors need approval."""
    store.put(_SWITCH, b"on" if required else b"off", "text/plain")
