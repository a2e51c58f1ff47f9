"""The overlays and patches that docs/ shows."""

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from tests.unit.test_manifests import K8S, Manifest, composed, rendered

DOCS = K8S.parent / "docs"
_BLOCK = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.MULTILINE)
_PATCHED = ("rabbitmq", "gpu", "model-volume", "network-policies", "scaledobject")
"""Components with what the patches change."""


def _blocks(start: str) -> list[pytest.param]:
    """Return the code blocks of all pages that begin so, each with its page."""
    blocks = [
        (page.stem, textwrap.dedent(block).strip())
        for page in sorted(DOCS.glob("*.md"))
        for block in _BLOCK.findall(page.read_text())
    ]
    found = [pytest.param(text, id=name) for name, text in blocks if text.startswith(start)]
    assert found, start
    return found


def _rendered(folder: Path, text: str) -> tuple[Manifest, ...]:
    here = Path(*[".."] * len(folder.resolve().relative_to("/").parts), *K8S.parts[1:])
    (folder / "kustomization.yaml").write_text(text.replace("../../..", str(here)))
    return rendered(folder)


@pytest.mark.parametrize(
    "overlay", _blocks("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization")
)
def test_overlays_that_pages_show_render(overlay: str, tmp_path: Path) -> None:
    """Each overlay that a page tells to write renders, without a warning."""
    kinds = {each["kind"] for each in _rendered(tmp_path, overlay)}
    assert {"Namespace", "Deployment", "PodTemplate"} <= kinds


@pytest.mark.parametrize("patch", _blocks("patches:"))
def test_patches_that_pages_show_change_something(patch: str, tmp_path: Path) -> None:
    """Each patch that a page shows fits to a component, and changes its objects."""
    base, patched = tmp_path / "base", tmp_path / "patched"
    base.mkdir()
    patched.mkdir()
    before = composed(base, *_PATCHED)
    kustomization = {"resources": ["../base"]} | yaml.safe_load(patch)
    (patched / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    assert rendered(patched) != before
