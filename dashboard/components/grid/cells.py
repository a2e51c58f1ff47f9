"""The cells of a grid: each is the job of one prompt of a matrix."""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard import runtime
from dashboard.domain import grids
from dashboard.domain.hidden_prompts import is_hidden
from dashboard.domain.jobs import JobView
from dashboard.domain.prompt_matrix import Matrix
from dashboard.domain.snapshot import Snapshot
from dashboard.gallery.index import picture_identity
from dashboard.presentation import job_text, previews
from dashboard.presentation.urls import absolute

_PENDING_APPROVAL = "after the presenter approves it"
_LISTING = "still listing the store"
_NOT_FOUND = "no picture: not sent, or deleted"


@dataclass(frozen=True)
class Slot:
    """The place of one picture, which is the same before and after it is generated."""

    name: str = ""
    """Empty before the picture is stored."""
    source: str = ""
    """The URL of the picture or of its preview; empty before there is one."""


@dataclass(frozen=True)
class Cell:
    """The pictures of one prompt."""

    job_id: str
    prompt: str
    slots: tuple[Slot, ...]
    status: str
    """Empty once all is done."""
    stored_prompt: str | None
    """The prompt that the pictures were generated from; None until it is read."""

    @property
    def stored(self) -> int:
        """The number of stored pictures."""
        return sum(bool(slot.name) for slot in self.slots)

    @property
    def is_other(self) -> bool:
        """Whether these are the pictures of another prompt than the link's."""
        return self.stored_prompt not in (None, self.prompt)


def read(first_id: str, matrix: Matrix, snapshot: Snapshot) -> list[Cell]:
    """Return the cells in the order of the prompts; prompts that are not read yet are requested."""
    context = runtime.current()
    views = {view.job.id: view for view in snapshot.jobs}
    ids = [grids.nth_id(first_id, number) for number in range(len(matrix.prompts))]
    unread = [job_id for job_id in ids if context.gallery.index.prompt(job_id) is None]
    context.gallery.prompts.request(unread)
    return [
        _cell(job_id, prompt, views.get(job_id), snapshot)
        for job_id, prompt in zip(ids, matrix.prompts, strict=True)
    ]


def _cell(job_id: str, prompt: str, view: JobView | None, snapshot: Snapshot) -> Cell:
    hidden = runtime.current().lacks_approval(job_id)
    slots = () if hidden else tuple(_slots(job_id, view))
    has_pictures = any(slot.name for slot in slots)
    status = _PENDING_APPROVAL if hidden else _status(view, snapshot, has_pictures)
    return Cell(job_id, prompt, slots, status, _stored_prompt(job_id, view))


def _slots(job_id: str, view: JobView | None) -> Iterator[Slot]:
    """Yield a slot for each picture that is stored or still to come."""
    stored = _stored(job_id, view)
    for number in range(view.job.count) if view and view.state != "done" else sorted(stored):
        if name := stored.get(number):
            yield Slot(name, absolute(f"/thumbnails/{name}"))
        elif view and view.preview and view.preview.picture == number:
            yield Slot(source=previews.source(view.preview))
        else:
            yield Slot()


def _stored(job_id: str, view: JobView | None) -> dict[int, str]:
    """Return the names of a job's pictures by their numbers, those known from its events too."""
    index = runtime.current().gallery.index
    names = {*index.pictures_of(job_id), *(view.pictures if view else ())}
    return {picture_identity(name).number: name for name in names if not index.is_deleted(name)}


def _status(view: JobView | None, snapshot: Snapshot, has_pictures: bool) -> str:
    if view and (view.state != "done" or view.withheld):
        return job_text.describe_state(view, snapshot)
    if has_pictures:
        return ""
    return _NOT_FOUND if runtime.current().gallery.index.complete else _LISTING


def _stored_prompt(job_id: str, view: JobView | None) -> str | None:
    if view:
        return None if is_hidden(view.job) else view.job.prompt
    return runtime.current().gallery.index.prompt(job_id) or None
