"""Start and stop the context that all sessions of a dashboard process share.

Neither the broker nor the store has to be available: pages open and show what is missing.
"""

import threading
import time
from collections.abc import Callable

from core.settings import Settings
from dashboard.domain.inputs import Input, Observers, PictureFound
from dashboard.domain.journal import MAX_UNFINISHED_JOBS, Journal
from dashboard.gallery.approvals import Approvals
from dashboard.gallery.backfill import GalleryBackfill, GalleryPrompts
from dashboard.gallery.gallery import Gallery
from dashboard.gallery.hearts import Hearts
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.reader import POLL_INTERVAL_SECONDS, GalleryReader
from dashboard.runtime.context import AppContext
from dashboard.runtime.fleet_setup import FleetSetup, set_up_fleet
from dashboard.runtime.listener import RECEIVE_TIMEOUT_SECONDS, Listener
from dashboard.runtime.waiting_limit import WaitingLimit
from dashboard.sampling.announcements import AnnouncementReader
from dashboard.sampling.dead_letters import DeadLetterReader
from dashboard.sampling.sampler import Sampler, Sources
from dashboard.sampling.source import Source
from dashboard.sampling.space import space_sources
from wire.backends import open_events, open_queue, open_store
from wire.events.base import Events
from wire.stores.base import Store

_MAX_SILENCE_SECONDS = 3600.0
"""Without an event for so long, a worker that no fleet reports is dropped."""

_lock = threading.Lock()
_live: AppContext | None = None
_replay: Callable[[], AppContext] | None = None


def start(settings: Settings) -> AppContext:
    """Build the context and start its threads, unless that is done already."""
    global _live
    with _lock:
        if _live is None:
            _live = _build_context(settings)
            if _live.sources:
                _live.sources.start()
            _live.sampler.start()
            if _live.supervisor:
                _live.supervisor.start()
        return _live


def stop() -> None:
    """Stop all threads and local workers, and wait for them."""
    global _live
    with _lock:
        context, _live = _live, None
    if context is None:
        return
    if context.supervisor:
        context.supervisor.stop()
    if context.sources:
        context.sources.stop()
    context.sampler.stop()
    context.events.close()
    context.queue.close()


def show(replay: Callable[[], AppContext] | None) -> None:
    """Show a replay on all pages, or the live run again, which goes on meanwhile."""
    global _replay
    _replay = replay


def current() -> AppContext:
    """Return the context that pages show: the replay's, or the live one."""
    replay, context = _replay, _live
    if replay is not None:
        return replay()
    if context is None:
        raise RuntimeError("The dashboard is not running; start it with `make demo`.")
    return context


def live() -> AppContext | None:
    """Return the live context, whatever pages show; None if this process only replays."""
    return _live


def _build_context(settings: Settings) -> AppContext:
    queue, store, events = open_queue(settings), open_store(settings), open_events(settings)
    observers = Observers()
    journal = _build_journal(settings, observers)
    gallery = _build_gallery(store, events, journal, observers)
    approvals = Approvals(store, gallery.index, settings.join_approval)
    hearts = Hearts(store)
    dead_letters = DeadLetterReader(queue, journal)
    fleet = set_up_fleet(settings, queue, journal)
    sources = Sources(
        queue=Source("the queue", queue.depth, every=1.0),
        store=_store_source(gallery, journal, approvals),
        gallery=_gallery_sources(gallery, hearts),
        events=_event_source(events, journal, gallery.index, approvals),
        dead_letters=Source("the dead letters", dead_letters.read, every=5.0),
        turns=Source("the turns", queue.dispatch, every=0.25),
        model=Source("the model", AnnouncementReader(store, journal).read, every=10.0),
        fleet=fleet.source,
        space=space_sources(settings, store),
    )
    return AppContext(
        settings=settings,
        queue=queue,
        store=store,
        events=events,
        journal=journal,
        gallery=gallery,
        approvals=approvals,
        hearts=hearts,
        dead_letters=dead_letters,
        sampler=_build_sampler(sources, journal, gallery.index, fleet, observers),
        observers=observers,
        sources=sources,
        supervisor=fleet.supervisor,
        waiting_limit=WaitingLimit(settings.max_waiting_jobs),
    )


def _build_journal(settings: Settings, observers: Observers) -> Journal:
    silence = None if settings.local_fleet else _MAX_SILENCE_SECONDS
    # Twice, for those in progress, and those that were cancelled and no worker has dropped yet.
    unfinished = max(MAX_UNFINISHED_JOBS, 2 * settings.max_waiting_jobs)
    return Journal(max_unfinished=unfinished, worker_timeout=silence, observer=observers.notify)


def _build_gallery(store: Store, events: Events, journal: Journal, observers: Observers) -> Gallery:
    index = GalleryIndex(started=time.time(), observer=observers.notify)
    return Gallery(index, GalleryPrompts(store, index, journal), store, events)


def _store_source(gallery: Gallery, journal: Journal, approvals: Approvals) -> Source[int]:
    reader = GalleryReader(gallery.store, gallery.index, journal, read_marks=approvals.read)
    return Source("the store", reader.read, every=POLL_INTERVAL_SECONDS)


def _gallery_sources(gallery: Gallery, hearts: Hearts) -> tuple[Source[int], ...]:
    backfill = GalleryBackfill(gallery.store, gallery.index)
    return (
        Source("the prompts", gallery.prompts.read, every=0.25, answer_within=30.0),
        Source("the older pictures", backfill.read, every=0.1),
        Source("the stars", gallery.read_stars, every=10.0),
        Source("the hearts", hearts.read, every=10.0, answer_within=30.0),
    )


def _event_source(
    events: Events, journal: Journal, index: GalleryIndex, approvals: Approvals
) -> Source[int]:
    listener = Listener(events, journal, index, approvals, started=time.time())
    return Source(
        "the event stream", listener.receive, every=0.0, answer_within=RECEIVE_TIMEOUT_SECONDS + 3.0
    )


def _build_sampler(
    sources: Sources,
    journal: Journal,
    index: GalleryIndex,
    fleet: FleetSetup,
    observers: Observers,
) -> Sampler:
    sampler = Sampler(sources.observe, journal, index, fleet.mode, fleet.lanes, observers.notify)

    def wake_for_picture(received: Input) -> None:
        if isinstance(received, PictureFound):
            sampler.wake()

    # People wait for pictures: a new one is shown before the next periodic refresh.
    observers.attach(wake_for_picture)
    return sampler
