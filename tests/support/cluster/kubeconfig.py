"""Write kubeconfig files, as JSON, which is YAML too."""

import json
from pathlib import Path

from tests.support.cluster.certificates import Certificates


def write_administrator(path: Path, server: str, certificates: Certificates) -> Path:
    """Write a kubeconfig of the administrator."""
    user = {
        "client-certificate": str(certificates.certificate("administrator")),
        "client-key": str(certificates.key("administrator")),
    }
    return _write(path, server, certificates, user)


def write_bearer(path: Path, server: str, certificates: Certificates, token: str) -> Path:
    """Write a kubeconfig with a bearer token."""
    return _write(path, server, certificates, {"token": token})


def _write(path: Path, server: str, certificates: Certificates, user: dict) -> Path:
    cluster = {"server": server, "certificate-authority": str(certificates.authority)}
    name = "tests"
    configuration = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    path.write_text(json.dumps(configuration))
    return path
