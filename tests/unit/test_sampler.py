"""What the page draws from: readings, samples, pictures and their prompts."""

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from core.errors import MessageError, StoreUnavailable
from dashboard.domain.fleet import FleetReading, Node
from dashboard.domain.journal import Journal
from dashboard.domain.queue_counts import QueueCounts
from dashboard.gallery import listing
from dashboard.gallery.backfill import GalleryPrompts
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.reader import GalleryReader
from dashboard.gallery.stored_jobs import job_of, stored_job
from dashboard.sampling.sampler import Sampler, Sources
from dashboard.sampling.samples import make_sample
from dashboard.sampling.source import Source
from tests.support.conditions import wait_until
from tests.support.samples import metadata_of
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.queues.base import QueueDepth
from wire.stores.base import Entry
from wire.stores.directory import DirectoryStore

NOW = 1_800_000_000.0
DAY = 86400.0


@dataclass
class Answers:
    """A source that answers, fails or hangs as a test wishes."""

    value: object = 0
    error: Exception | None = None
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.free.set()

    def __call__(self) -> object:
        """Answer, fail or hang."""
        self.free.wait()
        if self.error:
            raise self.error
        return self.value


@contextmanager
def source(read: Callable[[], object]):
    """Run one quick source, which may be silent for 0.1 s."""
    one = Source("the store", read, every=0.01, answer_within=0.1)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def test_a_source_tells_its_newest_answer_and_when_it_came():
    """A reading has its age."""
    with source(Answers(7)) as one:
        reading = wait_until(lambda: one.reading().value and one.reading(), what="an answer")
    assert reading.value == 7
    assert reading.age(reading.at + 2) == 2


def test_a_source_that_fails_is_unknown_with_its_reason():
    """Unknown is never zero: no value, the sentence, and since when."""
    answers = Answers(7)
    with source(answers) as one:
        good = wait_until(lambda: one.reading().value and one.reading(), what="an answer")
        answers.error = StoreUnavailable("The store does not answer.")
        bad = wait_until(lambda: one.reading().error and one.reading(), what="a failed look")
        assert (bad.value, bad.error) == (None, "The store does not answer.")
        assert bad.at >= good.at
        answers.error = None
        assert wait_until(lambda: one.reading().value, what="it is back") == 7


def test_a_source_that_hangs_becomes_unknown():
    """A look that does not return is a failed one, and is told at once."""
    answers = Answers(7)
    with source(answers) as one:
        wait_until(lambda: one.reading().value, what="an answer")
        answers.free.clear()
        error = wait_until(lambda: one.reading().error, what="silence is noticed")
        assert error.startswith("The store has not answered for ")
        assert one.reading().value is None
        answers.free.set()
        wait_until(lambda: one.reading().value, what="it is back")


def test_a_source_survives_what_nobody_expected():
    """A bug in one source is a sentence on the page, not a dead thread."""
    answers = Answers(error=ValueError("boom"))
    with source(answers) as one:
        error = wait_until(lambda: one.reading().error, what="a failed look")
        assert error == "Reading the store failed; the dashboard's log says why."


@dataclass
class Stage:
    """A sampler whose sources a test plays."""

    sampler: Sampler
    journal: Journal
    gallery: GalleryIndex
    queue: Answers
    store: Answers
    events: Answers


@contextmanager
def stage(away: Exception | None = None):
    """Run a sampler over sources that a test plays; store and events may be away at first."""
    journal, gallery = Journal(), GalleryIndex(started=NOW)
    queue, store, events = Answers(QueueDepth(2, 1)), Answers(0, away), Answers(0, away)
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
        yield Stage(sampler, journal, gallery, queue, store, events)
    finally:
        queue.free.set()
        store.free.set()
        sources.stop()
        sampler.stop()


def fresh(on: Stage):
    """Make a snapshot now."""
    on.sampler.refresh()
    return on.sampler.snapshot()


def test_a_hung_store_does_not_delay_the_queue():
    """One process down never empties the page: the other readings go on."""
    with stage() as on:
        wait_until(lambda: fresh(on).store.value is not None, what="the store's answer")
        on.store.free.clear()
        wait_until(lambda: fresh(on).store.error, what="the store's silence")
        on.queue.value = QueueDepth(9, 0)
        wait_until(lambda: fresh(on).queue.value == QueueDepth(9, 0), what="the queue's news")
        seconds = []
        for _ in range(5):
            begun = time.monotonic()
            fresh(on)
            seconds.append(time.monotonic() - begun)
        assert min(seconds) < 1  # the store is waited for three times as long


