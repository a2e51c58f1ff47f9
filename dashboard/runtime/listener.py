"""Receive the workers' events, and update the journal and the gallery index."""

from dataclasses import dataclass

from dashboard.domain.journal import Journal
from dashboard.gallery.approvals import Approvals
from dashboard.gallery.index import GalleryIndex
from wire.events.base import Events
from wire.messages.event import Event

RECEIVE_TIMEOUT_SECONDS = 0.5
"""Seconds that one call waits for events."""


@dataclass(frozen=True)
class Listener:
    """Connects the event stream to the journal, the index and the approvals."""

    events: Events
    journal: Journal
    index: GalleryIndex
    approvals: Approvals
    started: float
    """Unix seconds. Pictures stored earlier may be deleted by now: only a listing shows them."""

    def receive(self) -> int:
        """Process the events of the next ``RECEIVE_TIMEOUT_SECONDS``; return their number."""
        received = self.events.receive(RECEIVE_TIMEOUT_SECONDS)
        for event in received:
            self._process(event)
        return len(received)

    def _process(self, event: Event) -> None:
        if event.job and event.job.pending_approval and self.journal.find(event.job.id) is None:
            self.approvals.add_pending(event.job.id)
        self.journal.record(event)
        if event.kind == "stored" and event.at >= self.started:
            self._add_picture(event)
        elif event.kind == "deleted" and event.name:
            self.index.remove(event.name)

    def _add_picture(self, event: Event) -> None:
        if event.name is None or event.job_id is None:
            return
        if view := self.journal.find(event.job_id):
            self.index.add(event.name, event.at)
            self.index.set_prompt(event.job_id, view.job.prompt)
        else:
            self.approvals.hide(event.name, event.at)
