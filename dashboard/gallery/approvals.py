"""Pictures that wait for the presenter's nod: kept out of the gallery until it comes.

What is not known to be free is not shown: before the marks were read for the first time,
while the store is away, and for jobs that this dashboard did not hear of, until it has looked.
"""

import threading
from dataclasses import dataclass
from typing import Literal

from dashboard.gallery.index import GalleryIndex
from wire.messages.picture import parse_picture_name
from wire.stores import approval
from wire.stores.base import Store

NOT_SHOWN = "This picture is not shown, or not yet: a presenter may have to approve it."

Approval = Literal["waiting", "rejected"]


@dataclass(frozen=True)
class HeldPicture:
    """A picture that waits."""

    name: str
    job_id: str
    at: float
    """Unix seconds at which it was stored."""


class Approvals:
    """Which pictures wait, as far as this process knows; safe to use from any thread.

    Args:
        store: holds the marks.
        index: takes the pictures that may be shown.
        required: whether visitors' pictures wait where no presenter chose yet.

    """

    def __init__(self, store: Store, index: GalleryIndex, required: bool) -> None:
        self._store = store
        self._index = index
        self._required = required
        self._lock = threading.Lock()
        self._held: frozenset[str] = frozenset()
        self._rejected: frozenset[str] = frozenset()
        self._kept: dict[str, float] = {}
        """Pictures that are not shown, and when each was stored."""
        self._was_read = False
        index.admits = self.admits

    def admits(self, name: str, at: float) -> bool:
        """Tell whether a picture may be shown; what may not is kept for later."""
        with self._lock:
            free = self._was_read and not self._is_held(name)
        if not free:
            self.keep(name, at)
        return free

    def keep(self, name: str, at: float) -> None:
        """Keep a picture until its job is known to be free; a rejected one is forgotten."""
        with self._lock:
            if _job_of(name) not in self._rejected:
                self._kept[name] = at

    def note_held(self, job_id: str) -> None:
        """Note that a job's pictures have to wait, before its mark is read."""
        with self._lock:
            self._held |= {job_id}

    def hold(self, job_id: str) -> None:
        """Let the pictures of a job that is to be sent wait; raises StoreUnavailable."""
        approval.request(self._store, job_id)
        self.note_held(job_id)

    def read(self) -> None:
        """Look at the marks, and show the pictures that need not wait; raises StoreError."""
        with self._lock:
            before = self._held
        found = approval.read_marks(self._store)
        with self._lock:
            # What was held while the marks were read may not be among them yet.
            self._held = found.pending_approval | (self._held - before)
            self._rejected = found.rejected
            self._was_read = True
            self._forget_rejected()
        self._show_free()

    def approve(self, job_id: str) -> None:
        """Show a job's pictures everywhere; raises StoreUnavailable."""
        approval.approve(self._store, job_id)
        with self._lock:
            self._held -= {job_id}
        self._show_free()

    def reject(self, job_id: str) -> None:
        """Show a job's pictures nowhere; raises StoreUnavailable."""
        approval.reject(self._store, job_id)
        with self._lock:
            self._rejected |= {job_id}
            self._held -= {job_id}
            self._forget_rejected()

    def waiting(self) -> list[HeldPicture]:
        """Return the painted pictures that wait for the presenter, the first one first."""
        with self._lock:
            kept = sorted(self._kept.items(), key=lambda picture: picture[1])
            held = self._held - self._rejected
        pictures = (HeldPicture(name, parse_picture_name(name).job_id, at) for name, at in kept)
        return [picture for picture in pictures if picture.job_id in held]

    def of(self, job_id: str) -> Approval | None:
        """Tell what a job's pictures wait for; None if they are free."""
        with self._lock:
            if job_id in self._rejected:
                return "rejected"
            return "waiting" if job_id in self._held or not self._was_read else None

    def is_required(self) -> bool:
        """Ask whether new pictures of visitors have to wait; raises StoreUnavailable."""
        return approval.is_required(self._store, self._required)

    def require(self, required: bool) -> None:
        """Choose whether new pictures of visitors have to wait; raises StoreUnavailable."""
        approval.set_required(self._store, required)

    def _is_held(self, name: str) -> bool:
        job_id = _job_of(name)
        return job_id in self._held or job_id in self._rejected

    def _forget_rejected(self) -> None:
        kept = self._kept.items()
        self._kept = {name: at for name, at in kept if _job_of(name) not in self._rejected}

    def _show_free(self) -> None:
        with self._lock:
            free = [(name, at) for name, at in self._kept.items() if not self._is_held(name)]
            for name, _ in free:
                del self._kept[name]
        for name, at in free:
            self._index.add(name, at)


def _job_of(name: str) -> str | None:
    picture = parse_picture_name(name)
    return picture.job_id if picture else None
