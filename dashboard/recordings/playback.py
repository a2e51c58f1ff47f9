"""Start and stop the replay that all pages of this process show; there is at most one."""

import threading
from pathlib import Path

from core.settings import Settings
from dashboard import runtime
from dashboard.recordings.reader import read
from dashboard.recordings.replay import Replay

_lock = threading.Lock()
_replay: Replay | None = None


def start(path: Path, settings: Settings) -> None:
    """Show a recording on all pages; raises RecordingError and changes nothing if it is invalid."""
    global _replay
    replay = Replay(read(path), settings)
    with _lock:
        previous, _replay = _replay, replay
        replay.start()
        runtime.show(replay.context)
    if previous:
        previous.stop()


def stop() -> None:
    """Show the live run on all pages again, if there is one."""
    global _replay
    with _lock:
        previous, _replay = _replay, None
        runtime.show(None)
    if previous:
        previous.stop()


def current() -> Replay | None:
    """Return the replay that is shown, or None."""
    return _replay
