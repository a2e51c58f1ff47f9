"""One run of a container as a process of this machine, with its probes."""

import os
import signal
import subprocess
import urllib.request
from contextlib import suppress
from pathlib import Path

from kubernetes.client import V1Container, V1Probe

from tests.support.cluster.image import Image, command_line
from tests.support.cluster.server_process import KILLED_WITH_PARENT
from tests.support.cluster.warm_process import WarmProcess
from tests.support.conditions import free_port

_LOG_TAIL_LENGTH = 2000
"""Characters; the kubelet takes about as many for a termination message."""


class ContainerProcess:
    """Runs a container's command; the thread that starts it must live as long as it runs.

    A pod has its own network and file system. Here each of its ports is mapped to a free one, and
    each mounted path to a folder, also where the environment names it.

    Args:
        image: the folder and environment of the container's image.
        container: the container of the pod's spec.
        environment: its variables, with their values.
        folder: for the pod's files.

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
        """The exit code, or minus the signal; None while it runs."""
        return self._process.poll()

    def is_ready(self) -> bool:
        """Return whether its startup and readiness probes pass."""
        probes = (self._container.startup_probe, self._container.readiness_probe)
        return all(self._passes(probe) for probe in probes if probe)

    def request_stop(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def kill(self) -> None:
        """Kill the process and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def log_tail(self) -> str:
        """Return the end of this run's log."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")[-_LOG_TAIL_LENGTH:]

    def _start(self, image: Image, environment: dict[str, str]) -> subprocess.Popen | WarmProcess:
        command = self._container.command
        if command == ["python", "-m", "worker"]:
            return WarmProcess("worker", image.folder, environment, self._log)
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [*KILLED_WITH_PARENT, *command_line(command)],
                cwd=image.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self, variables: dict[str, str]) -> dict[str, str]:
        mapped = {str(port): str(free) for port, free in self._ports.items()} | self._folders()
        translated = {name: mapped.get(value, value) for name, value in variables.items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self._folder)} | translated

    def _folders(self) -> dict[str, str]:
        """Create a folder for each mount path."""
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
