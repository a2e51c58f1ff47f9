"""The Compose files of `make up`."""

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def worker_of(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())["services"]["worker"]


def workers_per_gpu(folder: Path, listing: str, **variables: str) -> dict[str, Any]:
    """Return the services that the script prints where nvidia-smi has a listing."""
    nvidia_smi = folder / "nvidia-smi"
    nvidia_smi.write_text(f"#!/bin/sh\n{listing}\n")
    nvidia_smi.chmod(0o755)
    answer = subprocess.run(
        [ROOT / "tools" / "compose_gpus.sh"],
        env={"PATH": f"{folder}:{os.environ['PATH']}"} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return yaml.safe_load(answer.stdout)["services"]


def test_only_a_worker_with_a_gpu_gets_pytorch_with_cuda() -> None:
    """A laptop without a GPU downloads no gigabytes that its worker cannot use."""
    plain, with_gpu = worker_of("compose.yaml"), worker_of("compose.gpu.yaml")
    assert plain["build"]["args"]["TORCH"] == "cpu"
    assert with_gpu["build"]["args"]["TORCH"] == ""
    assert "gpus" not in plain
    assert with_gpu["gpus"] == "all"


def test_each_gpu_has_a_worker_of_its_own(tmp_path: Path) -> None:
    """`GPU=1 make up` starts one worker per GPU; each sees only its own."""
    services = workers_per_gpu(tmp_path, "printf 'GPU-a\\nGPU-b\\nGPU-c\\n'")
    assert list(services) == ["worker", "worker-gpu-2", "worker-gpu-3"]
    visible = [each["environment"]["CUDA_VISIBLE_DEVICES"] for each in services.values()]
    assert visible == ["GPU-a", "GPU-b", "GPU-c"]
    for name in ("worker-gpu-2", "worker-gpu-3"):
        assert services[name]["extends"] == {"file": "compose.yaml", "service": "worker"}
        with_gpu = worker_of("compose.gpu.yaml")
        assert {key: services[name][key] for key in with_gpu} == with_gpu


def test_selected_gpus_are_respected(tmp_path: Path) -> None:
    """CUDA_VISIBLE_DEVICES on the host leaves the other GPUs free."""
    services = workers_per_gpu(tmp_path, "printf 'GPU-a\\nGPU-b\\n'", CUDA_VISIBLE_DEVICES="1,3")
    visible = [each["environment"]["CUDA_VISIBLE_DEVICES"] for each in services.values()]
    assert visible == ["1", "3"]


def test_empty_selection_is_no_gpu(tmp_path: Path) -> None:
    """An empty CUDA_VISIBLE_DEVICES hides every GPU, as for any program: the worker gets none."""
    services = workers_per_gpu(tmp_path, "printf 'GPU-a\\nGPU-b\\n'", CUDA_VISIBLE_DEVICES="")
    assert services == {"worker": {"environment": {"CUDA_VISIBLE_DEVICES": ""}}}


def test_failing_driver_leaves_one_worker(tmp_path: Path) -> None:
    """Where nvidia-smi fails, one worker starts, and its log has the reason."""
    assert workers_per_gpu(tmp_path, "echo 'No devices were found'; exit 6") == {"worker": {}}


def test_worker_gets_every_setting_of_the_model() -> None:
    """What the docs say of models holds for `make up`: the variables reach the worker."""
    environment = worker_of("compose.yaml")["environment"]
    known = {name.upper() for name in Settings.model_fields}
    assert set(environment) - {"<<"} <= known
    of_the_model = ("COMPILE", "DTYPE", "LORAS", "QUANTIZE", "SAFETY_CHECKER", "VAE")
    for name in ("HF_TOKEN", "DEVICE", "BATCH_SIZE", *of_the_model):
        assert environment[name] == f"${{{name}:-}}"


def test_folder_of_loras_is_mounted() -> None:
    """LORA_DIR names a folder of the host; unset, nothing is mounted and the setting is empty."""
    worker = worker_of("compose.yaml")
    assert worker["environment"]["LORA_DIR"] == "${LORA_DIR:+/loras}"
    assert "${LORA_DIR:-/dev/null}:/loras:ro" in worker["volumes"]
