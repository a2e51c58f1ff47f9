"""The recording of this process: at most one at a time, for all who look at the page."""

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
"""Characters."""

_lock = threading.Lock()
_recorder: Recorder | None = None


def start(runtime: AppContext, name: str, path: Path | None = None) -> None:
    """Record what a running dashboard reads from now on.

    Args:
        runtime: the context that run.
        name: what people call the recording.
        path: a file that does not exist yet; None lets the date and the time name it.

    Raises:
        RecordingError: one is running already, or the file cannot be made.

    """
    global _recorder
    with _lock:
        if _recorder and not _recorder.progress().error:
            raise RecordingError("A recording is running already; stop it first.")
        recorder = recorder_for(runtime, name, path)
        recorder.start()
        _recorder = recorder


def stop() -> Progress | None:
    """End the recording, if one runs; the file is complete once this returns."""
    global _recorder
    with _lock:
        recorder, _recorder = _recorder, None
    return recorder.stop() if recorder else None


def progress() -> Progress | None:
    """Say how far the recording is; None if there is none."""
    recorder = _recorder
    return recorder.progress() if recorder else None


def recorder_for(runtime: AppContext, name: str, path: Path | None = None) -> Recorder:
    """Make a recorder of what a running dashboard reads; the caller starts it."""
    # Ids tell whole milliseconds: a job of this very one is not from before the recording.
    now = int(time.time() * 1000) / 1000
    return Recorder(
        path or folder.new_path(runtime.settings, now),
        header_of(runtime, name, now),
        runtime.observers,
        runtime.store,
        runtime.journal.unfinished()[::-1],
        runtime.lacks_approval,
    )


def header_of(runtime: AppContext, name: str, at: float) -> Header:
    """Say what is recorded. A model's folder is named without the way to it."""
    snapshot, model = runtime.sampler.snapshot(), runtime.settings.model_id
    return Header(
        at=at,
        name=" ".join(name.split())[:MAX_NAME] or "Recording",
        mode=snapshot.mode,
        lanes=snapshot.lanes,
        model=model_name(model),
    )
