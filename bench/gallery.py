"""The gallery at 24, 10,000 and 100,000 stored pictures on MinIO, and as a browser sees it."""

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
from dashboard.gallery.reader import LOOKBACK, GalleryReader
from tests.support.minio_server import MinioServer
from wire.backends import open_events, open_store

_COUNTS = (24, 10_000, 100_000)
_READS_PER_TICK = 4
"""How often prompts are read between two ticks of a page that searches."""


@dataclass(frozen=True)
class Filled:
    """A bucket, and a gallery over it whose threads are our own calls."""

    count: int
    settings: Settings
    gallery: Gallery
    reader: GalleryReader
    walk: GalleryBackfill

    def refresh(self) -> None:
        """Do what happens every two seconds: look at the store, and draw the newest page."""
        self.reader.read()
        self.draw()

    def find_all(self) -> None:
        """Look through the whole bucket."""
        while self.walk.read():
            pass

    def draw(self) -> None:
        """Do what a tick of an open page does."""
        self.gallery.page(GalleryQuery())

    def list_what_is_new(self) -> None:
        """Do what a look does now and then: list the last minutes."""
        now = time.time()
        list(listing.since(self.gallery.store, now - LOOKBACK, now))

    def search(self, number: int = 0) -> None:
        """Search until every prompt is read."""
        query = parse_query(f"cat {number}")
        page = self.gallery.page(query)
        while page.prompts_read < page.prompts_known:
            for _ in range(_READS_PER_TICK):
                self.gallery.prompts.read()
            page = self.gallery.page(query)


def main(runs: int = 40) -> None:
    """Measure what the store costs at each size, then the page over the largest bucket."""
    with minio_server() as minio, tempfile.TemporaryDirectory() as folder:
        buckets = [_filled(minio, Path(folder), count) for count in _COUNTS]
        _show("The first look after a start", _once(buckets, Filled.refresh), "ms")
        _show("Until every name is known, in the background", _once(buckets, Filled.find_all), "s")
        _show("A refresh: a look at the store, and a page", _in_turn(buckets, Filled.refresh, runs))
        _show("Its page alone, from memory", _in_turn(buckets, Filled.draw, runs))
        _show(
            "A listing of what is new: every 5 s, and in 1 % of the time at most",
            _in_turn(buckets, Filled.list_what_is_new, runs),
        )
        _show("The first search, which reads all prompts", _once(buckets, Filled.search), "s")
        _show("Another search", _in_turn(buckets, lambda bucket: bucket.search(runs), 1))
        largest = buckets[-1]
        gallery_browser.measure(largest.settings, Path(folder) / "browser", largest.count)


def _filled(minio: MinioServer, folder: Path, count: int) -> Filled:
    settings = minio.settings(data_dir=folder / str(count))
    now = time.time()
    fill(minio, settings, count, now)
    store, events = open_store(settings), open_events(settings)
    index, journal = GalleryIndex(now), Journal()
    gallery = Gallery(index, GalleryPrompts(store, index, journal), store, events)
    reader, walk = GalleryReader(store, index, journal), GalleryBackfill(store, index)
    return Filled(count, settings, gallery, reader, walk)


def _once(buckets: list[Filled], action: Callable[[Filled], None]) -> list[tuple[float, ...]]:
    return _in_turn(buckets, action, 1)


def _in_turn(
    buckets: list[Filled], action: Callable[[Filled], None], runs: int
) -> list[tuple[float, ...]]:
    """Measure bucket by bucket, so that what disturbs the machine disturbs all of them."""
    rows = [[_seconds(action, bucket) for bucket in buckets] for _ in range(runs)]
    return list(zip(*rows, strict=True))


def _seconds(action: Callable[[Filled], None], bucket: Filled) -> float:
    begun = time.perf_counter()
    action(bucket)
    return time.perf_counter() - begun


def _show(title: str, columns: list[tuple[float, ...]], unit: str = "ms") -> None:
    factor = 1000 if unit == "ms" else 1
    figures = [
        Figure(f"{count:,} pictures", tuple(value * factor for value in values), unit)
        for count, values in zip(_COUNTS, columns, strict=True)
    ]
    show(title, figures)
