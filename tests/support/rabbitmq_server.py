"""A real RabbitMQ server on free ports, with a new vhost for each test.

It starts with the users and permissions that the server has in a cluster, and with
an administrator for the tests.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from core.settings import Settings
from dashboard.cli.create_secrets import rabbitmq_data
from tests.support.conditions import free_port, need_program, wait_until

USER = PASSWORD = "guest"

PERMISSIONS = Path(__file__).parents[2] / "k8s" / "components" / "rabbitmq" / "permissions.json"

# Debian's program on the PATH is a wrapper that changes the user; this one is not.
_DEBIAN_PROGRAMS = Path("/usr/lib/rabbitmq/bin")

_CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management_port}
disk_free_limit.absolute = 1MB
log.console = true
log.console.level = warning
log.file = false
load_definitions = {definitions}
"""

# By default queues emit statistics every 5 s, and the management API collects them every 5 s;
# tests should not wait for that.
_ADVANCED_CONFIGURATION = """\
[{rabbit, [{quorum_tick_interval, 100}, {collect_statistics_interval, 300}]},
 {rabbitmq_management, [{sample_retention_policies,
    [{global, [{60, 1}]}, {basic, [{60, 1}]}, {detailed, [{60, 1}]}]}]}].
"""


@dataclass
class RabbitServer:
    """A server in its own folder, which can be killed and restarted."""

    program: str
    folder: Path
    port: int
    management_port: int
    distribution_port: int
    process: subprocess.Popen | None = None
    starts: int = 0
    secret: Mapping[str, str] = field(default_factory=lambda: rabbitmq_data("stable-diffusion"))
    """Secret rabbitmq of a cluster."""

    @property
    def management_url(self) -> str:
        """Return the URL of the management API, without credentials."""
        return f"http://127.0.0.1:{self.management_port}"

    def amqp_url(self, vhost: str, query: str = "") -> str:
        """Return the AMQP URL of a vhost."""
        return f"amqp://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{vhost}{query}"

    def url_in_secret(self, key: str, vhost: str) -> str:
        """Return a URL of the Secret, with the address of this server and a vhost."""
        port = self.port if key.endswith("amqp-url") else self.management_port
        return re.sub("@[^/]*/.*", f"@127.0.0.1:{port}/{vhost}", self.secret[key])

    def admit(self, secret: Mapping[str, str]) -> None:
        """Import the users of another Secret, as the pod does at each start."""
        self.secret = secret
        self.api("POST", "definitions", json=json.loads(secret["users.json"]))

    def grant(self, vhost: str) -> None:
        """Give the users of the Secret their permissions in a vhost."""
        for each in json.loads(PERMISSIONS.read_text())["permissions"]:
            rights = {name: each[name] for name in ("configure", "write", "read")}
            self.api("PUT", f"permissions/{quote(vhost, safe='')}/{each['user']}", json=rights)

    def api(self, method: str, path: str, **arguments) -> httpx.Response:
        """Call the management API. Raises an error for an error status."""
        url = f"{self.management_url}/api/{path}"
        response = httpx.request(method, url, auth=(USER, PASSWORD), timeout=60, **arguments)
        return response.raise_for_status()

    def start(self) -> None:
        """Start the server with its existing data, and wait until it responds."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program],
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1
        wait_until(self._answers, what=f"RabbitMQ answers; see {self.folder}")

    def stop(self) -> None:
        """Kill the server, as a power cut does."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def has_queue_on_disk(self, vhost: str, queue_name: str) -> bool:
        """Return whether the registration of a quorum queue is on disk.

        Confirmed messages are on disk at once, but the queue's registration is written when the
        server is idle: RabbitMQ 3.10, killed within a second of the declaration, never opens that
        queue again.
        """
        files = list(self.folder.glob("data/*/quorum/*/*.dets"))
        name = f"{vhost}_{queue_name}".encode()
        settled = all(time.time() - file.stat().st_mtime > 1 for file in files)
        return settled and any(name in file.read_bytes() for file in files)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"RabbitMQ exited: {(self.folder / 'server.log').read_text()[-2000:]}")
        try:
            return self.api("GET", "health/checks/port-listener/" + str(self.port)).is_success
        except httpx.HTTPError:
            return False

    def _environment(self) -> dict[str, str]:
        configuration = self.folder / "rabbitmq.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                port=self.port,
                management_port=self.management_port,
                definitions=self._definitions(),
            )
        )
        advanced = self.folder / "advanced.config"
        advanced.write_text(_ADVANCED_CONFIGURATION)
        plugins = self.folder / "enabled_plugins"
        plugins.write_text("[rabbitmq_management].\n")
        return os.environ | {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"tests-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_CONFIG_FILE": str(configuration),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(advanced),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            # Idle schedulers must not spin: the tests need the cores.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def _definitions(self) -> Path:
        """Write what the server imports at each start, as in its pod."""
        folder = self.folder / "definitions"
        folder.mkdir(exist_ok=True)
        users = json.loads(self.secret["users.json"])["users"]
        users += [{"name": USER, "password": PASSWORD, "tags": "administrator"}]
        (folder / "10-users.json").write_text(json.dumps({"users": users}))
        permissions = json.loads(PERMISSIONS.read_text())
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        permissions["permissions"] += [{"user": USER, "vhost": "/"} | everything]
        (folder / "20-permissions.json").write_text(json.dumps(permissions))
        return folder


def rabbit_server(folder: Path) -> RabbitServer:
    """Return a server with free ports, which is not started."""
    program = need_program("rabbitmq-server", "apt-get install rabbitmq-server")
    program = shutil.which("rabbitmq-server", path=_DEBIAN_PROGRAMS) or program
    return RabbitServer(program, folder, free_port(), free_port(), free_port())


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory) -> Iterator[RabbitServer]:
    """Run RabbitMQ. Tests may restart it, but must leave it running."""
    server = rabbit_server(tmp_path_factory.mktemp("rabbitmq"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def new_vhost(server: RabbitServer) -> Iterator[str]:
    """Create a vhost for as long as it is used, or longer if the server was restarted meanwhile.

    After a start all quorum queues elect their leaders. Deleting several of them in that moment
    ends RabbitMQ 3.10's supervisor of dead-letter workers (``reached_max_restart_intensity``), and
    the server refuses all messages from then on.
    """
    vhost, starts = f"test-{uuid.uuid4().hex[:8]}", server.starts
    server.api("PUT", f"vhosts/{vhost}")
    yield vhost
    if server.starts == starts:
        server.api("DELETE", f"vhosts/{vhost}")


@pytest.fixture
def rabbitmq_vhost(rabbitmq) -> Iterator[str]:
    """Create a vhost for the test, which isolates it from others."""
    with new_vhost(rabbitmq) as vhost:
        yield vhost


@pytest.fixture
def rabbitmq_url(rabbitmq, rabbitmq_vhost) -> str:
    """Return the AMQP URL of a new vhost."""
    return rabbitmq.amqp_url(rabbitmq_vhost)


@pytest.fixture
def rabbitmq_settings(rabbitmq, rabbitmq_vhost) -> Settings:
    """Return settings for a new vhost, with the dashboard's rights and no others."""
    rabbitmq.grant(rabbitmq_vhost)
    return Settings(
        _env_file=None,
        rabbitmq_url=rabbitmq.url_in_secret("amqp-url", rabbitmq_vhost),
        rabbitmq_management_url=rabbitmq.url_in_secret("management-url", ""),
    )


def settings_for(server: RabbitServer, url: str) -> Settings:
    """Return settings for a vhost of a server."""
    return Settings(_env_file=None, rabbitmq_url=url, rabbitmq_management_url=server.management_url)
