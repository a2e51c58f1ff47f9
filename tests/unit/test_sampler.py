"""Readings, samples and snapshots, and the pictures with their prompts."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from core.errors import MessageError, StoreUnavailable
from dashboard.domain.fleet import FleetReading, Node
from dashboard.domain.inputs import Observation
from dashboard.domain.journal import Journal
from dashboard.domain.queue_counts import QueueCounts
from dashboard.gallery import listing
from dashboard.gallery.backfill import GalleryPrompts
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.reader import GalleryReader
from dashboard.gallery.stored_jobs import job_of, stored_job, view_of
from dashboard.sampling.sampler import Sampler, Sources, pause_after
from dashboard.sampling.samples import make_sample
from dashboard.sampling.source import STOP_SECONDS, Source
from tests.support.conditions import wait_until
from tests.support.samples import metadata_of
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.metadata import encode_metadata
from wire.messages.object_names import metadata_name, picture_name
from wire.messages.parameters import GenerationParameters
from wire.queues.base import QueueDepth
from wire.stores.base import Entry
from wire.stores.directory import DirectoryStore

NOW = 1_800_000_000.0
DAY = 86400.0


@dataclass
class Answers:
    """A source that returns, raises or hangs as a test sets it."""

    value: object = 0
    error: Exception | None = None
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.free.set()

    def __call__(self) -> object:
        """Return, raise or hang."""
        self.free.wait()
        if self.error:
            raise self.error
        return self.value


@contextmanager
def source(read: Callable[[], object]):
    """Run a source with short intervals and a timeout of 0.1 s."""
    running = Source("the store", read, every=0.01, answer_within=0.1)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def test_reading_has_the_newest_value_and_its_age():
    """A source returns its newest value with the time at which it was read."""
    with source(Answers(7)) as running:
        reading = wait_until(lambda: running.reading().value and running.reading(), what="a value")
    assert reading.value == 7
    assert reading.age(reading.at + 2) == 2


def test_failed_reading_is_unknown_with_an_error():
    """A failed source has an error, no value (never zero) and the time of its last success."""
    answers = Answers(7)
    with source(answers) as running:
        good = wait_until(lambda: running.reading().value and running.reading(), what="a value")
        answers.error = StoreUnavailable("The store does not answer.")
        bad = wait_until(
            lambda: running.reading().error and running.reading(), what="a failed reading"
        )
        assert (bad.value, bad.error) == (None, "The store does not answer.")
        assert bad.at >= good.at
        answers.error = None
        assert wait_until(lambda: running.reading().value, what="a value again") == 7


def test_hanging_source_becomes_unknown():
    """A call that does not return within the timeout counts as failed."""
    answers = Answers(7)
    with source(answers) as running:
        wait_until(lambda: running.reading().value, what="a value")
        answers.free.clear()
        error = wait_until(lambda: running.reading().error, what="the timeout")
        assert error.startswith("The store has not answered for ")
        assert running.reading().value is None
        answers.free.set()
        wait_until(lambda: running.reading().value, what="a value again")


def test_hanging_sources_delay_the_end_once():
    """All calls in progress are waited for together, not one after the other."""
    answers = Answers()
    answers.free.clear()
    hanging = [Source("the store", answers, every=1.0) for _ in range(10)]
    sources = Sources(*hanging[:4], gallery=tuple(hanging[4:]))
    sources.start()
    began = time.monotonic()
    sources.stop()
    assert time.monotonic() - began < 2.5 * STOP_SECONDS
    answers.free.set()


def test_unexpected_error_does_not_end_a_source():
    """An unexpected exception is an error of the reading; the thread continues."""
    answers = Answers(error=ValueError("boom"))
    with source(answers) as running:
        error = wait_until(lambda: running.reading().error, what="a failed reading")
        assert error == "Reading the store failed; see the dashboard's log."


@dataclass
class Setup:
    """A sampler whose sources a test sets."""

    sampler: Sampler
    journal: Journal
    gallery: GalleryIndex
    queue: Answers
    store: Answers
    events: Answers


@contextmanager
def sampling(error: Exception | None = None):
    """Run a sampler; store and events may fail at first."""
    journal, gallery = Journal(), GalleryIndex(started=NOW)
    queue, store, events = Answers(QueueDepth(2, 1)), Answers(0, error), Answers(0, error)
    sources = Sources(
        queue=Source("the queue", queue, 0.01, 0.1),
        store=Source("the store", store, 0.01, 0.1),
        events=Source("the events", events, 0.01, 0.1),
        dead_letters=Source("the dead letters", Answers(0), 0.01, 0.1),
    )
    sampler = Sampler(sources.observe, journal, gallery, "laptop", ("requests", "pictures"))
    sources.start()
    sampler.start()
    try:
        yield Setup(sampler, journal, gallery, queue, store, events)
    finally:
        queue.free.set()
        store.free.set()
        sources.stop()
        sampler.stop()


def fresh(setup: Setup):
    """Return a snapshot that is made now."""
    setup.sampler.refresh()
    return setup.sampler.snapshot()


def test_hanging_store_does_not_delay_the_queue():
    """While one source hangs, the readings of the others are updated."""
    with sampling() as setup:
        wait_until(lambda: fresh(setup).store.value is not None, what="the store's value")
        setup.store.free.clear()
        wait_until(lambda: fresh(setup).store.error, what="the store's timeout")
        setup.queue.value = QueueDepth(9, 0)
        wait_until(
            lambda: fresh(setup).queue.value == QueueDepth(9, 0), what="the queue's new value"
        )
        durations = []
        for _ in range(5):
            began = time.monotonic()
            fresh(setup)
            durations.append(time.monotonic() - began)
        assert min(durations) < 1  # waiting for the store would take three times as long


def test_unexpected_error_does_not_end_the_sampler(monkeypatch):
    """After an unexpected exception in one snapshot, the next ones are made."""
    with sampling() as setup:
        failed = threading.Event()

        def fail() -> None:
            failed.set()
            raise ValueError("boom")

        with monkeypatch.context() as broken:
            broken.setattr(setup.journal, "jobs", fail)
            assert failed.wait(30)
        before = setup.sampler.snapshot().at
        wait_until(lambda: setup.sampler.snapshot().at > before, what="another snapshot")


def test_snapshots_of_a_large_fleet_leave_most_of_the_time_to_pages():
    """However long a snapshot takes, they take a quarter of a core; small ones are not delayed."""
    assert pause_after(0.001) == 0.1
    assert pause_after(0.5) == pytest.approx(1.5)


def test_requests_at_the_same_time_share_a_snapshot():
    """Many clients that submit at once do not wait for a snapshot each, only for the next one."""
    made, slow = [], threading.Event()

    def observe() -> Observation:
        made.append(slow.wait(30))
        return Observation(at=NOW)

    slow.set()
    sampler = Sampler(observe, Journal(), GalleryIndex(started=NOW), "laptop", ("requests",))
    made.clear()
    slow.clear()
    with ThreadPoolExecutor(8) as clients:
        first = clients.submit(sampler.refresh)
        wait_until(lambda: sampler._lock.locked(), what="the first snapshot")
        others = [clients.submit(sampler.refresh) for _ in range(7)]
        wait_until(lambda: sum(other.running() for other in others) == 7, what="the others")
        slow.set()
        for each in (first, *others):
            each.result(30)
    assert 2 <= len(made) < 8  # the first one may lack what the others recorded


def test_snapshot_that_fails_serves_nobody():
    """Who waits for a snapshot that another thread makes gets one, even if that one fails."""
    answers = Answers(Observation(at=NOW))
    sampler = Sampler(answers, Journal(), GalleryIndex(started=NOW), "laptop", ("requests",))
    answers.free.clear()
    with ThreadPoolExecutor(3) as clients:
        first = clients.submit(sampler.refresh)
        wait_until(lambda: sampler._lock.locked(), what="the first snapshot")
        others = [clients.submit(sampler.refresh) for _ in range(2)]
        wait_until(lambda: all(other.running() for other in others), what="the others")
        answers.error = ValueError("boom")
        answers.free.set()
        for each in (first, *others):
            with pytest.raises(ValueError, match="boom"):
                each.result(30)


def test_submitted_job_is_in_the_next_snapshot():
    """A new job is shown at once, not after the next periodic snapshot."""
    with sampling() as setup:
        job = new_job(JobRequest(prompt="cartoon dwarf"))
        setup.journal.record(Event(kind="accepted", job_id=job.id, job=job))
        snapshot = fresh(setup)
        assert [view.job for view in snapshot.jobs] == [job]
        assert [annotation.text for annotation in snapshot.annotations] == ["1 sent"]


def test_samples_count_the_pictures_between_them():
    """Each picture is counted in one sample; pictures from before the start in none."""
    with sampling() as setup:
        wait_until(lambda: fresh(setup).store.value is not None, what="the store's value")
        job = new_job(JobRequest(prompt="cat", count=3))
        setup.gallery.add(picture_name(job.id, 0), NOW - 1)
        setup.sampler.sample()
        setup.gallery.add(picture_name(job.id, 1), NOW + 1)
        setup.gallery.add(picture_name(job.id, 2), NOW + 2)
        setup.gallery.add(picture_name(job.id, 2), NOW + 2)
        setup.sampler.sample()
        setup.sampler.sample()
        samples = setup.sampler.snapshot().samples
        assert sum(sample.pictures or 0 for sample in samples) == 2
        assert setup.sampler.snapshot().pictures_total == 2
        assert setup.sampler.snapshot().pictures_stored == 3


def test_last_sample_has_the_snapshots_counts():
    """The chart ends with the numbers shown beside it, not with those of the last sample."""
    with sampling() as setup:
        wait_until(lambda: fresh(setup).queue.value is not None, what="the queue's value")
        setup.sampler.sample()
        setup.queue.value = QueueDepth(7, 2)
        wait_until(
            lambda: fresh(setup).queue.value == QueueDepth(7, 2), what="the queue's new value"
        )
        last = setup.sampler.snapshot().samples[-1]
        assert (last.waiting, last.generating) == (7, 2)
        assert setup.sampler.snapshot().counts == QueueCounts(7, 2)


@pytest.mark.parametrize("source", ["store", "events"])
def test_number_of_pictures_is_unknown_until_a_source_answers(source):
    """It is not zero before store or events have answered, and is kept when both fail later."""
    with sampling(error=StoreUnavailable("It is down.")) as setup:
        wait_until(lambda: fresh(setup).store.error, what="a failed reading")
        assert fresh(setup).pictures_total is None
        getattr(setup, source).error = None
        wait_until(lambda: fresh(setup).pictures_total == 0, what="a number")
        getattr(setup, source).error = StoreUnavailable("It is down again.")
        setup.store.error = getattr(setup, source).error
        wait_until(lambda: fresh(setup).store.error == "It is down again.", what="another error")
        assert fresh(setup).pictures_total == 0
        assert fresh(setup).pictures_stored == (0 if source == "store" else None)


def test_unknown_numbers_are_gaps_in_their_lanes():
    """Each number of a sample is None while its source fails."""
    empty = make_sample(NOW, None, None, None)
    assert set(vars(empty).values()) == {NOW, None}
    partial = make_sample(NOW, QueueCounts(3, None), None, 0)
    assert (partial.waiting, partial.generating, partial.pictures) == (3, None, 0)


def test_only_ready_nodes_are_counted():
    """Unready nodes are not counted; if nodes cannot be read the lane is unknown."""
    nodes = tuple(Node(str(n), None, 1, None, ready=n > 0, since=NOW) for n in range(3))
    with_nodes = FleetReading(None, 2, 1, (), nodes)
    assert make_sample(NOW, None, with_nodes, None).nodes == 2
    assert make_sample(NOW, None, FleetReading(None, 2, 1, (), None), None).nodes is None


def job_at(at: float, prompt: str = "cat", count: int = 1) -> Job:
    """Make a job as if it had been submitted at ``at``."""
    identity = f"{listing.prefix(at)}-7{uuid4().hex[:3]}-8{uuid4().hex[:3]}-{uuid4().hex[:12]}"
    return Job(id=identity, prompt=prompt, count=count)


def put(store: DirectoryStore, job: Job, metadata: bool = True) -> None:
    """Store a job's objects as a worker does."""
    for number in range(job.count):
        store.put(picture_name(job.id, number), b"png", "image/png")
    if metadata:
        store.put(metadata_name(job.id), encode_metadata(metadata_of(job)), "application/json")


