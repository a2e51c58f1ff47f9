"""The running parts of a dashboard process, made once and shared by all its sessions.

Nothing here needs the broker or the store to be there: a page opens, and says what is away.
"""

import threading
import time
from collections.abc import Callable

from core.settings import Settings
from dashboard.domain.inputs import Observers, PictureFound
from dashboard.domain.journal import Journal
from dashboard.gallery.approvals import Approvals
from dashboard.gallery.backfill import GalleryBackfill
from dashboard.gallery.gallery import Gallery
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.prompts import GalleryPrompts
from dashboard.gallery.reader import EVERY, GalleryReader
from dashboard.runtime.context import AppContext
from dashboard.runtime.fleet_setup import choose
from dashboard.runtime.listener import LISTEN, Listener
from dashboard.sampling.dead_letters import DeadLetterReader
from dashboard.sampling.sampler import Sampler, Sources
from dashboard.sampling.source import Source
from wire.backends import open_events, open_queue, open_store

_LONGEST_SILENCE = 3600.0
"""Seconds without a word, after which a worker that nobody watches is forgotten."""

_lock = threading.Lock()
_running: "AppContext | None" = None
_shown: "Callable[[], AppContext] | None" = None


def start(settings: Settings) -> AppContext:
    """Make the context and set them going; once per process."""
    global _running
    with _lock:
        if _running is None:
            _running = _assembled(settings)
            if _running.sources:
                _running.sources.start()
            _running.sampler.start()
            if _running.supervisor:
                _running.supervisor.start()
        return _running


def stop() -> None:
    """Stop what was started, workers included; returns when nothing is left running."""
    global _running
    with _lock:
        runtime, _running = _running, None
    if runtime is None:
        return
    if runtime.supervisor:
        runtime.supervisor.stop()
    if runtime.sources:
        runtime.sources.stop()
    runtime.sampler.stop()
    runtime.events.close()
    runtime.queue.close()


def show(replay: Callable[[], AppContext] | None) -> None:
    """Let all pages draw from a replay, or from the live run again; that goes on meanwhile."""
    global _shown
    _shown = replay


def current() -> AppContext:
    """Return what the pages show."""
    if _shown is not None:
        return _shown()
    if _running is None:
        raise RuntimeError("The dashboard's context do not run; start it with `make demo`.")
    return _running


def live() -> AppContext | None:
    """Return what runs in this process, whatever the pages show; None in a mere replay."""
    return _running


def _assembled(settings: Settings) -> AppContext:
    queue, store, events = open_queue(settings), open_store(settings), open_events(settings)
    observers = Observers()
    silence = None if settings.local_fleet else _LONGEST_SILENCE
    journal = Journal(worker_timeout=silence, observer=observers.notify)
    index = GalleryIndex(started=time.time(), observer=observers.notify)
    gallery = Gallery(index, GalleryPrompts(store, index, journal), store, events)
    dead_letters = DeadLetterReader(queue, journal)
    approvals = Approvals(store, index, settings.join_approval)
    reader = GalleryReader(store, index, journal, read_marks=approvals.read)
    fleet = choose(settings, queue, journal)
    listener = Listener(events, journal, index, approvals, started=time.time())
    sources = Sources(
        queue=Source("the queue", queue.depth, every=1.0),
        store=Source("the store", reader.read, every=EVERY),
        gallery=(
            Source("the prompts", gallery.prompts.read, every=0.25, answer_within=30.0),
            Source("the older pictures", GalleryBackfill(store, index).read, every=0.1),
            Source("the stars", gallery.read_stars, every=10.0),
        ),
        events=Source(
            "the stream of events", listener.receive, every=0.0, answer_within=LISTEN + 3.0
        ),
        dead_letters=Source("the dead letters", dead_letters.read, every=5.0),
        fleet=fleet.source,
    )
    sampler = Sampler(sources.observe, journal, index, fleet.mode, fleet.lanes, observers.notify)
    # A picture is what people wait for: it is not kept until the next refresh.
    observers.attach(lambda one: sampler.wake() if isinstance(one, PictureFound) else None)
    return AppContext(
        settings=settings,
        queue=queue,
        store=store,
        events=events,
        journal=journal,
        gallery=gallery,
        approvals=approvals,
        dead_letters=dead_letters,
        sampler=sampler,
        observers=observers,
        sources=sources,
        supervisor=fleet.supervisor,
    )
