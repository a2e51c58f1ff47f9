"""One sampler per process: it reads every source, and keeps a snapshot ready for all pages.

Each source has its own thread, so that one which hangs does not delay the others. What
cannot be read is unknown in the snapshot, never zero.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from dashboard.domain.fleet import FleetReading
from dashboard.domain.inputs import Observation, Observer, nobody
from dashboard.domain.journal import Journal
from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.domain.workers import worker_of
from dashboard.gallery.index import GalleryIndex
from dashboard.sampling.history import SAMPLE_EVERY, History, extend
from dashboard.sampling.samples import sample_of
from dashboard.sampling.source import Source
from wire.queues.base import QueueDepth

REFRESH_EVERY = 0.5
"""Seconds between two snapshots when nothing happens, so that ages go on."""

_REST = 0.1
"""Seconds between two snapshots, at least, however much happens."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sources:
    """What is read; ``fleet`` is None where nothing can be asked about workers."""

    queue: Source[QueueDepth]
    store: Source[int]
    events: Source[int]
    dead_letters: Source[int]
    gallery: tuple[Source[int], ...] = ()
    """What the gallery knows beyond the newest pictures: it is no lane, and has no pill."""
    fleet: Source[FleetReading] | None = None

    def all(self) -> tuple[Source, ...]:
        """Return every source there is."""
        found = (self.queue, self.store, self.events, self.dead_letters, *self.gallery, self.fleet)
        return tuple(source for source in found if source)

    def start(self) -> None:
        """Begin to read."""
        for source in self.all():
            source.start()

    def stop(self) -> None:
        """Read no more; waits a little for looks in progress, for all of them together."""
        for source in self.all():
            source.request_stop()
        for source in self.all():
            source.stop()

    def observe(self) -> Observation:
        """Return what each source said last, at once."""
        return Observation(
            at=time.time(),
            queue=self.queue.reading(),
            store=self.store.reading(),
            events=self.events.reading(),
            fleet=self.fleet.reading() if self.fleet else None,
        )


class Sampler:
    """Makes samples and snapshots from what the sources last said.

    Args:
        look: returns what each source said last, at once.
        journal: the jobs.
        gallery: the pictures.
        mode: how the dashboard runs, for the page's label.
        lanes: the lanes of the timeline, top to bottom.
        observer: is told of each look from which a snapshot is made.

    """

    def __init__(
        self,
        look: Callable[[], Observation],
        journal: Journal,
        gallery: GalleryIndex,
        mode: str,
        lanes: tuple[str, ...],
        observer: Observer = nobody,
    ) -> None:
        self._look = look
        self._journal = journal
        self._gallery = gallery
        self._mode = mode
        self._lanes = lanes
        self._observer = observer
        self._history = History()
        self._pictures_sampled = 0
        self._lock = threading.Lock()
        self._snapshot = self._compose(look())
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin to make snapshots."""
        self._thread.start()

    def stop(self) -> None:
        """Make no more; the last snapshot stays."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot, at once."""
        return self._snapshot

    def refresh(self) -> None:
        """Make a new snapshot now, for something that a person should see at once."""
        self._take(sampled=False)

    def wake(self) -> None:
        """Make the next snapshot soon, from another thread; returns at once."""
        self._woken.set()

    def sample(self) -> None:
        """Add one point to every lane."""
        self._take(sampled=True)

    def fold(self, look: Observation) -> None:
        """Take in a look, without a new snapshot."""
        if look.fleet and look.fleet.value:
            self._journal.note_fleet(look.fleet.value.workers)
        if look.sampled:
            stored = self._gallery.stored_since_start()
            self._history = extend(self._history, self._observe(look, stored))
            self._pictures_sampled = stored

    def _take(self, sampled: bool) -> None:
        with self._lock:
            look = replace(self._look(), sampled=sampled)
            self._observer(look)
            self.fold(look)
            self._snapshot = self._compose(look)

    def _run(self) -> None:
        next_sample = time.monotonic()
        while not self._stopping.wait(_REST):
            self._woken.wait(REFRESH_EVERY - _REST)
            self._woken.clear()
            due = time.monotonic() >= next_sample
            if due:
                next_sample = time.monotonic() + SAMPLE_EVERY - REFRESH_EVERY / 2
            try:
                self.sample() if due else self.refresh()
            except Exception:  # noqa: BLE001, the page says that it ended, whatever ended it
                _log.exception("No snapshot could be made; the next one is tried.")

    def _observe(self, look: Observation, stored: int) -> Sample:
        told = look.store.value is not None or look.events.value is not None
        pictures = stored - self._pictures_sampled if told else None
        fleet = look.fleet.value if look.fleet else None
        return sample_of(look.at, look.queue.value, fleet, pictures)

    def _compose(self, look: Observation) -> Snapshot:
        jobs = self._journal.jobs()
        submitted = (view.submitted_at for view in jobs if view.submitted_at is not None)
        stored = self._gallery.stored_since_start()
        # Unknown until the store or the events have answered for the first time.
        known = look.store.at is not None or look.events.at is not None
        return Snapshot(
            at=look.at,
            mode=self._mode,
            lanes=self._lanes,
            queue=look.queue,
            store=look.store,
            fleet=look.fleet,
            reported_workers=tuple(worker_of(view) for view in self._journal.workers().values()),
            # The last one is now, so that the chart says the same as the numbers beside it.
            samples=(*self._history.samples, self._observe(look, stored)),
            annotations=self._history.annotations(submitted),
            jobs=jobs,
            pictures=self._gallery.newest(),
            pictures_total=stored if known else None,
        )
