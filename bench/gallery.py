"""The gallery of 24, 10,000 and 100,000 pictures on MinIO, and in a browser."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import gallery_browser
from bench.gallery_bucket import fill
from bench.report import Figure, show
from bench.servers import minio_server
from core.settings import Settings
from dashboard.domain.journal import Journal
from dashboard.gallery import listing
from dashboard.gallery.backfill import GalleryBackfill, GalleryPrompts
from dashboard.gallery.gallery import Gallery
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.query import GalleryQuery, parse_query
from dashboard.gallery.reader import LOOKBACK_SECONDS, GalleryReader
from tests.support.minio_server import MinioServer
from wire.backends import open_events, open_store

_COUNTS = (24, 10_000, 100_000)
_READS_PER_TICK = 4
"""Reads of prompts between two refreshes of a searching page."""


@dataclass(frozen=True)
class Bucket:
    """A filled bucket and its gallery, without background threads."""

    count: int
    settings: Settings
    gallery: Gallery
    reader: GalleryReader
    backfill: GalleryBackfill

    def refresh(self) -> None:
        """Poll the store and build the newest page, as every two seconds."""
        self.reader.read()
        self.build_page()

    def find_all(self) -> None:
        """List the whole bucket."""
        while self.backfill.read():
            pass

    def build_page(self) -> None:
        """Build the newest page, as a refresh of an open page does."""
        self.gallery.page(GalleryQuery())

    def list_recent(self) -> None:
        """List the last minutes, as some polls do."""
        now = time.time()
        list(listing.since(self.gallery.store, now - LOOKBACK_SECONDS, now))

    def search(self, number: int = 0) -> None:
        """Search until every prompt is read."""
        query = parse_query(f"cat {number}")
        page = self.gallery.page(query)
        while page.prompts_read < page.prompts_known:
            for _ in range(_READS_PER_TICK):
                self.gallery.prompts.read()
            page = self.gallery.page(query)


def main(runs: int = 40) -> None:
    """Measure the gallery at each size, then the page of the largest bucket."""
    with minio_server() as minio, tempfile.TemporaryDirectory() as folder:
        buckets = [_fill(minio, Path(folder), count) for count in _COUNTS]
        _show("The first poll after a start", _once(buckets, Bucket.refresh), "ms")
        _show("Listing all names in the background", _once(buckets, Bucket.find_all), "s")
        _show(
            "A refresh: poll the store, and build a page", _in_turn(buckets, Bucket.refresh, runs)
        )
        _show("Its page alone, from memory", _in_turn(buckets, Bucket.build_page, runs))
        _show(
            "A listing of new names: every 5 s, at most 1 % of the time",
            _in_turn(buckets, Bucket.list_recent, runs),
        )
        _show("The first search, which reads all prompts", _once(buckets, Bucket.search), "s")
        _show("Another search", _in_turn(buckets, lambda bucket: bucket.search(runs), 1))
        largest = buckets[-1]
        gallery_browser.measure(largest.settings, Path(folder) / "browser", largest.count)


def _fill(minio: MinioServer, folder: Path, count: int) -> Bucket:
    settings = minio.settings(data_dir=folder / str(count))
    now = time.time()
    fill(settings, count, now)
    store, events = open_store(settings), open_events(settings)
    index, journal = GalleryIndex(now), Journal()
    gallery = Gallery(index, GalleryPrompts(store, index, journal), store, events)
    reader, backfill = GalleryReader(store, index, journal), GalleryBackfill(store, index)
    return Bucket(count, settings, gallery, reader, backfill)


def _once(buckets: list[Bucket], action: Callable[[Bucket], None]) -> list[tuple[float, ...]]:
    return _in_turn(buckets, action, 1)


def _in_turn(
    buckets: list[Bucket], action: Callable[[Bucket], None], runs: int
) -> list[tuple[float, ...]]:
    """Alternate between buckets, so that noise of the machine affects all of them."""
    rows = [[_seconds(action, bucket) for bucket in buckets] for _ in range(runs)]
    return list(zip(*rows, strict=True))


def _seconds(action: Callable[[Bucket], None], bucket: Bucket) -> float:
    started = time.perf_counter()
    action(bucket)
    return time.perf_counter() - started


def _show(title: str, columns: list[tuple[float, ...]], unit: str = "ms") -> None:
    factor = 1000 if unit == "ms" else 1
    figures = [
        Figure(f"{count:,} pictures", tuple(value * factor for value in values), unit)
        for count, values in zip(_COUNTS, columns, strict=True)
    ]
    show(title, figures)
