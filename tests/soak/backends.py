"""The two pairs of backends, and how each of their parts is taken down and brought back."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.settings import Settings
from tests.soak.plan import Part
from tests.support.conditions import wait_until
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer, new_vhost
from tests.support.store_away import store_away
from wire.backends import open_queue
from wire.messages.names import QUEUE
from wire.sqlite.file import FILE_NAME

_MAX_WORKERS = 3


@dataclass(frozen=True)
class Backends:
    """A queue and a store."""

    name: str
    settings: Settings
    down: dict[Part, Callable[[], AbstractContextManager[None]]]
    """Context managers during which a part is down; it answers again when they end."""


@contextmanager
def on_servers(rabbitmq: RabbitServer, minio: MinioServer, folder: Path) -> Iterator[Backends]:
    """Use a new vhost and a new bucket of running servers."""
    with new_vhost(rabbitmq) as vhost:
        settings = minio.settings(
            rabbitmq_url=rabbitmq.amqp_url(vhost),
            rabbitmq_management_url=rabbitmq.management_url,
            **_fleet(folder),
        )
        with closing(open_queue(settings)) as queue:
            queue.depth()
        wait_until(lambda: rabbitmq.has_queue_on_disk(vhost, QUEUE), what="the queue is on disk")
        down = {"queue": lambda: _stopped(rabbitmq), "store": lambda: _stopped(minio)}
        yield Backends("RabbitMQ and MinIO", settings, down)


@contextmanager
def on_files(folder: Path) -> Iterator[Backends]:
    """Use SQLite and a folder; locks and a missing folder are their outages."""
    settings = Settings(_env_file=None, **_fleet(folder))
    down = {
        "queue": lambda: _locked(folder / FILE_NAME),
        "store": lambda: store_away(folder / "pictures"),
    }
    yield Backends("SQLite and a folder", settings, down)


def _fleet(folder: Path) -> dict[str, object]:
    return {"data_dir": folder, "max_workers": _MAX_WORKERS, "grace_period": 5}


@contextmanager
def _stopped(server: RabbitServer | MinioServer) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the write lock, as a program does that makes a backup."""
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
