"""`python -m bench.gpu.wheels`: download the packages that an image of PyTorch lacks.

For a machine with a GPU and no network: copy the project with ``bench/wheels``, and run
``make bench-gpu PYTHON=…`` there with the Python of the image.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_LOCKS = (Path("worker/requirements.lock"), Path("tests/requirements.lock"))
_PACKAGES = (
    "annotated-doc", "annotated-types", "argon2-cffi", "argon2-cffi-bindings", "cffi", "click",
    "diffusers", "importlib-metadata", "iniconfig", "isal", "lazy-importer", "markdown-it-py",
    "mdurl", "minio", "nvidia-ml-py", "pika", "pluggy",
    "prometheus-client", "psutil", "pycparser", "pycryptodome", "pydantic", "pydantic-core",
    "pydantic-settings", "pygments", "pytest", "python-dotenv", "python-json-logger", "rich",
    "shellingham", "tenacity", "typer", "typing-inspection", "uuid-utils", "zipp",
)  # fmt: skip
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_26_x86_64", "manylinux2014_x86_64")
_FOLDER = Path("bench/wheels")


def main(python: str = "3.12") -> None:
    """Download the versions of the lock files, for Linux and a version of Python."""
    platforms = [f"--platform={platform}" for platform in _PLATFORMS]
    target = (f"--python-version={python}", *platforms)
    options = ("--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(_FOLDER))
    command = (sys.executable, "-m", "pip", "download", *options, *target, *_requirements())
    subprocess.run(command, check=True)
    size = sum(file.stat().st_size for file in _FOLDER.glob("*.whl"))
    print(f"{_FOLDER}: {size / 2**20:.0f} MiB")


def _requirements() -> Iterator[str]:
    locked = "".join(lock.read_text() for lock in _LOCKS)
    versions = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", locked, re.MULTILINE))
    return (f"{name}=={versions[name]}" for name in _PACKAGES)


if __name__ == "__main__":
    main(*sys.argv[1:])
