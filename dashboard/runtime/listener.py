"""Listening to the workers: each event becomes a job's state, a picture, or one less."""

from dataclasses import dataclass

from dashboard.domain.journal import Journal
from dashboard.gallery.approvals import Approvals
from dashboard.gallery.index import GalleryIndex
from wire.events.base import Events
from wire.messages.event import Event

LISTEN = 0.5
"""Seconds that one look at the events waits for the next of them."""


@dataclass(frozen=True)
class Listener:
    """Who hears the events, and whom it tells."""

    events: Events
    journal: Journal
    index: GalleryIndex
    approvals: Approvals
    started: float
    """Unix seconds; a picture stored earlier may be gone by now: the store tells of those."""

    def receive(self) -> int:
        """Hear what comes within ``LISTEN`` seconds; return how many events that were."""
        heard = self.events.receive(LISTEN)
        for event in heard:
            self._hear(event)
        return len(heard)

    def _hear(self, event: Event) -> None:
        if event.job and event.job.pending_approval and self.journal.find(event.job.id) is None:
            self.approvals.note_held(event.job.id)
        self.journal.record(event)
        if event.kind == "stored" and event.at >= self.started:
            self._hear_of_picture(event)
        elif event.kind == "deleted" and event.name:
            self.index.remove(event.name)

    def _hear_of_picture(self, event: Event) -> None:
        if event.name is None or event.job_id is None:
            return
        if view := self.journal.find(event.job_id):
            self.index.add(event.name, event.at)
            self.index.set_prompt(event.job_id, view.job.prompt)
        else:
            self.approvals.keep(event.name, event.at)
