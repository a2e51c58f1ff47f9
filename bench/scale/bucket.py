"""A bucket of very many objects on MinIO: what listings take, and requests of each worker."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.gallery_bucket import fill
from bench.processes import begin, finish
from bench.report import Figure, show
from bench.scale.usage import cpu_seconds_of, measured, resident_megabytes
from bench.servers import minio_server
from core.settings import Settings
from dashboard.domain.journal import Journal
from dashboard.gallery import listing
from dashboard.gallery.backfill import GalleryBackfill
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.reader import LOOKBACK_SECONDS, GalleryReader
from tests.support.minio_server import MinioServer
from wire.backends import open_store
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name
from wire.stores.base import Store
from wire.stores.cancellation import cancelled_jobs

_PICTURES = (8_000, 80_000, 800_000)
"""A quarter more objects: one of metadata for four pictures."""
_RUNS = 5
_REQUESTS = 300
_PICTURE_BYTES = 400_000
"""A PNG of 512 x 512 pixels."""


def main() -> None:
    """Measure each size; a million objects take some minutes to store, and 8 GB."""
    for pictures in _PICTURES:
        with minio_server() as minio, tempfile.TemporaryDirectory() as folder:
            settings = minio.settings(data_dir=Path(folder))
            _measure(settings, pictures)
            _show_requests(open_store(settings), minio)


def _measure(settings: Settings, pictures: int) -> None:
    objects = pictures * 5 // 4
    with measured() as filling:
        # In a process of its own, whose freed memory would hide that of the index.
        finish(begin(fill, settings, pictures, time.time()))
    store = open_store(settings)
    index = GalleryIndex(time.time())
    with measured() as start:
        GalleryReader(store, index, Journal()).read()
    before, backfill = resident_megabytes(), GalleryBackfill(store, index)
    with measured() as all_names:
        while backfill.read():
            pass
    recent = tuple(1000 * _list_recent(store) for _ in range(_RUNS))
    show(
        f"{objects:,} objects",
        [
            Figure("stored, as members of tar files", (objects / filling.seconds,), "/s"),
            Figure("the first poll after a start", (start.seconds,), "s"),
            Figure("all names, in the background", (all_names.seconds,), "s"),
            Figure("its processor time here", (all_names.cpu_seconds,), "s"),
            Figure("memory of the index", (resident_megabytes() - before,), "MB"),
            Figure("a listing of the last ten minutes", recent, "ms"),
        ],
    )


def _show_requests(store: Store, minio: MinioServer) -> None:
    """Show what the server takes for the requests of workers, of which there are many."""
    job_id, picture = new_job(JobRequest(prompt="cat")).id, b"p" * _PICTURE_BYTES
    requests: dict[str, Callable[[int], object]] = {
        "to list the cancellations": lambda _: cancelled_jobs(store),
        "to look one name up": lambda _: store.exists(picture_name(job_id, 0)),
        "to store a picture": lambda number: store.put(
            picture_name(job_id, number + 1), picture, "image/png"
        ),
    }
    figures = [
        Figure(name, (_server_milliseconds(minio, each),), "ms") for name, each in requests.items()
    ]
    show("Processor time of MinIO for one request of a worker", figures)


def _server_milliseconds(minio: MinioServer, request: Callable[[int], object]) -> float:
    before = cpu_seconds_of(minio.pid)
    for number in range(_REQUESTS):
        request(number)
    return 1000 * (cpu_seconds_of(minio.pid) - before) / _REQUESTS


def _list_recent(store: Store) -> float:
    now = time.time()
    with measured() as usage:
        list(listing.since(store, now - LOOKBACK_SECONDS, now))
    return usage.seconds
