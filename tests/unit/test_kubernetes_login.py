"""Login plugins of a kubeconfig: what they print, how they fail, and how long they may take."""

import base64
import json
import os
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from core.errors import FleetError
from dashboard.fleet.kubernetes import connection, kubeconfig
from dashboard.fleet.kubernetes.client import connect
from dashboard.fleet.kubernetes.connection import Connection
from dashboard.fleet.kubernetes.login_plugin import Plugin, run
from tests.support.conditions import wait_until
from tests.support.kubernetes_objects import kubeconfig as kubeconfig_text

API = "client.authentication.k8s.io/v1"


def credential(version=API, **status):
    """Return what a plugin prints."""
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Write a plugin of these lines of shell, and a kubeconfig that runs it; return its path."""

    def write(*lines, **settings):
        script = tmp_path / "cloud-login"
        script.write_text("\n".join(("#!/bin/sh", *lines)))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        config = yaml.safe_load(kubeconfig_text("https://127.0.0.1:1"))
        command = {"apiVersion": API, "command": "./cloud-login", "args": ["get-token"]}
        config["users"][0]["user"] = {"exec": command | settings}
        file = tmp_path / "kubeconfig"
        file.write_text(yaml.safe_dump(config))
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
        monkeypatch.setenv("KUBECONFIG", str(file))
        return script

    return write


def test_token_of_a_plugin_is_used(plugin):
    """The plugin gets its arguments and variables, and its token is sent with each request."""
    text = credential(token="$1-$NAME")
    plugin(f"cat <<END\n{text}\nEND", env=[{"name": "NAME", "value": "alice"}])
    assert (
        connect(1).configuration.get_api_key_with_prefix("BearerToken") == "Bearer get-token-alice"
    )


def test_certificate_of_a_plugin_is_used(plugin):
    """A plugin may print a certificate and its key in place of a token."""
    text = credential(clientCertificateData="CERT", clientKeyData="KEY")
    plugin(f"cat <<'END'\n{text}\nEND")
    configuration = connect(1).configuration
    assert Path(configuration.cert_file).read_text() == "CERT"
    assert configuration.refresh_api_key_hook is None


def test_plugin_learns_the_cluster_if_it_asks(plugin, tmp_path):
    """With provideClusterInfo the plugin gets the server; without it, it does not."""
    seen = tmp_path / "seen"
    lines = (f'printf %s "$KUBERNETES_EXEC_INFO" > {seen}', f"echo '{credential(token='t')}'")
    plugin(*lines, provideClusterInfo=True)
    connect(1)
    info = json.loads(seen.read_text())
    assert (info["apiVersion"], info["spec"]["cluster"]["server"]) == (API, "https://127.0.0.1:1")
    plugin(*lines)
    connect(1)
    assert json.loads(seen.read_text())["spec"] == {"interactive": False}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        pytest.param(
            ["echo 'Your session has expired.' >&2; echo 'Run aws sso login.' >&2; exit 255"],
            "failed with exit code 255: Your session has expired. Run aws sso login.",
            id="its own words",
        ),
        pytest.param(["exit 3"], "failed with exit code 3.", id="no words"),
        pytest.param(
            ["echo 'Please log in first'"],
            "printed no ExecCredential: Please log in first",
            id="no JSON",
        ),
        pytest.param(["echo eyJhbGciOi"], "printed no ExecCredential.", id="perhaps a token"),
        pytest.param(["echo '[]'"], "printed no ExecCredential", id="other JSON"),
        pytest.param(["true"], "printed no ExecCredential.", id="nothing"),
        pytest.param(
            [f"echo '{credential()}'"],
            "printed neither a token nor a certificate with its key.",
            id="no credential",
        ),
        pytest.param(
            [f"echo '{credential(clientCertificateData='c')}'"],
            "printed neither a token nor a certificate with its key.",
            id="no key",
        ),
        pytest.param(
            [f"echo '{credential('client.authentication.k8s.io/v1alpha1', token='t')}'"],
            f"speaks client.authentication.k8s.io/v1alpha1, the kubeconfig expects {API}.",
            id="another version",
        ),
        pytest.param(
            [f"echo '{credential(token='t', expirationTimestamp='soon')}'"],
            "printed no valid time of expiry: soon.",
            id="expiry",
        ),
    ],
)
def test_failure_of_a_plugin_has_its_own_words(plugin, lines, sentence):
    """Nothing is requested without credentials: the page has what the plugin printed."""
    plugin(*lines)
    with pytest.raises(FleetError) as failure:
        connect(1)
    expected = f"The kubeconfig's login plugin cloud-login {sentence}"
    assert str(failure.value).startswith(expected)


def test_missing_plugin_is_named_with_its_hint(plugin):
    """The kubeconfig's hint how to install the plugin is shown."""
    plugin("true").unlink()
    with pytest.raises(
        FleetError, match=r"cloud-login cannot be run \(No such file or directory\)"
    ):
        connect(1)
    hint = "Install it:\n  brew install cloud-login"
    plugin("true", installHint=hint).unlink()
    with pytest.raises(FleetError, match="Install it: brew install cloud-login"):
        connect(1)


