"""The sampler: makes samples and snapshots from the newest reading of every source."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dashboard.domain.fleet import FleetReading
from dashboard.domain.inputs import Observation, Observer, noop
from dashboard.domain.jobs import JobView
from dashboard.domain.journal import Journal
from dashboard.domain.queue_counts import count_jobs
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from dashboard.domain.workers import apply_newer_events, to_worker
from dashboard.gallery.index import GalleryIndex
from dashboard.sampling.fault_annotations import annotate
from dashboard.sampling.history import SAMPLE_INTERVAL_SECONDS, History, extend
from dashboard.sampling.samples import make_sample, with_gpu_lane
from dashboard.sampling.source import STOP_SECONDS, Source
from wire.queues.base import QueueDepth

REFRESH_INTERVAL_SECONDS = 0.5
"""Seconds between two snapshots without news, so that displayed ages advance."""

_MIN_PAUSE_SECONDS = 0.1
"""Between two snapshots, however much happens."""
_MAX_SHARE = 0.25
"""The share of a core that snapshots take at most: one of 10,000 workers takes 0.1 s of it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sources:
    """All sources, each with its own thread, so that one that hangs does not delay the others."""

    queue: Source[QueueDepth]
    store: Source[int]
    events: Source[int]
    dead_letters: Source[int]
    gallery: tuple[Source[int], ...] = ()
    """What the gallery reads beyond the newest pictures; not part of an observation."""
    turns: Source[None] | None = None
    """Makes jobs ready whose turn has come; reads nothing."""
    model: Source[None] | None = None
    """Announcements of workers whose events were not received; not part of an observation."""
    fleet: Source[FleetReading] | None = None
    """None where this mode cannot read a fleet."""
    space: tuple[Source[str | None], ...] = ()
    """Why nothing more can be stored; None if it can. For readiness only, no observation."""

    def all(self) -> tuple[Source[Any], ...]:
        """Return every source."""
        optional = (source for source in (self.turns, self.model, self.fleet) if source)
        required = (self.queue, self.store, self.events, self.dead_letters)
        return (*required, *self.gallery, *self.space, *optional)

    def start(self) -> None:
        """Start every source."""
        for source in self.all():
            source.start()

    def stop(self) -> None:
        """Stop every source; calls in progress are waited for together."""
        for source in self.all():
            source.request_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for source in self.all():
            source.stop(max(0.0, deadline - time.monotonic()))

    def observe(self) -> Observation:
        """Return the newest reading of every source without blocking."""
        return Observation(
            at=time.time(),
            queue=self.queue.reading(),
            store=self.store.reading(),
            events=self.events.reading(),
            fleet=self.fleet.reading() if self.fleet else None,
        )


