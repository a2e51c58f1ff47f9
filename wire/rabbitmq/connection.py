"""The process's single connection to a broker, shared by the queue and the events.

A lost connection is reopened by the next caller that needs it, with exponential backoff, until
the connection's timeout.
"""

import logging
import os
import socket
import threading
import time

import pika
from pydantic import SecretStr
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_before_delay,
    wait_exponential_jitter,
)

from core.errors import QueueUnavailable
from wire.rabbitmq.session import TIMEOUT_SECONDS, Session
from wire.rabbitmq.topology import declare_topology
from wire.rabbitmq.url import parse_url

# Every failure is raised as QueueUnavailable; pika would log each several times.
logging.getLogger("pika").setLevel(logging.CRITICAL)

# Within the 5 to 20 s that https://www.rabbitmq.com/docs/heartbeats recommends.
_HEARTBEAT_SECONDS = 20

_shared: dict[str, "Connection"] = {}
_shared_lock = threading.Lock()


def shared_connection(url: SecretStr | None) -> "Connection":
    """Return this process's connection to ``url``; each user closes it once."""
    parameters = connection_parameters(url)
    key = url.get_secret_value() if url else ""
    with _shared_lock:
        connection = _shared.setdefault(key, Connection(parameters))
        connection.users += 1
        return connection


def connection_parameters(url: SecretStr | None) -> pika.URLParameters:
    """Parse an AMQP URL, and add what it does not set. Raises SettingsError without the URL."""
    parameters = parse_url(url)
    if parameters.heartbeat is None:
        parameters.heartbeat = _HEARTBEAT_SECONDS
    # Shown by RabbitMQ's management page in the list of connections.
    parameters.client_properties = {"connection_name": f"{socket.gethostname()} {os.getpid()}"}
    return parameters


class Connection:
    """A connection that is opened on demand, and reopened after it was lost."""

    def __init__(self, parameters: pika.URLParameters) -> None:
        self.users = 0
        self._parameters = parameters
        self._opening = threading.Lock()
        self._session: Session | None = None
        self._last_failure = (
            "RabbitMQ cannot be reached yet: another thread is still connecting. Jobs on its queue "
            "are kept; try again in a moment."
        )

    @property
    def open_session(self) -> Session | None:
        """The session, if it is open now; never blocks."""
        session = self._session
        return session if session and session.is_open else None

    def session(self) -> Session:
        """Return the open session, or open a session. Raises QueueUnavailable."""
        if session := self.open_session:
            return session
        if not self.users:
            raise QueueUnavailable("The connection to RabbitMQ was closed by this process.")
        timeout = self._parameters.stack_timeout or TIMEOUT_SECONDS
        deadline = time.monotonic() + timeout
        if not self._opening.acquire(timeout=timeout):
            raise QueueUnavailable(self._last_failure)
        try:
            return self.open_session or self._reopen(deadline)
        finally:
            self._opening.release()

    def close(self) -> None:
        """Close the connection when its last user does."""
        with _shared_lock:
            self.users -= 1
            if self.users:
                return
            for url in [url for url, connection in _shared.items() if connection is self]:
                del _shared[url]
        if self._session:
            self._session.close()

    def _reopen(self, deadline: float) -> Session:
        retrying = Retrying(
            retry=retry_if_exception_type(QueueUnavailable),
            wait=wait_exponential_jitter(multiplier=0.1, max=2, jitter=0.1),
            stop=stop_before_delay(deadline - time.monotonic()),
            reraise=True,
        )
        self._session = retrying(self._open, deadline)
        return self._session

    def _open(self, deadline: float) -> Session:
        session = Session(self._parameters)
        try:
            session.wait_until_open(max(0.1, deadline - time.monotonic()))
            declare_topology(session)
        except QueueUnavailable as error:
            self._last_failure = str(error)
            session.close()
            raise
        return session