def test_the_sampler_survives_what_nobody_expected(monkeypatch):
    """A bug in one snapshot costs that snapshot, not all that would follow."""
    with stage() as on:
        failed = threading.Event()

        def fail() -> None:
            failed.set()
            raise ValueError("boom")

        with monkeypatch.context() as broken:
            broken.setattr(on.journal, "jobs", fail)
            assert failed.wait(30)
        before = on.sampler.snapshot().at
        wait_until(lambda: on.sampler.snapshot().at > before, what="another snapshot")


def test_a_submitted_job_is_in_the_next_snapshot():
    """Nobody waits for a tick to see an own job."""
    with stage() as on:
        job = new_job(JobRequest(prompt="cartoon dwarf"))
        on.journal.record(Event(kind="accepted", job_id=job.id, job=job))
        snapshot = fresh(on)
        assert [view.job for view in snapshot.jobs] == [job]
        assert [moment.text for moment in snapshot.annotations] == ["1 sent"]


def test_samples_count_the_pictures_between_them():
    """Each picture is counted in one sample; those from before the start in none."""
    with stage() as on:
        wait_until(lambda: fresh(on).store.value is not None, what="the store's answer")
        job = new_job(JobRequest(prompt="cat", count=3))
        on.gallery.add(picture_name(job.id, 0), NOW - 1)
        on.sampler.sample()
        on.gallery.add(picture_name(job.id, 1), NOW + 1)
        on.gallery.add(picture_name(job.id, 2), NOW + 2)
        on.gallery.add(picture_name(job.id, 2), NOW + 2)
        on.sampler.sample()
        on.sampler.sample()
        samples = on.sampler.snapshot().samples
        assert sum(sample.pictures or 0 for sample in samples) == 2
        assert on.sampler.snapshot().pictures_total == 2


def test_the_chart_ends_with_the_numbers_beside_it():
    """Between two samples the chart's last point is what was read last, not two seconds old."""
    with stage() as on:
        wait_until(lambda: fresh(on).queue.value is not None, what="the queue's answer")
        on.sampler.sample()
        on.queue.value = QueueDepth(7, 2)
        wait_until(lambda: fresh(on).queue.value == QueueDepth(7, 2), what="the queue's news")
        last = on.sampler.snapshot().samples[-1]
        assert (last.waiting, last.generating) == (7, 2)


@pytest.mark.parametrize("source", ["store", "events"])
def test_pictures_are_unknown_until_somebody_told_of_them(source):
    """Their number is no zero before store or events answered, and stays when both go away."""
    with stage(away=StoreUnavailable("It is away.")) as on:
        wait_until(lambda: fresh(on).store.error, what="a failed look")
        assert fresh(on).pictures_total is None
        getattr(on, source).error = None
        wait_until(lambda: fresh(on).pictures_total == 0, what="a number")
        getattr(on, source).error = StoreUnavailable("It is away again.")
        on.store.error = getattr(on, source).error
        wait_until(lambda: fresh(on).store.error == "It is away again.", what="silence")
        assert fresh(on).pictures_total == 0


def test_what_cannot_be_read_is_a_gap_in_its_lane():
    """Each number of a sample is None where its source is silent."""
    nothing = make_sample(NOW, None, None, None)
    assert set(vars(nothing).values()) == {NOW, None}
    half = make_sample(NOW, QueueCounts(3, None), None, 0)
    assert (half.waiting, half.generating, half.pictures) == (3, None, 0)


def test_only_nodes_that_are_ready_count():
    """A node that is not ready paints nothing; without nodes the lane is unknown."""
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
    """A reader over a folder, at a time that a test sets."""

    store: DirectoryStore
    journal: Journal = field(default_factory=Journal)
    index: GalleryIndex = field(default_factory=lambda: GalleryIndex(NOW))
    now: float = NOW

    def __post_init__(self) -> None:
        self.reader = GalleryReader(
            self.store, self.index, self.journal, lambda: self.now, pause=lambda _: 0
        )
        self.reader_of_prompts = GalleryPrompts(self.store, self.index, self.journal)

    def prompts(self) -> list[str | None]:
        """Look once, and return the prompts of the pictures."""
        self.reader.read()
        self.reader_of_prompts.read()
        return [picture.prompt for picture in self.index.newest()]


