"""Servers that answer a TLS handshake, and nothing or one fixed reply after it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def listening(context: ssl.SSLContext | None = None, reply: bytes = b"") -> Iterator[int]:
    """Accept connections on a port until the end of the block; yield the port.

    Without a context the server speaks no TLS. It sends ``reply`` after the first bytes.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_accept, args=(server, context, reply), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _accept(server: socket.socket, context: ssl.SSLContext | None, reply: bytes) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with suppress(OSError), connection:
                _answer(connection, context, reply)


def _answer(raw: socket.socket, context: ssl.SSLContext | None, reply: bytes) -> None:
    raw.settimeout(5)
    connection = context.wrap_socket(raw, server_side=True) if context else raw
    with connection:
        connection.recv(65536)
        connection.sendall(reply)
