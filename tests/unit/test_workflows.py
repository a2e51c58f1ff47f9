"""GitHub's workflows: what they may do, and that they agree with the files that they use."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def workflow(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())


def using(action: str, *jobs: dict[str, Any]) -> list[dict[str, Any]]:
    steps = [step for job in jobs for step in job.get("steps", [])]
    return [step for step in steps if step.get("uses", "").startswith(f"{action}@")]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_commits(path: Path) -> None:
    """A tag of an action can be moved to other code; a commit cannot. The version is beside it."""
    for uses in re.findall(r"uses: (.+)", path.read_text()):
        assert uses.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", uses), uses


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_jobs_have_only_the_rights_that_they_name(path: Path) -> None:
    """A workflow has no rights; each job names its own, and none keeps git's credentials."""
    contents = yaml.safe_load(path.read_text())
    assert contents["permissions"] == {}
    for name, job in contents["jobs"].items():
        assert job["permissions"], name
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_checks_write_nothing() -> None:
    """What a pull request runs has no right to write, whatever its code does."""
    rights = [job["permissions"] for job in workflow("ci")["jobs"].values()]
    assert rights == [{"contents": "read"}] * len(rights)


def test_release_publishes_the_images_that_are_deployed() -> None:
    """Each image that k8s/settings deploys is built by the release, with the same suffix."""
    settings = (ROOT / "k8s/settings/kustomization.yaml").read_text()
    deployed = re.findall(r"/stable-diffusion-live-([a-z]+)\n +newTag: [\d.]+(\S*)", settings)
    matrix = workflow("release")["jobs"]["images"]["strategy"]["matrix"]["include"]
    assert {(each["kind"], each.get("suffix", "")) for each in matrix} == set(deployed)
    for each in matrix:
        assert (ROOT / f"Dockerfile.{each['kind']}").exists()
        assert (each.get("torch") == "cpu") == (each.get("suffix") == "-cpu")


def needed(name: str) -> set[str]:
    """Return the jobs of a release that have succeeded before one of them starts."""
    needs = workflow("release")["jobs"][name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*map(needed, direct))


@pytest.mark.parametrize("name", ["images", "chart", "release"])
def test_nothing_is_published_before_what_it_needs(name: str) -> None:
    """Checks come before images, and images before the chart that deploys them."""
    order = ["checks", "images", "chart", "release"]
    assert needed(name) >= set(order[: order.index(name)])


def test_release_has_the_files_that_its_jobs_made_for_it() -> None:
    """Of all artifacts, records of builds of images included, only those are published."""
    jobs = workflow("release")["jobs"]
    made = {step["with"]["name"] for step in using("actions/upload-artifact", *jobs.values())}
    (published,) = using("actions/download-artifact", jobs["release"])
    assert set(re.findall(r"\w+", published["with"]["pattern"])) == made


def run_step(folder: Path, job: str, step_id: str, **variables: str) -> int:
    """Run a step of the release with the programs of a folder, as GitHub does; return its status.

    Without a shell of its own GitHub uses `bash -e`, and `bash` adds pipefail.
    """
    release = workflow("release")
    (step,) = [each for each in release["jobs"][job]["steps"] if each.get("id") == step_id]
    is_bash = release.get("defaults", {}).get("run", {}).get("shell") == "bash"
    command = ["bash", *(["-eo", "pipefail"] if is_bash else ["-e"]), "-c", step["run"]]
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GITHUB_OUTPUT": str(folder / "output"), **variables}
    (folder / "dist").mkdir(exist_ok=True)
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


@pytest.mark.parametrize("status", [0, 1])
def test_chart_that_is_not_pushed_is_not_signed(status: int, tmp_path: Path) -> None:
    """The step that pushes the chart fails if Helm does, and otherwise has the chart's digest."""
    helm = tmp_path / "helm"
    helm.write_text(f"#!/bin/sh\necho Digest: sha256:1 >&2\nexit {status}\n")
    helm.chmod(0o755)
    assert run_step(tmp_path, "chart", "push", REGISTRY="registry.test") == status
    if status == 0:
        assert (tmp_path / "output").read_text() == "digest=sha256:1\n"


def test_chart_is_packed_by_the_helm_of_the_tests(tmp_path: Path) -> None:
    """The release installs the version of Helm that .ci/run builds for the tests."""
    (tmp_path / ".ci").symlink_to(ROOT / ".ci")
    assert run_step(tmp_path, "chart", "helm") == 0
    assert re.fullmatch(r"version=v4\.\d+\.\d+\n", (tmp_path / "output").read_text())
    (installed,) = using("azure/setup-helm", workflow("release")["jobs"]["chart"])
    assert installed["with"]["version"] == "${{ steps.helm.outputs.version }}"


def test_site_is_renewed_by_every_change() -> None:
    """Pages link to files of any folder, which are part of the site: no list of paths has all."""
    triggers = workflow("docs")[True]  # the key `on`, which YAML 1.1 reads as a boolean
    assert triggers["push"] == {"branches": ["main"]}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_commands_of_make_exist(path: Path) -> None:
    """A workflow calls what people call, and no target that was renamed."""
    for target in re.findall(r"run: make ([a-z-]+)", path.read_text()):
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)
