"""The presenter's nod: marks in the store for jobs whose pictures nobody else may see yet.

A mark lies there before its job goes on the queue, and every dashboard shows a picture only
after it looked for the mark. So a picture that must wait is shown by none of them, whichever
took the job, whichever was restarted, and whatever event was lost.
"""

from dataclasses import dataclass

from core.errors import ObjectMissing
from wire.stores.base import Store

_HELD = "held/"
_REJECTED = "rejected/"
_SWITCH = "join/approval"


@dataclass(frozen=True)
class ModerationMarks:
    """Ids of the jobs whose pictures are not shown."""

    pending_approval: frozenset[str]
    """Those that wait for the presenter."""
    rejected: frozenset[str]


def request(store: Store, job_id: str) -> None:
    """Let a job's pictures wait; to be called before the job is sent."""
    store.put(_HELD + job_id, b"", "text/plain")


def approve(store: Store, job_id: str) -> None:
    """Let a job's pictures be shown."""
    store.delete(_HELD + job_id)


def reject(store: Store, job_id: str) -> None:
    """Let a job's pictures never be shown."""
    store.put(_REJECTED + job_id, b"", "text/plain")
    store.delete(_HELD + job_id)


def read_marks(store: Store) -> ModerationMarks:
    """Read all marks."""
    # Held ones first: what is rejected in between is in both, and not in none.
    return ModerationMarks(
        pending_approval=_marked(store, _HELD), rejected=_marked(store, _REJECTED)
    )


def _marked(store: Store, prefix: str) -> frozenset[str]:
    return frozenset(entry.name.removeprefix(prefix) for entry in store.entries(prefix=prefix))


def is_required(store: Store, default: bool) -> bool:
    """Tell whether visitors' pictures have to wait, as the presenter chose last."""
    try:
        return store.get(_SWITCH) == b"on"
    except ObjectMissing:
        return default


def set_required(store: Store, required: bool) -> None:
    """Choose for all dashboards whether visitors' pictures have to wait from now on."""
    store.put(_SWITCH, b"on" if required else b"off", "text/plain")
