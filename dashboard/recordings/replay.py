"""Play a recording, with one position for all sessions."""

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
from dashboard.runtime.waiting_limit import WaitingLimit

SPEEDS = (1, 2, 5, 10, 20)
_TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Position:
    """The position and speed of a replay."""

    seconds: float
    """Since the recording's start."""
    duration: float
    speed: int
    playing: bool


class Replay:
    """Plays a recording from its start, and pauses at its end.

    Args:
        recording: what is played.
        settings: those of this dashboard; the model is the recording's.

    """

    def __init__(self, recording: Recording, settings: Settings) -> None:
        self.recording = recording
        self._settings = settings.model_copy(update={"model_id": recording.header.model})
        self._lock = threading.Lock()
        self._seconds, self._speed, self._playing = 0.0, SPEEDS[0], True
        self._state = ReplayState(recording)
        self._context = self._create_context(self._state)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)

    def start(self) -> None:
        """Start to play."""
        self._thread.start()

    def stop(self) -> None:
        """Stop for good."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def context(self) -> AppContext:
        """Return what pages draw from; it changes after each step back."""
        return self._context

    def position(self) -> Position:
        """Return the position and speed."""
        return Position(self._seconds, self.recording.duration, self._speed, self._playing)

    def play(self) -> None:
        """Continue; from the start if the end was reached."""
        with self._lock:
            if self._seconds >= self.recording.duration:
                self._go_to(0.0)
            self._playing = True

    def pause(self) -> None:
        """Stay at the position."""
        with self._lock:
            self._playing = False

    def set_speed(self, speed: int) -> None:
        """Play at a multiple of the recorded speed; values not in ``SPEEDS`` are ignored."""
        if speed in SPEEDS:
            self._speed = speed

    def seek(self, seconds: float) -> None:
        """Go to a position, in seconds since the recording's start."""
        with self._lock:
            self._go_to(min(max(0.0, seconds), self.recording.duration))

    def _run(self) -> None:
        before = time.monotonic()
        while not self._stopping.wait(_TICK_SECONDS):
            now = time.monotonic()
            with self._lock:
                if self._playing:
                    self._advance((now - before) * self._speed)
            before = now

    def _advance(self, seconds: float) -> None:
        self._go_to(min(self._seconds + seconds, self.recording.duration))
        self._playing = self._seconds < self.recording.duration

    def _go_to(self, seconds: float) -> None:
        state = self._state if seconds >= self._seconds else ReplayState(self.recording)
        state.play_until(self.recording.start + seconds)
        self._seconds = seconds
        if state is not self._state:
            self._state, self._context = state, self._create_context(state)

    def _create_context(self, state: ReplayState) -> AppContext:
        snapshot = state.sampler.snapshot
        store, events = ReplayedStore(self.recording, snapshot), ReplayedEvents()
        prompts = GalleryPrompts(store, state.gallery, state.journal)
        return AppContext(
            settings=self._settings,
            queue=ReplayedQueue(snapshot),
            store=store,
            events=events,
            journal=state.journal,
            approvals=None,
            hearts=None,
            dead_letters=None,
            gallery=Gallery(state.gallery, prompts, store, events),
            sampler=state.sampler,
            observers=Observers(),
            sources=None,
            supervisor=None,
            waiting_limit=WaitingLimit(self._settings.max_waiting_jobs),
        )
