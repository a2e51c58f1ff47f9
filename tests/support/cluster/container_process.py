"""One run of a container as a process of this machine, and the probes that look at it."""

import os
import signal
import subprocess
import urllib.request
from contextlib import suppress
from pathlib import Path

from kubernetes.client import V1Container, V1Probe

from tests.support.cluster.image import Image, command_line
from tests.support.cluster.server_process import BOUND_TO_US
from tests.support.cluster.warm_process import WarmProcess
from tests.support.conditions import free_port

_LAST_WORDS = 2000
"""Characters, as many as the kubelet takes from a log, roughly."""


class ContainerProcess:
    """Runs a container's command; to be started by a thread that stays while it runs.

    A pod has ports and paths of its own, and so takes whichever it likes. Here each port
    becomes a free one, and each mounted path a folder, also where the environment names it.

    Args:
        image: what the container's image stands for.
        container: as the pod describes it.
        environment: its variables, with their values.
        folder: where the pod's files go.

    """

    def __init__(
        self, image: Image, container: V1Container, environment: dict[str, str], folder: Path
    ) -> None:
        self._container = container
        self._ports = {port.container_port: free_port() for port in container.ports or ()}
        self._folder = folder
        self._log = folder / "log"
        self._log.touch()
        self._log_start = self._log.stat().st_size
        variables = {**image.environment, **environment, **image.overrides}
        self._process = self._start(image, self._environment(variables))

    @property
    def exit_code(self) -> int | None:
        """How it ended: the exit code, or minus the signal; None while it runs."""
        return self._process.poll()

    def is_ready(self) -> bool:
        """Ask whether it has started and is ready, as its probes have it."""
        probes = (self._container.startup_probe, self._container.readiness_probe)
        return all(self._passes(probe) for probe in probes if probe)

    def request_stop(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and whatever it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        """Return the end of what this run wrote."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")[-_LAST_WORDS:]

    def _start(self, image: Image, environment: dict[str, str]) -> subprocess.Popen | WarmProcess:
        command = self._container.command
        if command == ["python", "-m", "worker"]:
            return WarmProcess("worker", image.folder, environment, self._log)
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [*BOUND_TO_US, *command_line(command)],
                cwd=image.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self, variables: dict[str, str]) -> dict[str, str]:
        moved = {str(port): str(here) for port, here in self._ports.items()} | self._folders()
        own = {name: moved.get(value, value) for name, value in variables.items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self._folder)} | own

    def _folders(self) -> dict[str, str]:
        """Make a folder for each path that something is mounted at."""
        paths = [mount.mount_path for mount in self._container.volume_mounts or ()]
        folders = {path: self._folder / "mounts" / path.strip("/") for path in paths}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        return {path: str(folder) for path, folder in folders.items()}

    def _passes(self, probe: V1Probe) -> bool:
        if not probe.http_get:
            return True
        named = {port.name: port.container_port for port in self._container.ports or ()}
        port = named.get(probe.http_get.port, probe.http_get.port)
        url = f"http://127.0.0.1:{self._ports[port]}{probe.http_get.path}"
        try:
            return urllib.request.urlopen(url, timeout=probe.timeout_seconds or 1).status < 400
        except OSError:
            return False
