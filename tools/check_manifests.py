"""Check every overlay of k8s/ against the schemas of Kubernetes and KEDA.

The schemas are those that the API server publishes and those of KEDA's custom resources; `.ci/run`
keeps them in the cache, for the versions that the tests run. A field that they do not have
is an error, as it is for the API server.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

Manifest = dict[str, Any]
Schema = dict[str, Any]

OVERLAYS = Path(__file__).parents[1] / "k8s" / "overlays"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stable-diffusion-live"
KUBERNETES_SCHEMAS = CACHE / "kubernetes-schemas"
KEDA_RESOURCES = CACHE / "keda-crds.yaml"


def main() -> None:
    """Print each error of each overlay, and fail if there is one."""
    kubectl = shutil.which("kubectl", path=f"{CACHE / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if not kubectl or not KUBERNETES_SCHEMAS.exists() or not KEDA_RESOURCES.exists():
        _skip("kubectl and the schemas are needed, which .ci/run builds")
    folders = sorted(path.parent for path in OVERLAYS.glob("*/*/kustomization.yaml"))
    with ThreadPoolExecutor() as executor:
        rendered = executor.map(lambda folder: render(str(kubectl), folder), folders)
        overlays = dict(zip(folders, rendered, strict=True))
    errors = [
        f"{folder.relative_to(OVERLAYS)}: {error}"
        for folder, manifests in overlays.items()
        for manifest in manifests
        for error in find_errors(manifest)
    ]
    sys.exit("\n".join(errors) or None)


def render(kubectl: str, folder: Path) -> list[Manifest]:
    """Render an overlay."""
    done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{folder}: {done.stderr.decode()}")
    return list(yaml.load_all(done.stdout, yaml.CSafeLoader))


def find_errors(manifest: Manifest) -> Iterator[str]:
    """Find what the schema of a manifest's kind does not allow."""
    name = f"{manifest['kind']}/{manifest['metadata']['name']}"
    schema = schema_of(manifest["apiVersion"], manifest["kind"])
    if schema is None:
        yield f"{name}: {manifest['apiVersion']} has no such kind"
        return
    for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest):
        yield f"{name}: {error.json_path}: {error.message}"


@cache
def schema_of(api_version: str, kind: str) -> Schema | None:
    """Return the schema of a kind of Kubernetes or KEDA; None for any other kind."""
    group, _, version = api_version.rpartition("/")
    file = KUBERNETES_SCHEMAS / f"api{f's__{group}' if group else ''}__{version}_openapi.json"
    if not file.exists():
        return _keda_schemas().get((api_version, kind))
    components = _components(file)
    key = {"group": group, "version": version, "kind": kind}
    for name, schema in components["schemas"].items():
        if key in schema.get("x-kubernetes-group-version-kind", []):
            return {"$ref": f"#/components/schemas/{name}", "components": components}
    return None


@cache
def _components(file: Path) -> Schema:
    components: Schema = strict(json.loads(file.read_text())["components"])
    return components


@cache
def _keda_schemas() -> dict[tuple[str, str], Schema]:
    definitions = yaml.load_all(KEDA_RESOURCES.read_text(), yaml.CSafeLoader)
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): strict(
            version["schema"]["openAPIV3Schema"]
        )
        for spec in (definition["spec"] for definition in definitions)
        for version in spec["versions"]
    }


def strict(schema: Any) -> Any:
    """Return a schema as the API server applies it to a manifest.

    An object has no other fields than those that are named, and a field with a default may be
    left out even where it is required.
    """
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: strict(value) for key, value in schema.items()}
    properties = schema.get("properties")
    if not isinstance(properties, dict) or "type" not in schema:
        return inner
    is_open = schema.get("x-kubernetes-preserve-unknown-fields", False)
    required = [name for name in schema.get("required", []) if "default" not in properties[name]]
    return {"additionalProperties": is_open} | inner | {"required": required}


def _skip(reason: str) -> None:
    required = os.environ.get("REQUIRE_SERVERS") == "1"
    print(f"The manifests were not checked: {reason}.", file=sys.stderr)
    sys.exit(1 if required else 0)


if __name__ == "__main__":
    main()
