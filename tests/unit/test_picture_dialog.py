"""What the dialog of a picture shows where the store has no details of it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import NoReturn

import pytest

from core.errors import ObjectMissing, StoreUnavailable
from dashboard.components.pictures import dialog
from dashboard.domain.journal import Journal
from dashboard.gallery.index import GalleryIndex
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import parse_picture_name, picture_name

JOB = new_job(JobRequest(prompt="a cat", count=2))
NAME = picture_name(JOB.id, 0)


@dataclass
class Context:
    """A dashboard whose store holds no metadata, and then becomes unavailable."""

    journal: Journal = field(default_factory=Journal)
    gallery: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(index=GalleryIndex(started=0.0))
    )

    def metadata(self, job_id: str) -> NoReturn:
        """Fail: there is none."""
        raise ObjectMissing(f"{job_id}.json is not in the store.")

    def find_job(self, _job_id: str) -> NoReturn:
        """Fail: the store has just gone away."""
        raise StoreUnavailable("The store is unavailable.")


@pytest.mark.parametrize(
    ("kinds", "is_stored", "sentence"),
    [
        ((), False, "The store has no such picture"),
        ((), True, "the job ended before it stored them"),
        (("accepted", "received"), True, "The job is in progress"),
        (("accepted", "received", "failed"), True, "the job ended before it stored them"),
        (("accepted", "received", "done"), False, "The store has no such picture"),
    ],
)
def test_missing_details_are_explained(monkeypatch: pytest.MonkeyPatch, kinds, is_stored, sentence):
    """The reason is true for every state of the job, and needs no second read of the store."""
    context = Context()
    monkeypatch.setattr(dialog.runtime, "current", lambda: context)
    for kind in kinds:
        context.journal.record(Event(kind=kind, job_id=JOB.id, job=JOB, worker="worker-1"))
    if is_stored:
        context.gallery.index.add(NAME, 1.0)
    metadata, reason = dialog._metadata(NAME, parse_picture_name(NAME))
    assert metadata is None
    assert sentence in reason
