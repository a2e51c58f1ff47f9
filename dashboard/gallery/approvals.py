"""Approval of pictures that no presenter requested: hidden until the presenter approves.

Fails closed: a picture stays hidden until the approval marks were read from the store and do
not list its job.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dashboard.gallery.index import GalleryIndex, picture_identity
from dashboard.gallery.listing import with_changes_since
from wire.messages.object_names import parse_picture_name
from wire.stores import approval
from wire.stores.base import Store

NOT_SHOWN = "This picture is not available. It may be waiting for the presenter's approval."

ApprovalState = Literal["pending", "rejected"]


@dataclass(frozen=True)
class PendingPicture:
    """A picture that waits for the presenter's approval."""

    name: str
    job_id: str
    at: float
    """Unix seconds at which it was stored."""


class Approvals:
    """The approval states known to this process; thread-safe.

    Args:
        store: holds the marks.
        index: receives the approved pictures.
        required: whether pictures need approval, unless a presenter requested them, as long as no
            presenter has used the switch.

    """

    def __init__(self, store: Store, index: GalleryIndex, required: bool) -> None:
        self._store = store
        self._index = index
        self._required = required
        self._lock = threading.Lock()
        self._pending: frozenset[str] = frozenset()
        self._rejected: frozenset[str] = frozenset()
        self._hidden: dict[str, float] = {}
        """Names of hidden pictures, and when each was stored."""
        self._was_read = False
        index.admits = self.admits

    def admits(self, name: str, at: float) -> bool:
        """Return whether a picture may be shown; hide it otherwise."""
        with self._lock:
            admitted = self._was_read and not self._needs_approval(name)
        if not admitted:
            self.hide(name, at)
        return admitted

    def hide(self, name: str, at: float) -> None:
        """Hide a picture until its job is known to be approved; drop a rejected one."""
        with self._lock:
            if _job_id(name) not in self._rejected:
                self._hidden[name] = at

    def add_pending(self, job_id: str) -> None:
        """Hide a job's pictures from now on, before its mark is read."""
        with self._lock:
            self._pending |= {job_id}

    def mark_pending(self, job_id: str) -> None:
        """Store the mark of a job whose pictures need approval; raises StoreUnavailable."""
        approval.request(self._store, job_id)
        self.add_pending(job_id)

    def read(self) -> None:
        """Read all marks and show the pictures whose jobs have none; raises StoreError."""
        with self._lock:
            pending, rejected = self._pending, self._rejected
        marks = approval.read_marks(self._store)
        with self._lock:
            known = self._rejected
            self._pending = with_changes_since(pending, self._pending, marks.pending_approval)
            self._rejected = with_changes_since(rejected, known, marks.rejected)
            newly_rejected = self._rejected - known if self._was_read else frozenset()
            self._was_read = True
            self._drop_rejected()
        self._remove_shown(newly_rejected)
        self._show_admitted()

    def approve(self, job_id: str) -> None:
        """Show a job's pictures; raises StoreUnavailable."""
        approval.approve(self._store, job_id)
        with self._lock:
            self._pending -= {job_id}
        self._show_admitted()

    def reject(self, job_id: str) -> None:
        """Hide a job's pictures for good; raises StoreUnavailable."""
        approval.reject(self._store, job_id)
        with self._lock:
            self._rejected |= {job_id}
            self._pending -= {job_id}
            self._drop_rejected()
        self._remove_shown((job_id,))

    def pending(self) -> list[PendingPicture]:
        """Return the generated pictures that wait for approval, oldest first."""
        with self._lock:
            hidden = sorted(self._hidden.items(), key=lambda picture: picture[1])
            job_ids = self._pending - self._rejected
        pictures = (PendingPicture(name, picture_identity(name).job_id, at) for name, at in hidden)
        return [picture for picture in pictures if picture.job_id in job_ids]

    def state(self, job_id: str) -> ApprovalState | None:
        """Return why a job's pictures are hidden; None if they may be shown."""
        with self._lock:
            if job_id in self._rejected:
                return "rejected"
            return "pending" if job_id in self._pending or not self._was_read else None

    def hidden_jobs(self) -> frozenset[str] | None:
        """Return the ids of the jobs that are hidden; None, which is all, before the first read."""
        with self._lock:
            return self._pending | self._rejected if self._was_read else None

    def is_required(self) -> bool:
        """Return whether pictures of others than presenters need it; raises StoreUnavailable."""
        return approval.is_required(self._store, self._required)

    def require(self, required: bool) -> None:
        """Set whether pictures of others than presenters need it; raises StoreUnavailable."""
        approval.set_required(self._store, required)

    def _needs_approval(self, name: str) -> bool:
        job_id = _job_id(name)
        return job_id in self._pending or job_id in self._rejected

    def _drop_rejected(self) -> None:
        hidden = self._hidden.items()
        self._hidden = {name: at for name, at in hidden if _job_id(name) not in self._rejected}

    def _remove_shown(self, rejected: Iterable[str]) -> None:
        """Remove the pictures that another presenter had approved, or another dashboard."""
        for job_id in rejected:
            for name in self._index.pictures_of(job_id):
                self._index.remove(name)

    def _show_admitted(self) -> None:
        with self._lock:
            hidden = self._hidden.items()
            admitted = [(name, at) for name, at in hidden if not self._needs_approval(name)]
            for name, _ in admitted:
                del self._hidden[name]
        for name, at in admitted:
            self._index.add(name, at)


def _job_id(name: str) -> str | None:
    picture = parse_picture_name(name)
    return picture.job_id if picture else None
