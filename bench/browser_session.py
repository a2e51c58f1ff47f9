"""Simulate a browser session with Streamlit's WebSocket protocol.

Like Streamlit's page, a session runs the script once, then reruns the fragment at the interval
that the server requested (``setInterval`` in its ``App.tsx``), and sends the hashes of its cached
messages. Messages are those of ``streamlit/proto``. Runs of a session never overlap: a tick during
a run is skipped.
"""

import asyncio
import time
from dataclasses import dataclass, field

from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

_MAX_INTERVALS = 10
"""After as many, a refresh has sent nothing, since nothing changed."""


@dataclass
class Traffic:
    """Refreshes of all sessions."""

    refreshes: list[float] = field(default_factory=list)
    """Seconds from a request to its last message."""
    received: int = 0
    """Bytes."""

    def clear(self) -> None:
        """Reset all measurements."""
        self.refreshes.clear()
        self.received = 0


async def watch(address: str, traffic: Traffic, opened: asyncio.Event, phase: float) -> None:
    """Open the page and keep it open until cancelled.

    Users open pages at different times: the timer starts ``phase`` (0..1) of an interval late.
    """
    socket = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(socket, subprotocols=["streamlit"], max_size=None) as connection:
        known: set[str] = set()
        rerun = await _run(connection, known, Traffic(), None)
        opened.set()
        tick = time.monotonic() + phase * rerun.interval
        while True:
            while tick < time.monotonic():
                tick += rerun.interval
            await asyncio.sleep(tick - time.monotonic())
            rerun = await _run(connection, known, traffic, rerun)


async def _run(
    connection: ClientConnection, known: set[str], traffic: Traffic, rerun: AutoRerun | None
) -> AutoRerun:
    """Run the script, or the fragment of ``rerun``; return the request for the next run."""
    start = last = time.monotonic()
    await connection.send(_request(known, rerun).SerializeToString())
    received, next_rerun = 0, rerun
    # Of an update, a server may send only the elements that changed, and no end.
    while body := await _next_message(connection, rerun, is_first=not received):
        received, last = received + len(body), time.monotonic()
        message = ForwardMsg.FromString(body)
        known.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            next_rerun = message.auto_rerun
        if kind == "script_finished":
            break
    if next_rerun is None:
        raise RuntimeError("the page requested no refresh")
    if received:
        traffic.refreshes.append(last - start)
        traffic.received += received
    return next_rerun


async def _next_message(
    connection: ClientConnection, rerun: AutoRerun | None, *, is_first: bool
) -> bytes | None:
    """Return the next message; None if a run of ``rerun`` seems to send no more."""
    intervals = _MAX_INTERVALS if is_first else 0.5
    try:
        async with asyncio.timeout(rerun.interval * intervals if rerun else None):
            return await connection.recv(decode=False)
    except TimeoutError:
        return None


def _request(known: set[str], rerun: AutoRerun | None) -> BackMsg:
    request = BackMsg()
    request.rerun_script.cached_message_hashes.extend(known - {""})
    if rerun:
        request.rerun_script.fragment_id = rerun.fragment_id
        request.rerun_script.is_auto_rerun = True
    return request
