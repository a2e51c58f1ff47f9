"""The connection to the API server: made in a thread, and again after failures."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from core.errors import FleetError
from dashboard.fleet.kubernetes.client import connect
from dashboard.fleet.kubernetes.login_plugin import PluginFailed

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_RECONNECT_AFTER_SECONDS = 5.0
"""Not at each poll: a kubeconfig's login plugin may call a cloud's API each time."""


class Connection:
    """Connects when it is first used, without a wait that is longer than the caller's."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._thread = ThreadPoolExecutor(1, "login")
        self._login: Future[ApiClient] | None = None
        self._began_at = 0.0

    def api(self, timeout: float) -> "ApiClient":
        """Return the client, after ``timeout`` seconds at most. Raises FleetError."""
        if self._login is None or self._is_retried():
            self._login = self._thread.submit(connect, self._connections)
            self._began_at = time.time()
        try:
            return self._login.result(timeout)
        except TimeoutError:
            elapsed = time.time() - self._began_at
            raise FleetError(f"Logging in to the cluster has taken {elapsed:.0f} s.") from None

    def renew(self) -> None:
        """Connect anew at the next call, with the kubeconfig's current credentials."""
        if self._login and self._login.done() and self._is_old():
            self._login = None

    def close(self) -> None:
        """End the thread once its login has ended; returns at once."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _is_retried(self) -> bool:
        """Return whether a login has failed and is due again: a plugin's after a pause."""
        error = self._login.exception() if self._login and self._login.done() else None
        return error is not None and (not isinstance(error, PluginFailed) or self._is_old())

    def _is_old(self) -> bool:
        return abs(time.time() - self._began_at) > _RECONNECT_AFTER_SECONDS
