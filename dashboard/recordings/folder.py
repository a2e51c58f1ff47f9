"""Where recordings lie: a folder in DATA_DIR, and the one that comes with the project."""

import time
from pathlib import Path

from core.errors import RecordingError
from core.settings import Settings

BUNDLED = Path(__file__).parent / "bundled" / "talk.jsonl"


def folder(settings: Settings) -> Path:
    """Return where this dashboard keeps its recordings; it may not exist yet."""
    return settings.data_dir / "recordings"


def new_path(settings: Settings, at: float) -> Path:
    """Choose the file of a recording that starts at ``at``; its name is never a person's."""
    return folder(settings) / time.strftime("%Y-%m-%d-%H%M%S.jsonl", time.localtime(at))


def paths(settings: Settings) -> list[Path]:
    """Return all recordings, newest first, the bundled one last."""
    own = sorted(folder(settings).glob("*.jsonl"), reverse=True)
    return [*own, *([BUNDLED] if BUNDLED.exists() else [])]


def identity(path: Path) -> str:
    """Name a recording among all of them; somebody's own may be named like the bundled one."""
    return f"bundled:{path.name}" if path == BUNDLED else path.name


def find(settings: Settings, name: str) -> Path | None:
    """Find a recording by its identity; whatever else is asked for is not there."""
    return next((path for path in paths(settings) if identity(path) == name), None)


def delete(settings: Settings, path: Path) -> None:
    """Delete a recording of this dashboard's own; raises RecordingError."""
    if path.parent != folder(settings):
        raise RecordingError("This recording comes with the project and stays.")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RecordingError(f"{path.name} could not be deleted: {error.strerror}.") from None
