"""Run the servers of the tests outside of pytest."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.settings import Settings
from tests.support.conditions import free_port
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer


@contextmanager
def rabbitmq_server() -> Iterator[RabbitServer]:
    """Run RabbitMQ in a temporary folder."""
    # Debian's program on the PATH is a wrapper that changes the user.
    program = _path("rabbitmq-server", f"/usr/lib/rabbitmq/bin:{os.environ['PATH']}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = RabbitServer(program, Path(folder), free_port(), free_port(), free_port())
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def minio_server() -> Iterator[MinioServer]:
    """Run MinIO in a temporary folder."""
    path = _path("minio")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = MinioServer(path, Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def rabbitmq_and_minio() -> Iterator[Settings]:
    """Run both, and return the settings that use them."""
    with rabbitmq_server() as rabbitmq, minio_server() as minio:
        yield minio.settings(
            rabbitmq_url=rabbitmq.amqp_url("%2F"), rabbitmq_management_url=rabbitmq.management_url
        )


def _path(program: str, path: str | None = None) -> str:
    return shutil.which(program, path=path) or sys.exit(f"{program} is not installed; see .ci/run")
