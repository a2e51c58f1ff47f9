"""The replay that this dashboard shows, if any: one for all who look."""

import threading
from pathlib import Path

from core.settings import Settings
from dashboard import runtime
from dashboard.recordings.reader import read
from dashboard.recordings.replay import Replay

_lock = threading.Lock()
_replay: Replay | None = None


def start(path: Path, settings: Settings) -> None:
    """Let all pages show a recording from now on; raises RecordingError, and nothing changes."""
    global _replay
    replay = Replay(read(path), settings)
    with _lock:
        before, _replay = _replay, replay
        replay.start()
        runtime.show(replay.runtime)
    if before:
        before.stop()


def stop() -> None:
    """Let all pages show the live run again, if there is one."""
    global _replay
    with _lock:
        before, _replay = _replay, None
        runtime.show(None)
    if before:
        before.stop()


def current() -> Replay | None:
    """Return the replay that is shown."""
    return _replay
