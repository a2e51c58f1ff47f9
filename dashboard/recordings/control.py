"""Start and stop the recording of this process; there is at most one."""

import threading
import time
from pathlib import Path

from core.errors import RecordingError
from dashboard.recordings import folder
from dashboard.recordings.format import Header
from dashboard.recordings.recorder import Progress, Recorder
from dashboard.recordings.redaction import model_name
from dashboard.runtime.context import AppContext

MAX_NAME = 80
"""Characters of a recording's name."""

_lock = threading.Lock()
_recorder: Recorder | None = None


def start(context: AppContext, name: str, path: Path | None = None) -> None:
    """Record what a running dashboard reads from now on.

    Args:
        context: the dashboard.
        name: the recording's name in lists.
        path: a file that does not exist yet; None names it after the date and time.

    Raises:
        RecordingError: another recording is running, or the file cannot be created.

    """
    global _recorder
    with _lock:
        if _recorder and not _recorder.progress().error:
            raise RecordingError("A recording is already running; stop it first.")
        recorder = create_recorder(context, name, path)
        recorder.start()
        _recorder = recorder


def stop() -> Progress | None:
    """Stop the recording, if there is one; its file is complete once this returns."""
    global _recorder
    with _lock:
        recorder, _recorder = _recorder, None
    return recorder.stop() if recorder else None


def progress() -> Progress | None:
    """Return the progress of the recording, or None if there is none."""
    recorder = _recorder
    return recorder.progress() if recorder else None


def create_recorder(context: AppContext, name: str, path: Path | None = None) -> Recorder:
    """Create a recorder of a running dashboard; the caller starts it."""
    # Job ids hold whole milliseconds: a job of this millisecond belongs to the recording.
    now = int(time.time() * 1000) / 1000
    return Recorder(
        path or folder.new_path(context.settings, now),
        _header(context, name, now),
        context.observers,
        context.store,
        context.journal.unfinished()[::-1],
        context.lacks_approval,
    )


def _header(context: AppContext, name: str, at: float) -> Header:
    snapshot = context.sampler.snapshot()
    return Header(
        at=at,
        name=" ".join(name.split())[:MAX_NAME] or "Recording",
        mode=snapshot.mode,
        lanes=snapshot.lanes,
        model=model_name(context.settings.model_id),
    )
