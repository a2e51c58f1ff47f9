"""A browser session without the browser: speaks Streamlit's WebSocket protocol.

It does what Streamlit's page does: runs the script once, then sends a run of the fragment at each
tick of a timer with the pace that the server asked for (``setInterval`` in its ``App.tsx``), and
tells which cached messages it holds. Messages are those of ``streamlit/proto``. Runs of one session
never overlap: a tick that comes too early is left out.
"""

import asyncio
import time
from dataclasses import dataclass, field

from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


@dataclass
class Traffic:
    """What all sessions saw."""

    refreshes: list[float] = field(default_factory=list)
    """Seconds from asking for a refresh to its last message."""
    received: int = 0
    """Bytes of refreshes."""

    def clear(self) -> None:
        """Begin to measure anew."""
        self.refreshes.clear()
        self.received = 0


async def watch(address: str, traffic: Traffic, opened: asyncio.Event, phase: float) -> None:
    """Open the page and keep it open until cancelled.

    People come at different moments: the timer starts ``phase`` (0..1) of an interval late.
    """
    socket = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(socket, subprotocols=["streamlit"], max_size=None) as connection:
        known: set[str] = set()
        asked = await _run(connection, known, Traffic(), None)
        opened.set()
        tick = time.monotonic() + phase * asked.interval
        while True:
            while tick < time.monotonic():
                tick += asked.interval
            await asyncio.sleep(tick - time.monotonic())
            asked = await _run(connection, known, traffic, asked)


async def _run(
    connection: ClientConnection, known: set[str], traffic: Traffic, asked: AutoRerun | None
) -> AutoRerun:
    """Run the script, or the fragment that asked for it; return what asks for the next run."""
    start = time.monotonic()
    await connection.send(_request(known, asked).SerializeToString())
    received, wanted = 0, asked
    async for body in connection:
        received += len(body)
        message = ForwardMsg.FromString(body)
        known.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            wanted = message.auto_rerun
        if kind == "script_finished":
            break
    if wanted is None:
        raise RuntimeError("the page did not ask to be refreshed")
    traffic.refreshes.append(time.monotonic() - start)
    traffic.received += received
    return wanted


def _request(known: set[str], asked: AutoRerun | None) -> BackMsg:
    request = BackMsg()
    request.rerun_script.cached_message_hashes.extend(known - {""})
    if asked:
        request.rerun_script.fragment_id = asked.fragment_id
        request.rerun_script.is_auto_rerun = True
    return request