@dataclass
class Gallery:
    """A gallery reader of a folder, with a clock that a test sets."""

    store: DirectoryStore
    journal: Journal = field(default_factory=Journal)
    index: GalleryIndex = field(default_factory=lambda: GalleryIndex(NOW))
    now: float = NOW

    def __post_init__(self) -> None:
        self.reader = GalleryReader(
            self.store, self.index, self.journal, lambda: self.now, pause=lambda _: 0
        )
        self.prompt_reader = GalleryPrompts(self.store, self.index, self.journal)

    def prompts(self) -> list[str | None]:
        """Read once, and return the prompts of the pictures."""
        self.reader.read()
        self.prompt_reader.read()
        return [picture.prompt for picture in self.index.newest()]


@pytest.fixture
def gallery(tmp_path) -> Gallery:
    return Gallery(DirectoryStore(tmp_path))


def test_pictures_from_before_the_start_have_their_prompts(gallery):
    """After a restart all stored pictures are found, however old they are."""
    for age in (400 * DAY, 40 * DAY, 2 * DAY, 1800, 60):
        put(gallery.store, job_at(NOW - age, f"{age:.0f} s old"))
    assert set(gallery.prompts()) == {
        "34560000 s old",
        "3456000 s old",
        "172800 s old",
        "1800 s old",
        "60 s old",
    }