@pytest.fixture
def gallery(tmp_path) -> Gallery:
    return Gallery(DirectoryStore(tmp_path))


def test_pictures_from_before_the_start_are_shown_with_their_prompts(gallery):
    """Starting again finds the pictures as they were, however old they are."""
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
    """A lost event loses no picture: the store is looked at, too."""
    assert gallery.prompts() == []
    put(gallery.store, job_at(NOW - 5, "yellow submarine", count=2))
    assert gallery.prompts() == ["yellow submarine"] * 2


def test_an_older_samples_names_are_shown(gallery):
    """Pictures that an older sample left, with ids that tell no time, are there."""
    old = [Job(id=str(uuid4()), prompt=f"old {n}") for n in range(20)]
    for job in old:
        put(gallery.store, job)
    gallery.store.put("notes.txt", b"not a picture", "text/plain")
    assert set(gallery.prompts()) == {job.prompt for job in old}


def test_a_job_whose_events_were_lost_is_done_once_it_is_stored(gallery):
    """The truth of a job is its objects; a long one is asked for by its name."""
    job = job_at(NOW - 2 * DAY, "cartoon dwarf", count=2)
    gallery.journal.record(Event(kind="accepted", job_id=job.id, job=job))
    gallery.prompts()
    put(gallery.store, job, metadata=False)
    gallery.prompts()
    assert len(gallery.journal.find(job.id).pictures) == 2
    put(gallery.store, job)
    gallery.prompts()
    assert gallery.journal.find(job.id).state == "done"


def test_long_jobs_cost_no_listings_until_there_is_news(gallery, monkeypatch):
    """Twenty jobs that wait for hours are asked for by name: a folder is read once a look."""
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


def test_a_cancelled_job_of_which_all_is_stored_is_done(gallery):
    """A worker that was quicker than the cancellation has painted it, events or not."""
    job = job_at(NOW - 5, "cartoon dwarf")
    for kind in ("accepted", "cancelled"):
        gallery.journal.record(Event(kind=kind, job_id=job.id, job=job))
    put(gallery.store, job)
    gallery.prompts()
    assert gallery.journal.find(job.id).state == "done"


def test_prompts_of_running_jobs_come_from_their_events(gallery):
    """A picture has its words before its job is done."""
    job = job_at(NOW - 1, "cat at night")
    gallery.journal.record(Event(kind="accepted", job_id=job.id, job=job))
    put(gallery.store, job, metadata=False)
    assert gallery.prompts() == ["cat at night"]


def test_metadata_that_is_not_ours_leaves_the_prompt_unknown(gallery):
    """A broken object costs its words, not the gallery."""
    job = job_at(NOW - 1)
    put(gallery.store, job, metadata=False)
    gallery.store.put(metadata_name(job.id), b"{", "application/json")
    assert gallery.prompts() == [None]


@dataclass
class CountingStore:
    """A bucket of many objects, which counts how many of them were listed."""

    names: list[str]
    listed: int = 0

    def entries(self, after: str = "", prefix: str = ""):
        """List, and count."""
        for name in self.names:
            if name > after and name.startswith(prefix):
                self.listed += 1
                yield Entry(name, 1, NOW)


def test_a_look_costs_the_same_however_many_pictures_there_are():
    """The beginning of a large bucket is not listed for its newest pictures."""
    old = [picture_name(job_at(NOW - 30 * DAY - n).id, 0) for n in range(20_000)]
    new = [picture_name(job_at(NOW - n).id, 0) for n in range(1, 601)]
    store = CountingStore(sorted([*old, *new]))
    assert len(listing.newest(store, NOW, 500)) >= 500
    assert store.listed < 700
    store.listed = 0
    assert len(list(listing.since(store, NOW - 60, NOW))) == 60
    assert store.listed < 100


def test_a_picture_of_another_size_cannot_be_asked_for_again():
    """An older sample's picture whose size no model here paints is a sentence, not a crash."""
    job = job_at(NOW)
    older = metadata_of(job).model_copy(update={"image_width": 500})
    with pytest.raises(MessageError, match="The width should be a multiple of 8"):
        job_of(job.id, older)


def test_a_finished_job_is_read_back_from_the_store(tmp_path):
    """A program may ask for a job that was done before the dashboard started."""
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