def test_plugin_that_hangs_is_stopped(plugin, tmp_path):
    """A plugin and what it started end after the time limit, with the words printed so far."""
    script = plugin(
        "echo 'Open https://login.example' >&2", f"sleep 600 & echo $! > {tmp_path}/pid", "wait"
    )
    with pytest.raises(
        FleetError, match=r"did not end within 1 s and was stopped: Open https://login"
    ):
        run(Plugin({"command": str(script), "apiVersion": API}, str(tmp_path)), timeout=1)
    child = int((tmp_path / "pid").read_text())
    wait_until(lambda: not _runs(child), what="the plugin's child ends")


def test_process_that_a_plugin_leaves_behind_delays_nothing(plugin, tmp_path):
    """A helper that keeps the plugin's output open, as login caches do, is not waited for."""
    text = credential(token="t")
    script = plugin(f"sleep 30 & echo $! > {tmp_path}/pid", f"echo '{text}'")
    began_at = time.monotonic()
    assert run(Plugin({"command": str(script), "apiVersion": API}, str(tmp_path))).token == "t"
    assert time.monotonic() - began_at < 15
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_expired_token_is_renewed(plugin, monkeypatch, tmp_path):
    """A token is renewed before it expires, at most twice a minute, and is kept otherwise."""
    expires = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    count = f"n=$(cat {tmp_path}/n 2>/dev/null || echo 0); n=$((n + 1)); echo $n > {tmp_path}/n"
    text = credential(token="token-$n", expirationTimestamp=expires)
    plugin(count, f"cat <<END\n{text}\nEND")
    configuration = connect(1).configuration

    def token():
        return configuration.get_api_key_with_prefix("BearerToken")

    now = time.time()
    assert (token(), token()) == ("Bearer token-1", "Bearer token-1")
    monkeypatch.setattr(kubeconfig.time, "time", lambda: now + 40)
    assert (token(), token()) == ("Bearer token-2", "Bearer token-2")


def test_slow_login_delays_no_poll(plugin):
    """A poll waits its own time for a login, which goes on, and is not begun a second time."""
    plugin("sleep 3", f"echo '{credential(token='t')}'")
    login = Connection(1)
    with pytest.raises(FleetError, match=r"Logging in to the cluster has taken \d s\."):
        login.api(timeout=0.1)
    assert login.api(timeout=60) is login.api(timeout=0)


def test_closed_connection_leaves_no_thread(plugin):
    """A thread that waits for further logins would keep a process from ending."""
    plugin(f"echo '{credential(token='t')}'")
    before = set(threading.enumerate())
    login = Connection(1)
    assert login.api(timeout=60)
    [thread] = set(threading.enumerate()) - before
    login.close()
    wait_until(lambda: not thread.is_alive(), what="the end of the thread")


def test_failed_login_is_tried_again_after_a_pause(plugin, monkeypatch):
    """The sentence stays, and the plugin is not run at each poll."""
    plugin("exit 3")
    login = Connection(1)
    for _ in range(2):
        with pytest.raises(FleetError, match="exit code 3"):
            login.api(timeout=60)
    plugin(f"echo '{credential(token='t')}'")
    with pytest.raises(FleetError, match="exit code 3"):
        login.api(timeout=60)
    monkeypatch.setattr(connection, "_RECONNECT_AFTER_SECONDS", 0)
    assert login.api(timeout=60)


def test_client_certificate_of_the_kubeconfig_needs_no_plugin(tmp_path, monkeypatch):
    """A kubeconfig with keys of its own is read as before."""
    config = yaml.safe_load(kubeconfig_text("https://127.0.0.1:1"))
    data = base64.b64encode(b"CERT").decode()
    config["users"][0]["user"] = {"client-certificate-data": data, "client-key-data": data}
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    assert Path(connect(1).configuration.cert_file).read_text() == "CERT"


def _runs(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
