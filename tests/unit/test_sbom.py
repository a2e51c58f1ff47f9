"""`make sbom`: what each image contains, as CycloneDX."""

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools import sbom

IMAGES = {
    image.name.removeprefix("stable-diffusion-live-"): image for image in sbom.images(sbom.ROOT)
}


def document(name: str) -> dict[str, Any]:
    return sbom.document(sbom.ROOT, IMAGES[name], "0.2.0", "2026-11-29T12:00:00+00:00")


def components(name: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in document(name)["components"]}


@pytest.mark.parametrize("name", IMAGES)
def test_document_fits_the_schema(name: str) -> None:
    """Scanners and registries can read the file: CycloneDX's own schema accepts it."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(document(name))) is None


@pytest.mark.parametrize("name", IMAGES)
def test_dependencies_name_components(name: str) -> None:
    """Every component is reached from the image, so a scanner can say through what it came."""
    found = document(name)
    graph = {each["ref"]: each["dependsOn"] for each in found["dependencies"]}
    reached: set[str] = set()
    waiting = list(graph[found["metadata"]["component"]["bom-ref"]])
    while waiting:
        if (reference := waiting.pop()) not in reached:
            reached.add(reference)
            waiting.extend(graph.get(reference, []))
    assert reached == {each["bom-ref"] for each in found["components"]}


def test_packages_are_those_of_the_image() -> None:
    """Nothing is listed that the image lacks: no CUDA on CPUs, no Windows, no other image's."""
    worker, cpu, ui = components("worker"), components("worker-cpu"), components("ui")
    assert {"torch", "triton", "nvidia-cudnn-cu13", "diffusers"} <= worker.keys()
    assert "torch" in cpu
    assert not [name for name in cpu if name.startswith(("nvidia-c", "cuda-", "triton"))]
    assert "streamlit" in ui
    assert not {"torch", "diffusers", "colorama", "models/demo"} & ui.keys()
    assert "streamlit" not in worker


def test_packages_have_hash_and_license() -> None:
    """A package's files can be verified, and its license is known."""
    package = components("ui")["streamlit"]
    (reference,) = package["externalReferences"]
    assert {each["alg"] for each in reference["hashes"]} == {"SHA-256"}
    assert package["licenses"]
    assert package["purl"] == f"pkg:pypi/streamlit@{package['version']}"


def test_base_image_and_weights_have_their_digests() -> None:
    """What no lock names is named too: the base image and the files of the bundled model."""
    worker = components("worker")
    (digest,) = worker["docker.io/library/python"]["hashes"]
    assert f"@sha256:{digest['content']}" in IMAGES["worker"].base
    files = worker["models/demo"]["components"]
    assert "models/demo/unet/diffusion_pytorch_model.safetensors" in [
        each["name"] for each in files
    ]


def test_same_commit_gives_the_same_file() -> None:
    """Two builds of a commit can be compared."""
    assert document("ui") == document("ui")
