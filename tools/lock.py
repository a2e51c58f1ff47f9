"""Renew the lock files: every package with its version and the hashes of its files.

All locks are parts of one resolution, so a package has the same version in each of them. A
version that still fits is kept; ``--upgrade`` takes the newest of all that the short lists
(`requirements.txt` and its like) do not name.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.install import CPU_INDEX, CPU_TORCH_LOCK, TORCH_LOCK, answers

_LISTS = {
    Path("requirements.lock"): "requirements.txt",
    Path("dashboard/requirements.lock"): "dashboard/requirements.txt",
    Path("worker/requirements.lock"): "worker/requirements.txt",
    Path("tests/requirements.lock"): "tests/requirements.txt",
}
_EVERYTHING = Path("tests/requirements.lock")

_HEADER = "# Written by `make lock`.\n"
_WITHOUT_TORCH = f"{_HEADER}# PyTorch is in worker/torch.lock.\n"


@dataclass(frozen=True)
class Package:
    """An entry of a lock file.

    Attributes:
        name: the package's name.
        marker: the environments that it is installed in; empty for all.
        dependents: the packages and files that require it.
        text: the entry's lines.

    """

    name: str
    marker: str
    dependents: frozenset[str]
    text: str


def main() -> None:
    """Write all lock files."""
    parser = argparse.ArgumentParser(description="Renew the lock files.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    upgrade = parser.parse_args().upgrade
    with tempfile.TemporaryDirectory() as folder:
        resolution = Path(folder, "resolution.lock")
        if not upgrade:
            resolution.write_text("".join(_read(lock) for lock in (_EVERYTHING, TORCH_LOCK)))
        _compile(_LISTS[_EVERYTHING], f"--output-file={resolution}")
        _write_locks(resolution)


def _write_locks(resolution: Path) -> None:
    packages = parse(resolution.read_text())
    torch_build = cuda_build(packages)
    TORCH_LOCK.write_text(_HEADER + _join(packages, torch_build))
    for lock, requirements in _LISTS.items():
        packages = parse(_compile(requirements, f"--constraints={resolution}"))
        others = {package.name for package in packages} - torch_build
        header = _HEADER if "torch" not in {each.name for each in packages} else _WITHOUT_TORCH
        lock.write_text(header + _join(packages, others))
    version = next(each for each in packages if each.name == "torch").text.split()[0]
    _write_cpu_torch_lock(version)


def parse(lock: str) -> list[Package]:
    """Parse a lock file of uv into its entries."""
    # `a/../b` is `b`, and the constraint is a file in a temporary folder.
    plain = re.sub(r"\w+/\.\./|-c [^,\s]+, |, -c [^,\s]+", "", lock)
    return [_parse_entry(entry) for entry in re.findall(r"^[^#\s].*(?:\n .*)*", plain, re.M)]


def _parse_entry(entry: str) -> Package:
    first = entry.partition("\n")[0].removesuffix("\\")
    requirement, _, marker = first.partition(" ; ")
    via = re.search(r"# via (.*)", entry)
    dependents = via.group(1).split(", ") if via else []
    name = requirement.partition("==")[0].strip()
    return Package(name, marker.strip(), frozenset(dependents), entry)


def cuda_build(packages: list[Package]) -> set[str]:
    """Return the names of PyTorch and of what only its CUDA build requires.

    PyPI has the CUDA build for Linux alone, so these are the packages that only PyTorch leads
    to, and only on Linux.
    """
    names = {"torch"}
    while (
        found := {
            package.name
            for package in packages
            if package.dependents <= names and "sys_platform == 'linux'" in package.marker
        }
        - names
    ):
        names |= found
    return names


def _write_cpu_torch_lock(torch: str) -> None:
    """Lock PyTorch's CPU build, if its index answers; else remove a lock of another version."""
    if answers(CPU_INDEX):
        entry = _compile(
            "-",
            "--no-deps",
            f"--default-index={CPU_INDEX}",
            text=f"{torch} ; sys_platform == 'linux'",
        )
        CPU_TORCH_LOCK.write_text(_HEADER + entry)
        return
    print(f"PyTorch's index does not answer here: {CPU_TORCH_LOCK} is not renewed.")
    if f"{torch}+cpu " not in _read(CPU_TORCH_LOCK):
        CPU_TORCH_LOCK.unlink(missing_ok=True)


def _compile(*arguments: str, text: str | None = None) -> str:
    """Resolve requirements for every platform and supported Python."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet"),
        *("--universal", "--python-version=3.11", "--only-binary=:all:", "--generate-hashes"),
        *("--no-header", "--annotation-style=line"),
        *arguments,
    ]
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit("The locks were not renewed; uv's error is above.")
    return done.stdout


def _join(packages: list[Package], names: set[str]) -> str:
    return "".join(f"{package.text}\n" for package in packages if package.name in names)


def _read(lock: Path) -> str:
    return lock.read_text() if lock.exists() else ""


if __name__ == "__main__":
    main()
