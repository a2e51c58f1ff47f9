"""Bound the web server's connections by the files that its process may open.

Each connection is an open file. A process that has reached its limit of open files accepts no
further ones, health probes included, and the event loop of Python 3.11 logs each attempt.
"""

import asyncio
import logging
import resource
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from dashboard.access.rate_limit import TokenBuckets

log = logging.getLogger(__name__)

_MAX_FILES = 10_240
"""Of one process on macOS, whatever its hard limit; and enough for a room full of phones."""
_MAX_OWN_FILES = 128
"""For the process's own files and clients."""
_REQUEST_TIMEOUT_SECONDS = 60.0
"""After a connection was opened, for the head of its first request."""

_SHUTDOWN_SECONDS = 5
"""For the answers in progress; requests that are held would delay the server's end for minutes."""

_warnings = TokenBuckets(capacity=1, rate=1 / 600)
"""Each at most once in ten minutes: anybody can cause them."""


@dataclass(frozen=True)
class Bounds:
    """The most connections of each kind."""

    requests: int
    """HTTP connections."""
    sessions: int
    """WebSockets, one for each open page."""
    backlog: int
    """Connections that the event loop accepts at once, before they are counted."""


def bounds_for(files: int) -> Bounds:
    """Divide a number of open files among the kinds of connections."""
    own, backlog = min(_MAX_OWN_FILES, files // 4), max(1, files // 16)
    # Those that are just accepted and those that are just closed are open but not counted.
    half = max(1, (files - own - 2 * backlog) // 2)
    return Bounds(half, half, backlog)


def raise_file_limit() -> int:
    """Raise the process's limit of open files as far as it may; return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MAX_FILES if soft == resource.RLIM_INFINITY else min(soft, _MAX_FILES)


def bound_requests(bounds: Bounds) -> None:
    """Bound the HTTP connections of later servers: Streamlit has no option for its own."""
    protocol = partial(BoundedProtocol, open_connections=OpenConnections(bounds.requests))
    # uvicorn only calls it, so a function that makes a protocol serves as well.
    configuration = partial(
        uvicorn.Config,
        http=cast("Any", protocol),
        backlog=bounds.backlog,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    uvicorn.Config = configuration  # type: ignore[misc, assignment]


@dataclass
class OpenConnections:
    """The open HTTP connections; those that sent something last are at the end."""

    maximum: int
    _open: dict["BoundedProtocol", None] = field(default_factory=dict)

    def add(self, connection: "BoundedProtocol") -> bool:
        """Add a connection; at the maximum, close the one that is silent for longest.

        Return False if all have a request in progress.
        """
        if len(self._open) >= self.maximum and not self._close_silent():
            return False
        self._open[connection] = None
        return True

    def move_to_end(self, connection: "BoundedProtocol") -> None:
        """Note that a connection has sent something."""
        if connection in self._open:
            del self._open[connection]
            self._open[connection] = None

    def remove(self, connection: "BoundedProtocol") -> None:
        """Remove a connection that is closed, or that became a WebSocket."""
        self._open.pop(connection, None)

    def _close_silent(self) -> bool:
        _warn("connections", self.maximum)
        silent = next((each for each in self._open if each.waits_for_client), None)
        if silent:
            self.remove(silent)
            silent.transport.abort()
        return silent is not None


class BoundedProtocol(H11Protocol):
    """An HTTP connection that counts, and may be closed while it waits for its client."""

    def __init__(self, *arguments: Any, open_connections: OpenConnections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._open = open_connections

    @property
    def waits_for_client(self) -> bool:
        """Whether the server does nothing for it: it reads a request, or sends to a slow client."""
        cycle = self.cycle
        is_idle = cycle is None or cycle.response_complete
        return is_idle or cycle.more_body or self.flow.write_paused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, or close it."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if self._open.add(self):
            self.loop.call_later(_REQUEST_TIMEOUT_SECONDS, self._close_without_request)
        else:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Note that the client is not silent."""
        self._open.move_to_end(self)
        super().data_received(data)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Leave the connection to the WebSocket's protocol."""
        self._open.remove(self)
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection."""
        self._open.remove(self)
        super().connection_lost(exc)

    def _close_without_request(self) -> None:
        if self.cycle is None and self in self.connections:
            self.transport.close()


class SessionLimit:
    """Refuse WebSockets above a number: an ASGI middleware."""

    def __init__(self, app: ASGIApp, maximum: int) -> None:
        self._app = app
        self._maximum = maximum
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
        elif self._open >= self._maximum:
            _warn("pages", self._maximum)
            await send({"type": "websocket.close", "code": 1013})
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._open += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open -= 1


def _warn(what: str, maximum: int) -> None:
    if not _warnings.take(what):
        log.warning(
            "%d %s are open, the most that the limit of open files allows (ulimit -n). "
            "Idle ones are closed, and others refused.",
            maximum,
            what,
        )
