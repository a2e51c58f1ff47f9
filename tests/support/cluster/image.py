"""What stands for a container image: a folder to run in, and what is set there."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Image:
    """Something that a container can be started from on this machine."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """What holds where the pod says nothing else."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """What holds whatever the pod says."""


def project_images(folder: Path) -> dict[str, Image]:
    """Lay out the project's images, by their names: what each Dockerfile copies."""
    worker = _copied(folder / "worker", "models", "wire", "worker")
    dashboard = _copied(folder / "dashboard", ".streamlit", "dashboard", "models", "wire")
    return {
        # A GPU that is made up paints on the CPU.
        "worker": Image(worker, overrides={"DEVICE": "cpu"}),
        "dashboard": Image(dashboard, {"PORT": "8501"}),
    }


def command_line(words: list[str]) -> list[str]:
    """Return what a container runs; ``python`` is the one that runs us."""
    return [sys.executable if word == "python" else word for word in words]


def _copied(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).symlink_to(_ROOT / name)
    return folder
