"""Dockerfiles and the scripts that build them: what can be held without a container engine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "k8s" / "scripts"
PYTHON_IMAGES = ("ui", "worker")
KINDS = (*PYTHON_IMAGES, "model")


def dockerfile(kind: str) -> str:
    return (ROOT / f"Dockerfile.{kind}").read_text()


def last_stage(kind: str) -> str:
    return re.split(r"^FROM .*\n", dockerfile(kind), flags=re.M)[-1]


def test_base_image_is_one_digest() -> None:
    """A tag can be moved to other contents; a digest cannot. Both images have the same base."""
    bases = {
        re.findall(r"^ARG BASE_IMAGE=(.+)$", dockerfile(kind), re.M)[0] for kind in PYTHON_IMAGES
    }
    (base,) = bases
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    for kind in PYTHON_IMAGES:
        assert set(re.findall(r"^FROM (\S+)", dockerfile(kind), re.M)) == {"${BASE_IMAGE}"}


@pytest.mark.parametrize("kind", PYTHON_IMAGES)
def test_only_locked_packages_are_installed(kind: str) -> None:
    """Packages come through tools/install.py, which checks hashes, and in stages that are left."""
    runs = re.findall(r"^RUN (.+install\.py.*)", dockerfile(kind), re.M)
    assert runs
    assert all(run.startswith("PIP_TARGET=/opt/") for run in runs)
    assert "pip install" not in dockerfile(kind)
    assert "tools/install.py" not in last_stage(kind)
    assert "pip uninstall" in last_stage(kind)


@pytest.mark.parametrize("kind", PYTHON_IMAGES)
def test_user_is_no_root(kind: str) -> None:
    """Kubernetes can see that the user is not root: its id is a number. The group 0 may write."""
    assert re.findall(r"^USER (.*)", last_stage(kind), re.M) == ["10001"]
    assert "--owner=10001 --group=0 --mode=0775" in last_stage(kind)


@pytest.mark.parametrize("kind", PYTHON_IMAGES)
def test_what_is_copied_is_sent_to_the_builder(kind: str) -> None:
    """.dockerignore lets through every file that a Dockerfile copies."""
    allowed = [
        line.removeprefix("!").rstrip("/")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    text = dockerfile(kind).replace("${MODEL}", "models/demo")
    copied = re.findall(r"^COPY (?!--from)(\S+) ", text, re.M)
    assert copied
    for source in copied:
        assert list(ROOT.glob(source)), f"{source} does not exist"
        assert any(Path(source).is_relative_to(each) for each in allowed), source


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Return a folder with programs `docker` and `k3d` that write their arguments into `calls`."""
    for name in ("docker", "k3d"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n')
        program.chmod(0o755)
    return tmp_path


def run(
    folder: Path, script: Path, *kinds: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", **variables}
    return subprocess.run(
        [script, *kinds], env=environment, capture_output=True, text=True, check=False
    )


def built(folder: Path, **variables: str) -> dict[str, str]:
    """Return the command line of each image's build, by the image's name and tag."""
    done = run(folder, SCRIPTS / "build-image.sh", *KINDS, **variables)
    assert done.returncode == 0, done.stderr
    lines = (folder / "calls").read_text().splitlines()
    builds = [line for line in lines if line.startswith("build ")]
    return {re.findall(r"--tag \S+/stable-diffusion-live-(\S+)", line)[0]: line for line in builds}


def test_images_have_the_names_that_are_deployed(recorded: Path) -> None:
    """`make images` builds what k8s/settings deploys; the build for CPUs has a tag of its own."""
    version = re.findall(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)[0]
    names = built(recorded, TORCH="")
    assert list(names) == [f"ui:{version}", f"worker:{version}", f"model:{version}"]
    assert "--build-arg TORCH= " in names[f"worker:{version}"]
    for variables in ({"TORCH": "cpu"}, {"GPU": "", "TORCH": ""}):
        (recorded / "calls").unlink()
        names = built(recorded, **variables)
        assert "--build-arg TORCH=cpu " in names[f"worker:{version}-cpu"]


@pytest.mark.parametrize("password", ["secret", "p@ss:word"])
def test_labels_name_version_and_commit(recorded: Path, password: str) -> None:
    """An image names its version and commit, and no password that git's address holds."""
    for kind in KINDS:
        assert "org.opencontainers.image.title=" in last_stage(kind)
    origin = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "remote.origin.url"}
    address = f"https://me:{password}@example.com/live@1.git"
    builds = built(recorded, **origin, GIT_CONFIG_VALUE_0=address)
    for line in builds.values():
        labels = dict(re.findall(r"--label org\.opencontainers\.image\.(\w+)=(\S+)", line))
        assert labels["version"] == re.findall(r"--tag \S+:(\S+)", line)[0]
        assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", labels["revision"])
        assert re.match(r"\d{4}-\d\d-\d\dT", labels["created"])
        assert labels["source"] == "https://example.com/live@1.git"


def test_images_without_a_registry_are_not_pushed(recorded: Path) -> None:
    """Until k8s/settings names a registry, nothing is sent to an address that nobody owns."""
    copy = shutil.copytree(ROOT / "k8s", recorded / "k8s")
    settings = copy / "settings" / "kustomization.yaml"
    settings.write_text(re.sub(r"ghcr\.io/[^/]+/", "ghcr.io/owner.invalid/", settings.read_text()))
    done = run(recorded, copy / "scripts" / "push-image.sh", "ui")
    assert done.returncode == 1
    assert "set newName in k8s/settings/kustomization.yaml" in done.stderr
    assert "push" not in (recorded / "calls").read_text()


def test_folder_without_a_model_is_refused(recorded: Path) -> None:
    """A wrong MODEL is found before gigabytes are built."""
    done = run(recorded, SCRIPTS / "build-image.sh", "model", MODEL="docs")
    assert done.returncode == 1
    assert "MODEL=docs has no model_index.json" in done.stderr
    assert "build" not in (recorded / "calls").read_text()


def test_built_images_are_imported_into_the_named_cluster(recorded: Path) -> None:
    """`make import` brings each image that is built into the k3d cluster of CLUSTER_NAME."""
    done = run(recorded, SCRIPTS / "import.sh", CLUSTER_NAME="mine")
    assert done.returncode == 0, done.stderr
    lines = (recorded / "calls").read_text().splitlines()
    (imported,) = [line for line in lines if line.startswith("image import ")]
    kinds = re.findall(r"/stable-diffusion-live-(\w+):[\d.]+(\S*) ", imported)
    assert kinds == [("ui", ""), ("worker", ""), ("worker", "-cpu")]
    assert imported.endswith(" --cluster mine")
