"""The Compose files of `make up`."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def worker_of(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())["services"]["worker"]


def test_only_a_worker_with_a_gpu_gets_pytorch_with_cuda() -> None:
    """A laptop without a GPU downloads no gigabytes that its worker cannot use."""
    plain, with_gpu = worker_of("compose.yaml"), worker_of("compose.gpu.yaml")
    assert plain["build"]["args"]["TORCH"] == "cpu"
    assert with_gpu["build"]["args"]["TORCH"] == ""
    assert "gpus" not in plain
    assert with_gpu["gpus"] == "all"