class Sampler:
    """Makes samples and snapshots from observations.

    Args:
        observe: returns the newest reading of every source without blocking.
        journal: the jobs and workers.
        gallery: the pictures.
        mode: how the dashboard runs, for the page's label.
        lanes: the lanes of the timeline, top to bottom.
        observer: called with each observation from which a snapshot is made.

    """

    def __init__(
        self,
        observe: Callable[[], Observation],
        journal: Journal,
        gallery: GalleryIndex,
        mode: str,
        lanes: tuple[str, ...],
        observer: Observer = noop,
    ) -> None:
        self._observe = observe
        self._journal = journal
        self._gallery = gallery
        self._mode = mode
        self._lanes = lanes
        self._observer = observer
        self._history = History()
        self._pictures_sampled = 0
        self._begun = self._completed = 0
        """The number of the newest snapshot that was begun, and of the newest that was made."""
        self._lock = threading.Lock()
        self._snapshot = self._make_snapshot(observe())
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Start the thread that makes snapshots."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; the newest snapshot remains."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot without blocking."""
        return self._snapshot

    def refresh(self) -> None:
        """Make a snapshot now, or wait for one that another thread begins after this call."""
        self._update(sampled=False)

    def wake(self) -> None:
        """Have the sampler's thread make the next snapshot soon; returns at once."""
        self._woken.set()

    def sample(self) -> None:
        """Add one point to every lane, and make a snapshot."""
        self._update(sampled=True)

    def fold(self, observation: Observation) -> None:
        """Apply an observation without making a snapshot."""
        if observation.fleet and observation.fleet.value:
            self._journal.record_fleet(observation.fleet.value.workers)
        if observation.sampled:
            stored = self._gallery.stored_since_start()
            sample = self._make_sample(observation, self._journal.jobs(), stored)
            self._history = extend(self._history, sample)
            self._pictures_sampled = stored

    def _update(self, sampled: bool) -> None:
        begun = self._begun
        with self._lock:
            if self._completed > begun and not sampled:
                return
            self._begun += 1
            observation = replace(self._observe(), sampled=sampled)
            self._observer(observation)
            self.fold(observation)
            self._snapshot = self._make_snapshot(observation)
            self._completed = self._begun

    def _run(self) -> None:
        next_sample, pause = time.monotonic(), _MIN_PAUSE_SECONDS
        while not self._stopping.wait(pause):
            self._woken.wait(max(0.0, REFRESH_INTERVAL_SECONDS - pause))
            self._woken.clear()
            due, cpu = time.monotonic() >= next_sample, time.thread_time()
            if due:
                next_sample = (
                    time.monotonic() + SAMPLE_INTERVAL_SECONDS - REFRESH_INTERVAL_SECONDS / 2
                )
            try:
                self.sample() if due else self.refresh()
            except Exception:  # noqa: BLE001, an unexpected error must not end the thread
                _log.exception("A snapshot failed; the next one is made as usual.")
            pause = pause_after(time.thread_time() - cpu)

    def _make_sample(
        self, observation: Observation, jobs: tuple[JobView, ...], stored: int
    ) -> Sample:
        queue = observation.queue
        known = observation.store.value is not None or observation.events.value is not None
        return make_sample(
            at=observation.at,
            counts=count_jobs(queue.value, queue.at or observation.at, jobs),
            fleet=observation.fleet.value if observation.fleet else None,
            pictures=stored - self._pictures_sampled if known else None,
            devices=self._journal.devices(),
        )

    def _make_snapshot(self, observation: Observation) -> Snapshot:
        jobs = self._journal.jobs()
        submitted = (view.submitted_at for view in jobs if view.submitted_at is not None)
        stored = self._gallery.stored_since_start()
        # Unknown until the store or the events have answered for the first time.
        known = observation.store.at is not None or observation.events.at is not None
        faults = self._journal.faults()
        return Snapshot(
            at=observation.at,
            mode=self._mode,
            lanes=with_gpu_lane(self._lanes) if self._journal.has_seen_gpu() else self._lanes,
            queue=observation.queue,
            store=observation.store,
            fleet=self._current_fleet(observation.fleet),
            reported_workers=tuple(to_worker(view) for view in self._journal.workers().values()),
            devices=self._journal.devices(),
            # The chart ends at the snapshot's time, with the numbers that are shown beside it.
            samples=(*self._history.samples, self._make_sample(observation, jobs, stored)),
            annotations=annotate(self._history.annotations(submitted), faults, jobs, self._lanes),
            jobs=jobs,
            faults=faults,
            pictures=self._gallery.newest(),
            pictures_total=stored if known else None,
            pictures_stored=None if observation.store.at is None else self._gallery.count(),
            model=self._journal.model(),
        )

    def _current_fleet(self, fleet: Reading[FleetReading] | None) -> Reading[FleetReading] | None:
        """Update the workers of the newest reading, so that all pages count the same jobs."""
        if fleet is None or fleet.value is None or fleet.at is None:
            return fleet
        workers = apply_newer_events(fleet.value.workers, fleet.at, self._journal.workers())
        return replace(fleet, value=replace(fleet.value, workers=workers))


def pause_after(seconds: float) -> float:
    """Return the seconds until the next snapshot, after one that took ``seconds`` of a core."""
    return max(_MIN_PAUSE_SECONDS, seconds / _MAX_SHARE - seconds)
