"""Where recordings lie: a folder in DATA_DIR, and the one that comes with the project."""

import time
from pathlib import Path

from wire.settings import Settings

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
