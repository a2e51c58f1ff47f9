"""A reverse proxy that removes the base path and writes its own name of the server into Host."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_REQUEST_LINE = re.compile(rb"\A([A-Z]+) /live(?=[/ ?])")
_HOST = re.compile(rb"(?mi)^Host: [^\r]*")


@contextmanager
def stripping_proxy(port: int) -> Iterator[str]:
    """Forward ``/live/…`` to ``/…`` on a port of this machine; yield the proxy's URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, port), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/live"


def _accept(server: socket.socket, port: int) -> None:
    with suppress(OSError):  # the test is over
        while True:
            client, _ = server.accept()
            upstream = socket.create_connection(("127.0.0.1", port))
            _start(client, upstream, _rewrite)
            _start(upstream, client, bytes)


def _rewrite(chunk: bytes) -> bytes:
    rest, count = _REQUEST_LINE.subn(rb"\1 ", chunk)
    if not count:  # a body, or a frame of a WebSocket
        return chunk
    rest = rest.replace(b" ?", b" /?").replace(b"  HTTP", b" / HTTP")
    return _HOST.sub(b"Host: dashboard:8501", rest, count=1)


def _start(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
    threading.Thread(target=_copy, args=(source, target, change), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(change(chunk))
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