def test_new_pictures_are_found_without_any_event(gallery):
    """A picture whose event was lost is found in the store."""
    assert gallery.prompts() == []
    put(gallery.store, job_at(NOW - 5, "yellow submarine", count=2))
    assert gallery.prompts() == ["yellow submarine"] * 2


def test_pictures_with_old_ids_are_shown(gallery):
    """Pictures of the earlier sample application, whose ids contain no time, are shown."""
    old = [Job(id=str(uuid4()), prompt=f"old {n}") for n in range(20)]
    for job in old:
        put(gallery.store, job)
    gallery.store.put("notes.txt", b"not a picture", "text/plain")
    assert set(gallery.prompts()) == {job.prompt for job in old}


def test_job_without_events_is_done_once_it_is_stored(gallery):
    """A job whose events were lost is done when its objects are stored, even after days."""
    job = job_at(NOW - 2 * DAY, "cartoon dwarf", count=2)
    gallery.journal.record(Event(kind="accepted", job_id=job.id, job=job))
    gallery.prompts()
    put(gallery.store, job, metadata=False)
    gallery.prompts()
    assert len(gallery.journal.find(job.id).pictures) == 2
    put(gallery.store, job)
    gallery.prompts()
    assert gallery.journal.find(job.id).state == "done"


def test_long_jobs_are_listed_only_if_something_changed(gallery, monkeypatch):
    """Jobs that wait for hours are requested by name; a folder is listed once per reading."""
    jobs = [job_at(NOW - 2 * DAY - n, count=3) for n in range(20)]
    for job in jobs:
        gallery.journal.record(Event(kind="accepted", job_id=job.id, job=job))
    gallery.prompts()
    listings, entries = [], DirectoryStore.entries
    monkeypatch.setattr(
        DirectoryStore, "entries", lambda store, after: listings.append(1) or entries(store, after)
    )
    gallery.prompts()
    assert len(listings) == 1
    put(gallery.store, jobs[7])
    gallery.prompts()
    assert len(listings) == 3
    assert gallery.journal.find(jobs[7].id).state == "done"


