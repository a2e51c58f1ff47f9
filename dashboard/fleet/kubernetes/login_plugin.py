"""Run a kubeconfig's login plugin (``users[].user.exec``), which prints a token or a certificate.

The kubernetes package runs it without a time limit, and connects without credentials if it fails.

Sources:
    The API client.authentication.k8s.io/v1 (ExecCredential), and client-go's exec plugin.
"""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from core.errors import FleetError

TIMEOUT_SECONDS = 15.0
_MAX_OUTPUT_BYTES = 1_000_000
_MAX_WORDS_LENGTH = 300


class PluginFailed(FleetError):
    """A login plugin is missing, failed, or printed no credential."""


@dataclass(frozen=True)
class Plugin:
    """A login plugin as the kubeconfig describes it."""

    settings: Mapping[str, Any]
    """The kubeconfig's ``exec``."""
    folder: str
    """That of the kubeconfig, from which a relative command is looked up."""
    cluster: Mapping[str, Any] = field(default_factory=dict)
    """The kubeconfig's cluster, for plugins with ``provideClusterInfo``."""

    @property
    def name(self) -> str:
        """Return its command's name, for sentences."""
        return Path(str(self.settings.get("command"))).name


@dataclass(frozen=True)
class Credential:
    """What a plugin printed."""

    token: str | None
    certificate: str | None
    key: str | None
    expires_at: float | None
    """Unix seconds; None if it does not expire."""


def run(plugin: Plugin, timeout: float = TIMEOUT_SECONDS) -> Credential:
    """Run a plugin for at most ``timeout`` seconds. Raises PluginFailed with the plugin's words."""
    output, errors = _output(plugin, timeout)
    try:
        answer = json.loads(output)
        status = answer.get("status") or {}
    except (ValueError, AttributeError):
        words = errors or (output if " " in output.strip() else "")  # one word may be a token
        raise _failure(plugin, "printed no ExecCredential", words) from None
    expected = plugin.settings.get("apiVersion")
    if answer.get("apiVersion") != expected:
        stated = f"speaks {answer.get('apiVersion')}, the kubeconfig expects {expected}"
        raise _failure(plugin, stated, errors)
    return _credential(plugin, status, errors)


def _credential(plugin: Plugin, status: Mapping[str, Any], errors: str) -> Credential:
    certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
    if not status.get("token") and not (certificate and key):
        raise _failure(plugin, "printed neither a token nor a certificate with its key", errors)
    expires = status.get("expirationTimestamp")
    try:
        expires_at = datetime.fromisoformat(expires).timestamp() if expires else None
    except ValueError:
        raise _failure(plugin, f"printed no valid time of expiry: {expires}", errors) from None
    return Credential(status.get("token"), certificate, key, expires_at)


def _output(plugin: Plugin, timeout: float) -> tuple[str, str]:
    """Return the standard output and error of a plugin that ended well."""
    # Files, not pipes: a process that the plugin leaves behind would keep a pipe open for ever.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        code = _wait(plugin, timeout, output, errors)
        texts = _text(output), _text(errors)
    if code is None:
        raise _failure(plugin, f"did not end within {timeout:g} s and was stopped", texts[1])
    if code:
        raise _failure(plugin, f"failed with exit code {code}", texts[1] or texts[0])
    return texts


def _wait(plugin: Plugin, timeout: float, output: IO[bytes], errors: IO[bytes]) -> int | None:
    """Run a plugin; return its exit code, or None if it was stopped after the timeout."""
    try:
        process = subprocess.Popen(
            [_command(plugin), *map(str, plugin.settings.get("args") or ())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=_environment(plugin),
            start_new_session=True,
        )
    except OSError as error:
        hint = " ".join(str(plugin.settings.get("installHint") or "").split())
        raise _failure(plugin, f"cannot be run ({error.strerror})", hint) from None
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def _command(plugin: Plugin) -> str:
    command = str(plugin.settings.get("command"))
    return str(Path(plugin.folder) / command) if os.sep in command else command


def _environment(plugin: Plugin) -> dict[str, str]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.settings.get("provideClusterInfo"):
        spec["cluster"] = dict(plugin.cluster)
    info = {"apiVersion": plugin.settings.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
    own = {item["name"]: str(item["value"]) for item in plugin.settings.get("env") or ()}
    return os.environ | own | {"KUBERNETES_EXEC_INFO": json.dumps(info)}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_MAX_OUTPUT_BYTES).decode(errors="replace")


def _failure(plugin: Plugin, what: str, words: str) -> PluginFailed:
    plain = " ".join(words.split())[:_MAX_WORDS_LENGTH]
    return PluginFailed(
        f"The kubeconfig's login plugin {plugin.name} {what}{f': {plain}' if plain else '.'}"
    )
