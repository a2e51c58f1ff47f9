"""Write what each image contains as CycloneDX JSON, from the lock files.

The packages are those that the locks install on Linux with the Python of the base image. Their
licenses are read from the packages that are installed here. Debian's packages belong to the base
image, which is named with its digest.
"""

import hashlib
import importlib.metadata
import json
import re
import subprocess
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.markers import Marker

from tools.install import CPU_TORCH_LOCK, TORCH_LOCK
from tools.lock import Package, parse

Component = dict[str, Any]

ROOT = Path(__file__).parents[1]
FOLDER = Path("dist")
_MODEL = Path("models/demo")
_LICENSE = [{"license": {"id": "Apache-2.0"}}]


@dataclass(frozen=True)
class Image:
    """What an image is made of.

    Attributes:
        name: the name in the registry; the build for CPUs has a suffix.
        base: the base image with tag and digest; empty for none.
        packages: the packages that are installed in it.
        has_model: whether it contains the bundled model.

    """

    name: str
    base: str
    packages: tuple[Package, ...]
    has_model: bool


def main() -> None:
    """Write a file for each image."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    command = ["git", "show", "--no-patch", "--format=%cI"]
    date = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    (ROOT / FOLDER).mkdir(exist_ok=True)
    for image in images(ROOT):
        path = FOLDER / f"{image.name}.cdx.json"
        text = json.dumps(document(ROOT, image, version, date.strip()), indent=2)
        (ROOT / path).write_text(f"{text}\n")
        print(path)


def images(root: Path) -> list[Image]:
    """Describe the images that a release publishes."""
    base = re.findall(r"^ARG BASE_IMAGE=(.+)$", (root / "Dockerfile.worker").read_text(), re.M)[0]
    dashboard, worker, torch = (
        installed(parse((root / lock).read_text()), base)
        for lock in ("dashboard/requirements.lock", "worker/requirements.lock", TORCH_LOCK)
    )
    name = "stable-diffusion-live"
    return [
        Image(f"{name}-ui", base, dashboard, has_model=False),
        Image(f"{name}-worker", base, torch + worker, has_model=True),
        Image(f"{name}-worker-cpu", base, (_cpu_torch(root, torch), *worker), has_model=True),
        Image(f"{name}-model", "", (), has_model=True),
    ]


def installed(packages: Iterable[Package], base: str) -> tuple[Package, ...]:
    """Return the packages that are installed on Linux with the base image's Python."""
    python = re.findall(r"/python:(\d+\.\d+\.\d+)", base)[0]
    environment = {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
    }
    return tuple(
        package
        for package in packages
        if not package.marker or Marker(package.marker).evaluate(environment)
    )


def _cpu_torch(root: Path, torch: Iterable[Package]) -> Package:
    """Return PyTorch's build for CPUs; its version alone, as long as it has no lock."""
    if (root / CPU_TORCH_LOCK).exists():
        return parse((root / CPU_TORCH_LOCK).read_text())[0]
    package = next(each for each in torch if each.name == "torch")
    return replace(package, text=package.text.partition(" ")[0])


def document(root: Path, image: Image, version: str, date: str) -> dict[str, Any]:
    """Return an image's CycloneDX document, which is the same for the same commit."""
    others = [_base_image(image.base)] if image.base else []
    if image.has_model:
        others.append(_model(root, version))
    subject = {
        "type": "container",
        "bom-ref": image.name,
        "name": image.name,
        "version": version,
        "licenses": _LICENSE,
    }
    contents = {
        "metadata": {"timestamp": date, "component": subject},
        "components": [*map(_library, image.packages), *others],
        "dependencies": list(_dependencies(image, [each["bom-ref"] for each in others])),
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(contents)).urn,
        "version": 1,
        **contents,
    }


def _library(package: Package) -> Component:
    hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", package.text)
    references = {
        "type": "distribution",
        "url": f"https://pypi.org/project/{package.name}/{_version(package)}/",
        "comment": "each hash is that of one of its files",
        "hashes": [_sha256(each) for each in hashes],
    }
    return {
        "type": "library",
        "bom-ref": _purl(package),
        "name": package.name,
        "version": _version(package),
        "purl": _purl(package),
        "licenses": list(_licenses(package)),
        "externalReferences": [references] if hashes else [],
    }


def _version(package: Package) -> str:
    return package.text.split()[0].partition("==")[2]


def _purl(package: Package) -> str:
    return f"pkg:pypi/{package.name}@{_version(package).replace('+', '%2B')}"


def _licenses(package: Package) -> Iterator[Component]:
    try:
        metadata = importlib.metadata.metadata(package.name)
    except importlib.metadata.PackageNotFoundError:
        return
    if expressions := metadata.get_all("License-Expression"):
        yield {"expression": expressions[0]}
        return
    for text in metadata.get_all("License") or []:
        if "\n" not in text:  # some packages have the whole license there
            yield {"license": {"name": text}}


def _base_image(base: str) -> Component:
    name, tag, digest = re.findall(r"(.+):(.+)@sha256:(.+)", base)[0]
    short = name.rpartition("/")[2]
    return {
        "type": "container",
        "bom-ref": base,
        "name": name,
        "version": tag,
        "purl": f"pkg:oci/{short}@sha256%3A{digest}?repository_url={name}&tag={tag}",
        "hashes": [_sha256(digest)],
    }


def _model(root: Path, version: str) -> Component:
    weights = sorted((root / _MODEL).rglob("*.safetensors"))
    return {
        "type": "machine-learning-model",
        "bom-ref": str(_MODEL),
        "name": str(_MODEL),
        "version": version,
        "licenses": _LICENSE,
        "components": [_file(root, path) for path in weights],
    }


def _file(root: Path, path: Path) -> Component:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"type": "file", "name": str(path.relative_to(root)), "hashes": [_sha256(digest)]}


def _sha256(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}


def _dependencies(image: Image, others: list[str]) -> Iterator[dict[str, Any]]:
    """Derive who requires whom from the comments that name each package's dependents."""
    lists = [each for each in image.packages if any("-r " in name for name in each.dependents)]
    yield {"ref": image.name, "dependsOn": [*map(_purl, lists), *others]}
    for package in image.packages:
        required = [_purl(each) for each in image.packages if package.name in each.dependents]
        yield {"ref": _purl(package), "dependsOn": required}


if __name__ == "__main__":
    main()
