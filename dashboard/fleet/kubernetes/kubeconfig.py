"""Read the kubeconfig, and log in with its user."""

import base64
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from dashboard.fleet.kubernetes.login_plugin import Credential, Plugin, run

if TYPE_CHECKING:  # importing it takes a third of a second, so only the first poll does
    from kubernetes.client import Configuration
    from kubernetes.config.kube_config import ConfigNode

    Renewal = Callable[[Configuration], None]

_RENEW_BEFORE_SECONDS = 30.0
"""Tokens are renewed so long before they expire: clocks differ, and requests take time."""
_CLUSTER_FIELDS = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url")
_PLUGIN_EXTENSION = "client.authentication.k8s.io/exec"


def load_kubeconfig(settings: "Configuration", path: str | None) -> None:
    """Set the server and the credentials of the kubeconfig's current context.

    Args:
        settings: what is set.
        path: one file or several, as in the variable KUBECONFIG; None for the default one.

    Raises:
        FleetError: a login plugin failed.
        kubernetes.config.ConfigException: the file is missing or incomplete.

    """
    from kubernetes.config import ConfigException, kube_config

    merged = kube_config.KubeConfigMerger(path or kube_config.KUBE_CONFIG_DEFAULT_LOCATION).config
    if merged is None:
        raise ConfigException("there is no kubeconfig file")
    renewal = _log_in(merged)
    kube_config.KubeConfigLoader(config_dict=merged).load_and_set(settings)
    if renewal:
        settings.refresh_api_key_hook = renewal  # type: ignore[assignment]  # declared as None


def _log_in(merged: "ConfigNode") -> "Renewal | None":
    """Replace the current user's login plugin by what it prints; return how a token is renewed."""
    user = _user(merged)
    if user is None or "exec" not in user.value or user.value.get("token"):
        return None
    folder = str(Path(user.path).absolute().parent)
    plugin = Plugin(user.value.pop("exec"), folder, _cluster_info(merged))
    credential = run(plugin)
    user.value.update(_user_fields(credential))
    return _renewal(plugin, credential) if credential.token else None


def _context(merged: "ConfigNode") -> "ConfigNode":
    contexts: ConfigNode = merged["contexts"]
    found: ConfigNode = contexts.get_with_name(merged["current-context"])["context"]
    return found


def _user(merged: "ConfigNode") -> Any:
    name = _context(merged).safe_get("user")
    found = merged["users"].get_with_name(name, safe=True) if name else None
    return found["user"] if found and found.value.get("user") else None


def _cluster_info(merged: "ConfigNode") -> dict[str, Any]:
    """Return the fields of the cluster that a plugin receives, by the names of its API."""
    node = merged["clusters"].get_with_name(_context(merged)["cluster"])["cluster"]
    cluster = node.value
    info = {name: cluster[name] for name in _CLUSTER_FIELDS if name in cluster}
    authority = cluster.get("certificate-authority-data")
    if not authority and "certificate-authority" in cluster:
        file = Path(node.path).absolute().parent / cluster["certificate-authority"]
        authority = base64.b64encode(file.read_bytes()).decode()
    if authority:
        info["certificate-authority-data"] = authority
    for extension in cluster.get("extensions") or ():
        if extension.get("name") == _PLUGIN_EXTENSION:
            info["config"] = extension.get("extension")
    return info


def _user_fields(credential: Credential) -> dict[str, str]:
    """Return a credential in the names of a kubeconfig's user."""
    fields = {
        "client-certificate-data": credential.certificate and _encode(credential.certificate),
        "client-key-data": credential.key and _encode(credential.key),
        "token": credential.token,
    }
    return {name: value for name, value in fields.items() if value}


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _renewal(plugin: Plugin, first: Credential) -> "Renewal":
    """Return what the client calls before each request, from several threads."""
    newest, tried_at, lock = first, time.time(), Lock()

    def renew(settings: "Configuration") -> None:
        nonlocal newest, tried_at
        with lock:
            now, expires_at = time.time(), newest.expires_at
            is_due = expires_at is not None and now > expires_at - _RENEW_BEFORE_SECONDS
            # Requests that come meanwhile use the old token, and a plugin may print an expired one.
            if is_due and now - tried_at > _RENEW_BEFORE_SECONDS:
                tried_at = now
                newest = run(plugin)
            settings.api_key["BearerToken"] = f"Bearer {newest.token}"

    return renew
