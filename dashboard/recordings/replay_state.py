"""Replay recorded inputs into a private journal, gallery index and sampler."""

from dashboard.domain.inputs import Input, Observation, PictureFound, PromptRead
from dashboard.domain.journal import Journal
from dashboard.gallery.index import GalleryIndex
from dashboard.recordings.reader import Recording
from dashboard.sampling.sampler import Sampler
from wire.messages.event import Event


class ReplayState:
    """Journal, gallery and timeline as they were at a time of a recording.

    It only moves forward; going back needs a new state, played from the start. That takes
    milliseconds, since a snapshot is made only at the end of ``play_until``.
    """

    def __init__(self, recording: Recording) -> None:
        header = recording.header
        self._steps = recording.steps
        self._next_step = 0
        self._observation = Observation(at=header.at)
        self._now = header.at
        self.journal = Journal(clock=lambda: self._now)
        self.gallery = GalleryIndex(started=header.at)
        self.gallery.complete = True  # there are no older pictures to backfill
        self.sampler = Sampler(
            lambda: self._observation, self.journal, self.gallery, header.mode, header.lanes
        )

    def play_until(self, at: float) -> None:
        """Apply all inputs up to ``at``, Unix seconds, and make a snapshot."""
        first = self._next_step
        while self._next_step < len(self._steps) and self._steps[self._next_step].at <= at:
            step = self._steps[self._next_step]
            self._now = step.at
            self._apply(step.input)
            self._next_step += 1
        if self._next_step > first:
            self.sampler.refresh()

    def _apply(self, value: Input) -> None:
        if isinstance(value, Observation):
            self._observation = value
            self.sampler.fold(value)
        elif isinstance(value, PictureFound):
            self.gallery.add(value.name, value.at)
        elif isinstance(value, PromptRead):
            self.gallery.set_prompt(value.job_id, value.prompt)
        else:
            self._apply_event(value)

    def _apply_event(self, event: Event) -> None:
        self.journal.record(event)
        if event.kind == "deleted" and event.name:
            self.gallery.remove(event.name)
