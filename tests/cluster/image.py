"""What stands for a container image: a folder to run in, and the command that it runs."""

import sys
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_COPIED = ("models", "wire", "worker")
"""What Dockerfile.worker copies."""


@dataclass(frozen=True)
class Image:
    """Something that a container can be started from on this machine."""

    folder: Path
    command: tuple[str, ...]
    """Run where the container names no command of its own."""


def worker_image(folder: Path) -> Image:
    """Lay out the worker's image: its code and model, and no settings of a developer's own."""
    folder.mkdir(parents=True)
    for name in _COPIED:
        (folder / name).symlink_to(_ROOT / name)
    return Image(folder, ("python", "-m", "worker"))


def command_line(image: Image, command: list[str] | None, arguments: list[str] | None) -> list[str]:
    """Return what a container runs; ``python`` is the one that runs us."""
    line = [*(command or image.command), *(arguments or ())]
    return [sys.executable if word == "python" else word for word in line]
