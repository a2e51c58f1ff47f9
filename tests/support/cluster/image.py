"""Stand-ins for container images: a working folder and its environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Image:
    """What a container is started from on this machine."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Defaults of the image; the pod's spec overrides them."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Values that override the pod's spec."""


def project_images(folder: Path) -> dict[str, Image]:
    """Return the project's images by name, with the folders that each Dockerfile copies."""
    worker = _linked(folder / "worker", "core", "models", "wire", "worker")
    dashboard = _linked(folder / "dashboard", ".streamlit", "core", "dashboard", "models", "wire")
    return {
        # The nodes' GPUs are simulated.
        "stable-diffusion-live-worker": Image(worker, overrides={"DEVICE": "cpu"}),
        "stable-diffusion-live-ui": Image(dashboard, {"PORT": "8501"}),
    }


def command_line(arguments: list[str]) -> list[str]:
    """Return a container's command; ``python`` becomes the interpreter of the tests."""
    return [sys.executable if word == "python" else word for word in arguments]


def _linked(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).symlink_to(_ROOT / name)
    return folder
