"""Reach a server of this machine in another way: by IPv6, or by TLS."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.conditions import free_port, need_program, wait_until


@contextmanager
def from_ipv6(port: int) -> Iterator[int]:
    """Forward a port of ::1 to one of 127.0.0.1; yield the former."""
    local = free_port()
    with _socat(f"TCP6-LISTEN:{local},bind=[::1],fork", port, "::1", local):
        yield local


@contextmanager
def from_tls(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """Forward a port that speaks TLS to one of 127.0.0.1 that does not; yield the former."""
    local = free_port()
    files = f"cert={certificate},key={key},verify=0"
    listen = f"OPENSSL-LISTEN:{local},bind=127.0.0.1,{files},fork"
    with _socat(listen, port, "127.0.0.1", local):
        yield local


@contextmanager
def _socat(listen: str, port: int, host: str, local: int) -> Iterator[None]:
    program = need_program("socat", "apt-get install socat")
    process = subprocess.Popen([program, listen, f"TCP4:127.0.0.1:{port}"])
    try:
        wait_until(lambda: _listens(host, local), what="socat listens")
        yield
    finally:
        process.kill()
        process.wait()


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True