def test_cancelled_job_with_all_pictures_is_done(gallery):
    """A worker that finished before the cancellation has done the job, events or not."""
    job = job_at(NOW - 5, "cartoon dwarf")
    for kind in ("accepted", "cancelled"):
        gallery.journal.record(Event(kind=kind, job_id=job.id, job=job))
    put(gallery.store, job)
    gallery.prompts()
    assert gallery.journal.find(job.id).state == "done"


def test_prompts_of_running_jobs_come_from_their_events(gallery):
    """A picture has its prompt before its job's metadata is stored."""
    job = job_at(NOW - 1, "cat at night")
    gallery.journal.record(Event(kind="accepted", job_id=job.id, job=job))
    put(gallery.store, job, metadata=False)
    assert gallery.prompts() == ["cat at night"]


def test_invalid_metadata_leaves_the_prompt_unknown(gallery):
    """An invalid object loses its prompt and does not stop the gallery."""
    job = job_at(NOW - 1)
    put(gallery.store, job, metadata=False)
    gallery.store.put(metadata_name(job.id), b"{", "application/json")
    assert gallery.prompts() == [None]


@dataclass
class CountingStore:
    """A bucket that counts how many objects were listed."""

    names: list[str]
    listed: int = 0

    def entries(self, after: str = "", prefix: str = ""):
        """List the objects, and count them."""
        for name in self.names:
            if name > after and name.startswith(prefix):
                self.listed += 1
                yield Entry(name, 1, NOW)


