"""List the recordings: those in DATA_DIR, and the bundled one."""

import time
from pathlib import Path

from core.errors import RecordingError
from core.settings import Settings

BUNDLED = Path(__file__).parent / "bundled" / "talk.jsonl"


def folder(settings: Settings) -> Path:
    """Return the folder of this dashboard's recordings; it may not exist yet."""
    return settings.data_dir / "recordings"


def new_path(settings: Settings, at: float) -> Path:
    """Return the file for a recording that starts at ``at``; user input is not part of it."""
    return folder(settings) / time.strftime("%Y-%m-%d-%H%M%S.jsonl", time.localtime(at))


def paths(settings: Settings) -> list[Path]:
    """Return all recordings, newest first, the bundled one last."""
    own = sorted(folder(settings).glob("*.jsonl"), reverse=True)
    return [*own, *([BUNDLED] if BUNDLED.exists() else [])]


def identity(path: Path) -> str:
    """Return the unique name of a recording; a user's file may be named like the bundled one."""
    return f"bundled:{path.name}" if path == BUNDLED else path.name


def find(settings: Settings, name: str) -> Path | None:
    """Return the recording of that identity, or None; paths in the name never match."""
    return next((path for path in paths(settings) if identity(path) == name), None)


def delete(settings: Settings, path: Path) -> None:
    """Delete a recording of this dashboard; raises RecordingError for the bundled one."""
    if path.parent != folder(settings):
        raise RecordingError("The bundled recording cannot be deleted.")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RecordingError(f"{path.name} could not be deleted: {error.strerror}.") from None
