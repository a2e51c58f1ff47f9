"""`make lint-manifests`: what is an error in a manifest."""

import json
from pathlib import Path

import pytest
import yaml

from tools import check_manifests

PORT = {
    "type": "object",
    "properties": {
        "containerPort": {"type": "integer"},
        "protocol": {"type": "string", "default": "TCP"},
    },
    "required": ["containerPort", "protocol"],
}
POD = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "port": {"$ref": "#/components/schemas/Port"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "anything": {
            "type": "object",
            "properties": {"known": {"type": "string"}},
            "x-kubernetes-preserve-unknown-fields": True,
        },
    },
    "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}],
}
SCALER = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "port": PORT,
    },
}


@pytest.fixture(autouse=True)
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay out schemas as Kubernetes and KEDA publish them, of one small kind each."""
    components = {"components": {"schemas": {"Pod": POD, "Port": PORT}}}
    (tmp_path / "api__v1_openapi.json").write_text(json.dumps(components))
    versions = [{"name": "v1alpha1", "schema": {"openAPIV3Schema": SCALER}}]
    spec = {"group": "keda.sh", "names": {"kind": "Scaler"}, "versions": versions}
    (tmp_path / "keda.yaml").write_text(yaml.safe_dump({"spec": spec}))
    monkeypatch.setattr(check_manifests, "KUBERNETES_SCHEMAS", tmp_path)
    monkeypatch.setattr(check_manifests, "KEDA_RESOURCES", tmp_path / "keda.yaml")
    for cached in ("schema_of", "_components", "_keda_schemas"):
        getattr(check_manifests, cached).cache_clear()


def errors(api_version: str, kind: str, **fields: object) -> list[str]:
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "name"}, **fields}
    return list(check_manifests.find_errors(manifest))


@pytest.mark.parametrize(("api_version", "kind"), [("v1", "Pod"), ("keda.sh/v1alpha1", "Scaler")])
def test_unknown_fields_and_wrong_types_are_errors(api_version: str, kind: str) -> None:
    """A misspelt field is found at any depth, in Kubernetes' kinds and in KEDA's."""
    assert not errors(api_version, kind, port={"containerPort": 1})
    assert errors(api_version, kind, prot={})
    assert errors(api_version, kind, port={"containerPort": 1, "protocl": "TCP"})
    assert errors(api_version, kind, port={"containerPort": "1"})
    assert errors(api_version, kind, port={"protocol": "TCP"})


def test_open_objects_take_any_field() -> None:
    """Labels, and objects whose fields the API server does not know, hold what they like."""
    assert not errors("v1", "Pod", labels={"any": "name"}, anything={"any": "field"})


@pytest.mark.parametrize("api_version", ["v1", "v2", "keda.sh/v1", "other.example/v1"])
def test_kinds_without_a_schema_are_errors(api_version: str) -> None:
    """A kind that is misspelt, or of a wrong version, is not skipped."""
    assert "no such kind" in errors(api_version, "Scaledthing")[0]
