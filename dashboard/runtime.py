"""The running parts of a dashboard process, made once and shared by all its sessions.

Nothing here needs the broker or the store to be there: a page opens, and says what is away.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dashboard.fleet.choice import choose
from dashboard.fleet.supervisor import Supervisor
from dashboard.gallery import Gallery
from dashboard.join.approvals import Approvals
from dashboard.readings.dead_letters import DeadLetterReader, dead_letter_of
from dashboard.readings.gallery_index import GalleryIndex
from dashboard.readings.gallery_prompts import GalleryPrompts
from dashboard.readings.gallery_reader import EVERY, GalleryReader
from dashboard.readings.gallery_walk import GalleryWalk
from dashboard.readings.inputs import Observers
from dashboard.readings.jobs import JobView
from dashboard.readings.journal import Journal
from dashboard.readings.sampler import Sampler, Sources
from dashboard.readings.source import Source
from dashboard.readings.stored_jobs import stored_job
from wire import cancellation
from wire.backends import open_events, open_queue, open_store
from wire.errors import StoreUnavailable
from wire.event import Event
from wire.events import Events
from wire.job import Job, JobRequest, new_job
from wire.picture import Metadata, decode_metadata, metadata_name
from wire.queue import DeadLetter, Queue
from wire.settings import Settings
from wire.store import Store

_LISTEN = 0.5
"""Seconds that one look at the events waits for the next of them."""
_LONGEST_SILENCE = 3600.0
"""Seconds without a word, after which a worker that nobody watches is forgotten."""

_lock = threading.Lock()
_running: "Runtime | None" = None
_shown: "Callable[[], Runtime] | None" = None


@dataclass(frozen=True)
class Runtime:
    """Everything that a page or a route may use."""

    settings: Settings
    queue: Queue
    store: Store
    events: Events
    journal: Journal
    gallery: Gallery
    approvals: Approvals | None
    """None in a replay: what waited was not recorded."""
    dead_letters: DeadLetterReader | None
    """None in a replay: they are not recorded."""
    sampler: Sampler
    observers: Observers
    """Who is told of everything that enters what the pages show, such as a recorder."""
    sources: Sources | None
    """None in a replay, where nothing is read."""
    supervisor: Supervisor | None
    """None where somebody else runs the workers."""

    @property
    def replaying(self) -> bool:
        """Whether this is a recording that plays, and no live run."""
        return self.sources is None

    def now(self) -> float:
        """Return Unix seconds: the clock's, or in a replay those of the recording."""
        return self.sampler.snapshot().at if self.replaying else time.time()

    def submit(self, request: JobRequest) -> Job:
        """Put a job on the queue; it is safe once this returns.

        Raises PublishRefused, and then nothing was sent; or QueueUnavailable, and then the
        job may be on the queue if the sentence says so. Raises StoreUnavailable, and sends
        nothing, if its pictures have to wait for approval and that cannot be noted.
        """
        job = new_job(request)
        accepted = Event(kind="accepted", job_id=job.id, job=job)
        if job.held:
            self.approvals.hold(job.id)
        self.queue.publish(job)
        self._tell(accepted)
        return job

    def retry(self, job: Job) -> Job:
        """Put a failed job on the queue again; as a new one if its dead letter is gone.

        Raises QueueError.
        """
        letter = dead_letter_of(self.queue, job.id)
        if letter is None:
            return self.submit(JobRequest(**job.model_dump(exclude={"id"})))
        self.retry_dead_letter(letter)
        return job

    def retry_dead_letter(self, letter: DeadLetter) -> None:
        """Put a dead letter's job on the queue again.

        Raises MessageError if it was no job, QueueError.
        """
        accepted = (
            Event(kind="accepted", job_id=letter.job.id, job=letter.job) if letter.job else None
        )
        self.queue.retry_dead_letter(letter.receipt)
        self._forget_letter(letter)
        if accepted:
            self._tell(accepted)

    def drop_dead_letter(self, letter: DeadLetter) -> None:
        """Forget a dead letter; raises QueueUnavailable."""
        self.queue.drop_dead_letter(letter.receipt)
        self._forget_letter(letter)

    def cancel(self, job_id: str) -> None:
        """Take a job back; a worker that has it stops at its next look.

        Raises StoreUnavailable, and then the job goes on.
        """
        cancellation.cancel(self.store, job_id)
        self._tell(Event(kind="cancelled", job_id=job_id))

    def cancel_waiting(self) -> int:
        """Take back all jobs that wait, and return how many they were.

        Raises StoreUnavailable, and then those left go on.
        """
        waiting = [view for view in self.journal.unfinished() if view.state == "waiting"]
        for view in waiting:
            self.cancel(view.job.id)
        return len(waiting)

    def forget_finished(self) -> int:
        """Drop what is finished from the list of jobs; pictures and dead letters stay."""
        number = self.journal.forget_finished()
        self.sampler.refresh()
        return number

    def find_job(self, job_id: str) -> JobView | None:
        """Return a job that was heard of or is stored; raises StoreUnavailable."""
        return self.journal.find(job_id) or stored_job(self.store, job_id)

    def shown_pictures(self, view: JobView) -> tuple[str, ...]:
        """Return the names of a job's pictures, but none that wait for approval."""
        withheld = self.approvals is not None and self.approvals.of(view.job.id) is not None
        return () if withheld else view.pictures

    def metadata(self, job_id: str) -> Metadata:
        """Read what is known of a finished job's pictures, for a person who clicked.

        Raises ObjectMissing, MessageError or StoreUnavailable. While the store is known to
        be away it is not asked, so that no click waits until it gives up.
        """
        if error := self.sampler.snapshot().store.error:
            raise StoreUnavailable(error)
        return decode_metadata(self.store.get(metadata_name(job_id)))

    def _forget_letter(self, letter: DeadLetter) -> None:
        if self.dead_letters:
            self.dead_letters.forget(letter.receipt)

    def _tell(self, event: Event) -> None:
        self.journal.record(event)
        self.sampler.refresh()
        self.events.send(event)


