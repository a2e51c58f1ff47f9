"""A bucket of very many objects on MinIO: what a listing, the backfill and a start take."""

import tempfile
import time
from pathlib import Path

from bench.gallery_bucket import fill
from bench.report import Figure, show
from bench.scale.usage import measured, resident_megabytes
from bench.servers import minio_server
from core.settings import Settings
from dashboard.domain.journal import Journal
from dashboard.gallery import listing
from dashboard.gallery.backfill import GalleryBackfill
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.reader import LOOKBACK_SECONDS, GalleryReader
from tests.support.minio_server import MinioServer
from wire.backends import open_store
from wire.stores.base import Store

_PICTURES = (8_000, 80_000, 240_000)
"""A fifth more objects: one of metadata for four pictures."""
_RUNS = 5


def main() -> None:
    """Measure each size; docs/scale.md reckons a million objects from the slope."""
    for pictures in _PICTURES:
        with minio_server() as minio, tempfile.TemporaryDirectory() as folder:
            _measure(minio.settings(data_dir=Path(folder)), minio, pictures)


def _measure(settings: Settings, minio: MinioServer, pictures: int) -> None:
    objects = pictures * 5 // 4
    with measured() as filling:
        fill(minio, settings, pictures, time.time())
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


def _list_recent(store: Store) -> float:
    now = time.time()
    with measured() as usage:
        list(listing.since(store, now - LOOKBACK_SECONDS, now))
    return usage.seconds
