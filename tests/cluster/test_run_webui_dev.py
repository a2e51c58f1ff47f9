"""`make run-webui-dev`: the dashboard on a laptop, with the queue and the store of a cluster.

Everything is real but the port-forwards, which need a kubelet.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.cluster.credentials import services_of
from tests.support.cluster.deployed import Deployed
from tests.support.conditions import HANG_TIMEOUT, free_port, need_program, wait_until
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer

_SCRIPT = Path(__file__).parents[2] / "k8s" / "scripts" / "run-webui-dev.sh"
_KUBECTL = Path(__file__).parents[1] / "support" / "cluster" / "forwarding_kubectl.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder for the PATH whose kubectl forwards ports without a kubelet."""
    need_program("socat", "apt-get install socat")
    (tmp_path / "kubectl").symlink_to(_KUBECTL)
    return tmp_path


@pytest.fixture
def environment(
    deployed: Deployed, rabbitmq: RabbitServer, minio_server: MinioServer, programs: Path
) -> dict[str, str]:
    """Return the environment of a shell with a cluster, but without its servers' settings."""
    services = services_of(rabbitmq, minio_server).items()
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "VENV": sys.prefix,
        "KUBECONFIG": str(deployed.cluster.control_plane.kubeconfig),
        "KUBECTL": need_program("kubectl", ".ci/run builds it"),
        "SERVICES": "\n".join(f"{name} {address}" for name, address in services),
        "DATA_DIR": str(programs / "data"),
        "PORT": str(free_port()),
    }


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen]:
    """Run the script as make does, in a process group of its own."""
    with (tmp_path / "output").open("wb") as output:
        started = subprocess.Popen(
            ["bash", _SCRIPT],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # In a shell's background job SIGINT is ignored, also in child processes.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    yield started
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGKILL)


def test_reads_the_cluster_and_closes_its_connections(
    process: subprocess.Popen, environment: dict[str, str], tmp_path: Path, rabbitmq: RabbitServer
) -> None:
    """Queue, store and fleet are the cluster's; Ctrl+C ends the dashboard and its connections."""
    output = tmp_path / "output"
    url = f"http://127.0.0.1:{environment['PORT']}"
    state = wait_until(lambda: _state(process, url, output), what="all three are read")
    assert state["mode"] == "cluster"
    assert _forwards(process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(HANG_TIMEOUT) == 0, output.read_text()
    wait_until(lambda: not _forwards(process), what="the connections are closed")
    password = urlsplit(rabbitmq.secret["amqp-url"]).password
    assert password not in output.read_text()


def _state(process: subprocess.Popen, url: str, output: Path) -> dict | None:
    """Return the dashboard's state once it has read its queue, its store and its fleet."""
    assert process.poll() is None, output.read_text()
    try:
        state = httpx.get(f"{url}/api/state").json()
    except httpx.TransportError:
        return None
    values = (state[source]["value"] for source in ("queue", "store", "fleet"))
    return None if None in values else state


def _forwards(process: subprocess.Popen) -> list[str]:
    """Return the open connections of the script's session."""
    listed = subprocess.run(
        ["ps", "-s", str(process.pid), "-o", "comm="], capture_output=True, text=True, check=False
    )
    return [name for name in listed.stdout.split() if name == "socat"]
