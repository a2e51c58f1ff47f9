"""Replay: a recording that plays, with one position for all who look at it."""

import threading
import time
from dataclasses import dataclass

from core.settings import Settings
from dashboard.domain.inputs import Observers
from dashboard.gallery.backfill import GalleryPrompts
from dashboard.gallery.gallery import Gallery
from dashboard.recordings.reader import Recording
from dashboard.recordings.replay_backends import ReplayedEvents, ReplayedQueue, ReplayedStore
from dashboard.recordings.replay_state import ReplayState
from dashboard.runtime.context import AppContext

SPEEDS = (1, 2, 5, 10, 20)
_TICK = 0.1
"""Seconds between two steps forward."""


@dataclass(frozen=True)
class Position:
    """Where a replay is."""

    seconds: float
    """Since the recording's start."""
    duration: float
    speed: int
    playing: bool


class Replay:
    """Plays a recording from its start; then it stands still at its end.

    Args:
        recording: what is played.
        settings: this dashboard's; the model is the recording's.

    """

    def __init__(self, recording: Recording, settings: Settings) -> None:
        self.recording = recording
        self._settings = settings.model_copy(update={"model_id": recording.header.model})
        self._lock = threading.Lock()
        self._seconds, self._speed, self._playing = 0.0, SPEEDS[0], True
        self._stage = ReplayState(recording)
        self._runtime = self._assembled(self._stage)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)

    def start(self) -> None:
        """Begin to play."""
        self._thread.start()

    def stop(self) -> None:
        """Play no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def runtime(self) -> AppContext:
        """Return what pages draw from; another one after each step back."""
        return self._runtime

    def position(self) -> Position:
        """Say where it is."""
        return Position(self._seconds, self.recording.duration, self._speed, self._playing)

    def play(self) -> None:
        """Go on; from the start if it is at its end."""
        with self._lock:
            if self._seconds >= self.recording.duration:
                self._go_to(0.0)
            self._playing = True

    def pause(self) -> None:
        """Stand still."""
        with self._lock:
            self._playing = False

    def set_speed(self, speed: int) -> None:
        """Play so many times as fast as it was; other speeds than ``SPEEDS`` are passed over."""
        if speed in SPEEDS:
            self._speed = speed

    def seek(self, seconds: float) -> None:
        """Go to a moment, given in seconds since the recording's start."""
        with self._lock:
            self._go_to(min(max(0.0, seconds), self.recording.duration))

    def _run(self) -> None:
        before = time.monotonic()
        while not self._stopping.wait(_TICK):
            now = time.monotonic()
            with self._lock:
                if self._playing:
                    self._advance((now - before) * self._speed)
            before = now

    def _advance(self, seconds: float) -> None:
        self._go_to(min(self._seconds + seconds, self.recording.duration))
        self._playing = self._seconds < self.recording.duration

    def _go_to(self, seconds: float) -> None:
        stage = self._stage if seconds >= self._seconds else ReplayState(self.recording)
        stage.play_until(self.recording.start + seconds)
        self._seconds = seconds
        if stage is not self._stage:
            self._stage, self._runtime = stage, self._assembled(stage)

    def _assembled(self, stage: ReplayState) -> AppContext:
        snapshot = stage.sampler.snapshot
        store, events = ReplayedStore(self.recording, snapshot), ReplayedEvents()
        prompts = GalleryPrompts(store, stage.gallery, stage.journal)
        return AppContext(
            settings=self._settings,
            queue=ReplayedQueue(snapshot),
            store=store,
            events=events,
            journal=stage.journal,
            approvals=None,
            dead_letters=None,
            gallery=Gallery(stage.gallery, prompts, store, events),
            sampler=stage.sampler,
            observers=Observers(),
            sources=None,
            supervisor=None,
        )
