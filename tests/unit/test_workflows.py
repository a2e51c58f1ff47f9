"""GitHub's workflows: what they may do, and that they agree with the files that they use."""

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


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_commands_of_make_exist(path: Path) -> None:
    """A workflow calls what people call, and no target that was renamed."""
    for target in re.findall(r"run: make ([a-z-]+)", path.read_text()):
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)
