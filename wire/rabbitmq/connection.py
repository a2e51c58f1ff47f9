"""The process's one connection to a broker, shared by its queue and its events.

Nothing reconnects by itself: whoever needs the broker next opens the connection again,
with growing pauses between tries, and waits no longer than its patience.
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

from core.errors import QueueUnavailable, SettingsError
from wire.rabbitmq.session import PATIENCE, Session
from wire.rabbitmq.topology import declare_topology

# Callers hear of every failure as QueueUnavailable; pika would log each several times.
logging.getLogger("pika").setLevel(logging.CRITICAL)

# Within the 5 to 20 s that https://www.rabbitmq.com/docs/heartbeats recommends.
_HEARTBEAT_SECONDS = 20

_shared: dict[str, "Connection"] = {}
_shared_lock = threading.Lock()


def shared_connection(url: SecretStr) -> "Connection":
    """Return this process's connection to ``url``; each user closes it once."""
    with _shared_lock:
        key = url.get_secret_value()
        connection = _shared.setdefault(key, Connection(connection_parameters(url)))
        connection.users += 1
        return connection


def connection_parameters(url: SecretStr) -> pika.ConnectionParameters:
    """Read an AMQP URL; raises SettingsError, without repeating the URL."""
    try:
        parameters = pika.URLParameters(url.get_secret_value())
    except (ValueError, TypeError):
        raise SettingsError(
            "RABBITMQ_URL is not valid: it should look like amqp://user:password@host:5672/vhost."
        ) from None
    if parameters.heartbeat is None:
        parameters.heartbeat = _HEARTBEAT_SECONDS
    parameters.socket_timeout = parameters.stack_timeout = PATIENCE
    # Shown in the list of connections of RabbitMQ's management page.
    parameters.client_properties = {"connection_name": f"{socket.gethostname()} {os.getpid()}"}
    return parameters


class Connection:
    """A connection that is opened when it is needed and opened again when it was lost."""

    def __init__(self, parameters: pika.ConnectionParameters) -> None:
        self.users = 0
        self._parameters = parameters
        self._opening = threading.Lock()
        self._session: Session | None = None

    @property
    def open_session(self) -> Session | None:
        """The session, if it is open now; never waits."""
        session = self._session
        return session if session and session.is_open else None

    def session(self, patience: float = PATIENCE) -> Session:
        """Return the open session, or open one. Raises QueueUnavailable."""
        if session := self.open_session:
            return session
        if not self.users:
            raise QueueUnavailable("The connection to RabbitMQ was closed by this process.")
        deadline = time.monotonic() + patience
        if not self._opening.acquire(timeout=patience):
            raise QueueUnavailable("RabbitMQ cannot be reached yet; it is being tried.")
        try:
            if not self.open_session:
                self._session = self._reopened(deadline)
            return self._session
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

    def _reopened(self, deadline: float) -> Session:
        retrying = Retrying(
            retry=retry_if_exception_type(QueueUnavailable),
            wait=wait_exponential_jitter(multiplier=0.1, max=2, jitter=0.1),
            stop=stop_before_delay(deadline - time.monotonic()),
            reraise=True,
        )
        return retrying(self._opened, deadline)

    def _opened(self, deadline: float) -> Session:
        session = Session(self._parameters)
        try:
            session.wait_until_open(max(0.1, deadline - time.monotonic()))
            declare_topology(session)
        except QueueUnavailable:
            session.close()
            raise
        return session