def test_listing_cost_does_not_depend_on_older_pictures():
    """A large bucket is not listed from its beginning to find the newest pictures."""
    old = [picture_name(job_at(NOW - 30 * DAY - n).id, 0) for n in range(20_000)]
    new = [picture_name(job_at(NOW - n).id, 0) for n in range(1, 601)]
    store = CountingStore(sorted([*old, *new]))
    assert len(listing.newest(store, NOW, 500)) >= 500
    assert store.listed < 700
    store.listed = 0
    assert len(list(listing.since(store, NOW - 60, NOW))) == 60
    assert store.listed < 100


def test_picture_of_an_unsupported_size_cannot_be_generated_again():
    """A size that no model here supports is an error with a sentence."""
    job = job_at(NOW)
    older = metadata_of(job).model_copy(update={"image_width": 500})
    with pytest.raises(MessageError, match="The width should be a multiple of 8"):
        job_of(job.id, older)


def test_finished_job_is_read_from_the_store(tmp_path):
    """A job that was done before the dashboard started can still be requested."""
    store, job = DirectoryStore(tmp_path), job_at(NOW, "cartoon dwarf", count=2)
    put(store, job)
    view = stored_job(store, job.id)
    assert (view.state, view.job.prompt, view.pictures) == (
        "done",
        "cartoon dwarf",
        (picture_name(job.id, 0), picture_name(job.id, 1)),
    )
    assert stored_job(store, job_at(NOW).id) is None
    assert stored_job(store, "../secrets") is None


def test_stored_job_has_all_parameters():
    """A finished job can be generated again with everything that its metadata tells."""
    job = job_at(NOW)
    parameters = GenerationParameters(prompt="a cat", scheduler="UniPC", seed=9, newer=1)
    metadata = metadata_of(job).model_copy(
        update={"parameters": parameters, "withheld": (0,), "use_seed": True, "seed": 9}
    )
    view = view_of(job.id, metadata)
    assert view.job.parameters == GenerationParameters(prompt="a cat", scheduler="UniPC", seed=9)
    assert (view.job.model_extra, view.withheld) == ({"newer": 1}, (0,))