def start(settings: Settings) -> Runtime:
    """Make the parts and set them going; once per process."""
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


def show(replay: Callable[[], Runtime] | None) -> None:
    """Let all pages draw from a replay, or from the live run again; that goes on meanwhile."""
    global _shown
    _shown = replay


def current() -> Runtime:
    """Return what the pages show."""
    if _shown is not None:
        return _shown()
    if _running is None:
        raise RuntimeError("The dashboard's parts do not run; start it with `make demo`.")
    return _running


def live() -> Runtime | None:
    """Return what runs in this process, whatever the pages show; None in a mere replay."""
    return _running


def _assembled(settings: Settings) -> Runtime:
    queue, store, events = open_queue(settings), open_store(settings), open_events(settings)
    observers = Observers()
    silence = None if settings.local_fleet else _LONGEST_SILENCE
    journal = Journal(longest_silence=silence, observer=observers.tell)
    index = GalleryIndex(started=time.time(), observer=observers.tell)
    gallery = Gallery(index, GalleryPrompts(store, index, journal), store, events)
    dead_letters = DeadLetterReader(queue, journal)
    approvals = Approvals(store, index, settings.join_approval)
    reader = GalleryReader(store, index, journal, read_marks=approvals.read)
    fleet = choose(settings, queue, journal)
    hear = partial(_hear, events, journal, index, approvals, time.time())
    sources = Sources(
        queue=Source("the queue", queue.depth, every=1.0),
        store=Source("the store", reader.read, every=EVERY),
        gallery=(
            Source("the prompts", gallery.prompts.read, every=0.25, answer_within=30.0),
            Source("the older pictures", GalleryWalk(store, index).read, every=0.1),
            Source("the stars", gallery.read_stars, every=10.0),
        ),
        events=Source("the stream of events", hear, every=0.0, answer_within=_LISTEN + 3.0),
        dead_letters=Source("the dead letters", dead_letters.read, every=5.0),
        fleet=fleet.source,
    )
    sampler = Sampler(sources.look, journal, index, fleet.mode, fleet.lanes, observers.tell)
    return Runtime(
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


def _hear(
    events: Events, journal: Journal, index: GalleryIndex, approvals: Approvals, started: float
) -> int:
    heard = events.receive(_LISTEN)
    for event in heard:
        if event.job and event.job.held and journal.find(event.job.id) is None:
            approvals.note_held(event.job.id)
        journal.record(event)
        if event.kind == "stored" and event.at >= started:
            # A picture stored earlier may be gone by now: the store tells of those.
            _hear_of_picture(event, journal, index, approvals)
        elif event.kind == "deleted" and event.name:
            index.remove(event.name)
    return len(heard)


def _hear_of_picture(
    event: Event, journal: Journal, index: GalleryIndex, approvals: Approvals
) -> None:
    if event.name is None or event.job_id is None:
        return
    if view := journal.find(event.job_id):
        index.add(event.name, event.at)
        index.tell_prompt(event.job_id, view.job.prompt)
    else:
        approvals.keep(event.name, event.at)
