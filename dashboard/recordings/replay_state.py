"""A recording on its way through the code that a live run goes through."""

from dashboard.domain.inputs import Input, Observation, PictureFound, PromptRead
from dashboard.domain.journal import Journal
from dashboard.gallery.index import GalleryIndex
from dashboard.recordings.reader import Recording
from dashboard.sampling.sampler import Sampler
from wire.messages.event import Event


class ReplayState:
    """Journal, gallery and timeline as they were at one moment of a recording.

    It moves forward only; to go back, a new one starts over. That takes milliseconds, since
    snapshots are made only where it halts.
    """

    def __init__(self, recording: Recording) -> None:
        header = recording.header
        self._steps = recording.steps
        self._next = 0
        self._look = Observation(at=header.at)
        self.journal = Journal()
        self.gallery = GalleryIndex(started=header.at)
        self.gallery.complete = True  # no older pictures are looked for
        self.sampler = Sampler(
            lambda: self._look, self.journal, self.gallery, header.mode, header.lanes
        )

    def play_until(self, at: float) -> None:
        """Let in all that entered until ``at``, Unix seconds, and make a snapshot of it."""
        before = self._next
        while self._next < len(self._steps) and self._steps[self._next].at <= at:
            self._let_in(self._steps[self._next].input)
            self._next += 1
        if self._next > before:
            self.sampler.refresh()

    def _let_in(self, one: Input) -> None:
        if isinstance(one, Observation):
            self._look = one
            self.sampler.fold(one)
        elif isinstance(one, PictureFound):
            self.gallery.add(one.name, one.at)
        elif isinstance(one, PromptRead):
            self.gallery.set_prompt(one.job_id, one.prompt)
        else:
            self._hear(one)

    def _hear(self, event: Event) -> None:
        self.journal.record(event)
        if event.kind == "deleted" and event.name:
            self.gallery.remove(event.name)
