"""Install lock files into the environment of the Python that runs this.

Every package is installed at its locked version, and only if its file has a locked hash.

PyTorch is published twice for Linux: on PyPI with CUDA, in gigabytes, and in an index of its
own for CPUs only, in a tenth of that. `choose_build` decides between them, unless the variable
TORCH does. Elsewhere PyPI's build is the only one.
"""

import argparse
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Build = Literal["cpu", "pypi"]

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH_LOCK = Path("worker/torch.lock")
CPU_TORCH_LOCK = Path("worker/torch-cpu.lock")

_ANSWER_WITHIN_SECONDS = 4
_GIGABYTES_NEEDED: dict[Build, int] = {"cpu": 3, "pypi": 10}
_DRIVER_FILES = ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/nvidia-smi")


@dataclass(frozen=True)
class Selection:
    """A build of PyTorch, and the reason for it as the end of a sentence."""

    build: Build
    reason: str


def main() -> None:
    """Install what the command line names."""
    arguments = _parse_arguments()
    locks: list[str] = arguments.locks
    if arguments.torch is not None and not _torch_is_installed():
        choice = choose_build(
            arguments.torch, platform.system(), has_nvidia_driver, lambda: answers(CPU_INDEX)
        )
        print(f"PyTorch: {_NAMES[choice.build]}, because {choice.reason}.", flush=True)
        _check_space(choice.build)
        if choice.build == "cpu":
            _pip_install("--index-url", CPU_INDEX, *cpu_torch_requirement())
        else:
            locks = [str(TORCH_LOCK), *locks]
    if locks:
        _pip_install("--require-hashes", *(f"--requirement={lock}" for lock in locks))


_NAMES: dict[Build, str] = {"cpu": "the build for CPUs", "pypi": "PyPI's build"}


def choose_build(
    requested: str,
    system: str,
    has_driver: Callable[[], bool],
    cpu_index_answers: Callable[[], bool],
) -> Selection:
    """Choose the build of PyTorch for a machine.

    Args:
        requested: the value of TORCH: ``cpu``, ``cuda`` or nothing.
        system: the operating system's name, as `platform.system` returns it.
        has_driver: whether an NVIDIA driver is installed.
        cpu_index_answers: whether PyTorch's index of CPU builds can be reached.

    """
    if system != "Linux":
        return Selection("pypi", f"it is the only one for {system}")
    if requested:
        return Selection("cpu" if requested == "cpu" else "pypi", f"TORCH={requested} is set")
    if has_driver():
        return Selection("pypi", "this machine has an NVIDIA driver")
    if cpu_index_answers():
        return Selection("cpu", "this machine has no NVIDIA driver; TORCH=cuda takes PyPI's build")
    return Selection(
        "pypi",
        "the index of the smaller builds for CPUs does not answer; this one runs on CPUs too",
    )


def has_nvidia_driver() -> bool:
    """Return whether an NVIDIA driver is installed on this machine."""
    return shutil.which("nvidia-smi") is not None or any(map(os.path.exists, _DRIVER_FILES))


def answers(index: str, timeout: float = _ANSWER_WITHIN_SECONDS) -> bool:
    """Return whether a package index serves PyTorch within some seconds."""
    reached = threading.Event()

    def request() -> None:
        try:
            with urllib.request.urlopen(f"{index}/torch/", timeout=timeout):  # noqa: S310 - https
                reached.set()
        except OSError:
            return

    # A thread, because the timeout of urlopen does not cover the look-up of the name.
    thread = threading.Thread(target=request, daemon=True)
    thread.start()
    thread.join(timeout)
    return reached.is_set()


def cpu_torch_requirement() -> list[str]:
    """Return pip's arguments for PyTorch's CPU build.

    `make lock` writes its hashes where it reaches PyTorch's index. Until somebody has run it
    there, this one package is pinned to its version alone.
    """
    if CPU_TORCH_LOCK.exists():
        return ["--require-hashes", f"--requirement={CPU_TORCH_LOCK}"]
    return [f"torch=={locked_torch_version()}"]


def locked_torch_version() -> str:
    """Return the version of PyTorch that the lock names."""
    lines = TORCH_LOCK.read_text().splitlines()
    pins = [line.split()[0] for line in lines if line.startswith("torch==")]
    return pins[0].removeprefix("torch==")


def _torch_is_installed() -> bool:
    try:
        installed = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return False
    return installed.partition("+")[0] == locked_torch_version()


def _check_space(build: Build) -> None:
    needed = _GIGABYTES_NEEDED["cpu" if platform.system() != "Linux" else build]
    free = shutil.disk_usage(sys.prefix).free // 10**9
    if free >= needed:
        return
    smaller = ", or take the smaller build for CPUs with TORCH=cpu" if needed > 3 else ""
    sys.exit(
        f"The packages need about {needed} GB and {free} GB are free here. Make room{smaller}."
    )


def _pip_install(*arguments: str) -> None:
    """Install exactly what is named: locks are complete, and nothing is built here."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--no-deps", "--only-binary=:all:", *arguments], check=False)
    if done.returncode:
        sys.exit(
            "The packages could not be installed; pip's error is above. "
            "Run the same command again: it continues where it stopped."
        )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Install lock files, and PyTorch if asked to.")
    parser.add_argument("locks", nargs="*", metavar="LOCK")
    parser.add_argument(
        "--torch",
        choices=("", "cpu", "cuda"),
        help="install PyTorch: the build for CPUs, PyPI's, or the one that suits this machine",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
