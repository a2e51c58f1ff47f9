"""The gallery over a folder: pages, search, stars, deletions, polling and backfill."""

from math import inf
from pathlib import Path
from uuid import uuid4

import pytest

from core.errors import StoreUnavailable
from dashboard.domain.journal import Journal
from dashboard.gallery import backfill, listing
from dashboard.gallery import index as gallery_index
from dashboard.gallery.backfill import GalleryBackfill, GalleryPrompts
from dashboard.gallery.gallery import Gallery
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.query import PICTURES_PER_PAGE, GalleryPage, GalleryQuery, parse_query
from dashboard.gallery.reader import POLL_INTERVAL_SECONDS, GalleryReader, default_pause
from tests.support.samples import metadata_of
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import Job
from wire.messages.metadata import encode_metadata
from wire.messages.object_names import metadata_name, picture_name
from wire.stores import stars
from wire.stores.directory import DirectoryStore

NOW = 1_800_000_000.0
DAY = 86400.0
ALL = GalleryQuery()


def job_at(at: float, prompt: str = "cat", count: int = 1) -> Job:
    """Return a job submitted at ``at``."""
    identity = f"{listing.prefix(at)}-7000-8000-{uuid4().hex[:12]}"
    return Job(id=identity, prompt=prompt, count=count)


def put(store: DirectoryStore, job: Job) -> list[str]:
    """Store a job's objects as a worker does; return the names of its pictures."""
    names = [picture_name(job.id, number) for number in range(job.count)]
    for name in names:
        store.put(name, b"png", "image/png")
    store.put(metadata_name(job.id), encode_metadata(metadata_of(job)), "application/json")
    return names


class Rig:
    """A gallery over a folder, without threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = DirectoryStore(folder / "pictures")
        self.index = GalleryIndex(NOW)
        self.events = SqliteEvents(folder)
        journal = Journal()
        self.prompts = GalleryPrompts(self.store, self.index, journal)
        self.gallery = Gallery(self.index, self.prompts, self.store, self.events)
        self.reader = GalleryReader(self.store, self.index, journal, lambda: NOW, pause=lambda _: 0)
        self.backfill = GalleryBackfill(self.store, self.index, lambda: NOW)

    def backfill_all(self) -> None:
        """Run the backfill to its end."""
        while self.backfill.read():
            pass

    def search(self, text: str) -> GalleryPage:
        """Search until all prompts are read."""
        self.gallery.page(parse_query(text))
        while self.prompts.read():
            pass
        return self.gallery.page(parse_query(text))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def filled(count: int) -> tuple[GalleryIndex, list[str]]:
    """Return an index of pictures, and their names, newest first."""
    index = GalleryIndex(NOW)
    names = [picture_name(job_at(NOW - n).id, 0) for n in range(count)]
    for n, name in enumerate(names):
        index.add(name, NOW - n)
    return index, names


def test_pages_link_to_newer_and_older_ones():
    """Every picture is on one page; pages link to each other, and links are stable."""
    index, names = filled(2 * PICTURES_PER_PAGE + 5)
    first = index.page(ALL)
    assert [view.name for view in first.pictures] == names[:PICTURES_PER_PAGE]
    assert (first.newer, first.rank, first.total) == (None, 0, len(names))
    second = index.page(ALL, first.older)
    assert [view.name for view in second.pictures] == names[
        PICTURES_PER_PAGE : 2 * PICTURES_PER_PAGE
    ]
    assert (second.newer, second.rank) == ("", PICTURES_PER_PAGE)
    last = index.page(ALL, second.older)
    assert [view.name for view in last.pictures] == names[2 * PICTURES_PER_PAGE :]
    assert (last.older, last.oldest, last.newer) == (None, None, names[PICTURES_PER_PAGE])
    assert index.page(ALL, first.oldest) == last
    index.add(picture_name(job_at(NOW + 9).id, 0), NOW + 9)
    assert index.page(ALL, first.older).pictures == second.pictures


def test_link_to_a_page_survives_deletion_of_its_first_picture():
    """The page then begins with the next picture."""
    index, names = filled(PICTURES_PER_PAGE)
    index.remove(names[3])
    assert [view.name for view in index.page(ALL, names[3]).pictures] == names[4:]


def test_neighbours_match_the_query():
    """The next newer and older matches are returned, and None at the ends."""
    index, names = filled(3)
    assert index.neighbours(ALL, names[1]) == (names[0], names[2])
    assert index.neighbours(ALL, names[0]) == (None, names[1])
    assert index.neighbours(ALL, names[2]) == (names[1], None)
    index.set_stars(frozenset({names[0], names[2]}), frozenset())
    assert index.neighbours(GalleryQuery(starred=True), names[0]) == (None, names[2])


def test_newest_picture_before_a_time_is_found():
    """Before the oldest picture there is none."""
    index, names = filled(5)
    assert index.first_before(ALL, NOW - 1) == names[2]
    assert index.first_before(ALL, NOW - 99) is None


def test_search_finds_words_in_any_case_and_order(rig: Rig):
    """A prompt matches if it contains all words, in any case and order."""
    for age, prompt in enumerate(["A green DOG", "green grass", "Straße", "dog"]):
        put(rig.store, job_at(NOW - DAY - age, prompt))
    rig.backfill_all()
    assert [view.prompt for view in rig.search("dog GREEN").pictures] == ["A green DOG"]
    assert [view.prompt for view in rig.search("STRASSE").pictures] == ["Straße"]
    assert rig.search("cow").total == 0


def test_search_reports_its_progress(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """The newest prompts are read first, and a page has the number of those left."""
    monkeypatch.setattr("dashboard.gallery.backfill._MAX_PROMPTS", 10)
    monkeypatch.setattr(gallery_index, "MAX_NEWEST", 1)
    for age in reversed(range(25)):
        put(rig.store, job_at(NOW - DAY * (age + 1), f"cat {age:02}"))
    rig.backfill_all()
    assert rig.prompts.read() == 1  # the newest is always read
    assert rig.prompts.read() == 0  # the others are read on request
    query = parse_query("cat")
    rig.gallery.page(query)
    rig.prompts.read()
    page = rig.gallery.page(query)
    assert (page.prompts_read, page.prompts_known) == (11, 25)
    assert [view.prompt for view in page.pictures] == [f"cat {age:02}" for age in range(11)]
    assert rig.search("cat").total == 25


def test_prompts_of_an_open_page_are_read_without_a_search(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    """An older page gets the prompts of its pictures, and no others are read."""
    monkeypatch.setattr(gallery_index, "MAX_NEWEST", 1)
    for age in range(PICTURES_PER_PAGE * 2):
        put(rig.store, job_at(NOW - DAY * (age + 1), f"cat {age:02}"))
    rig.backfill_all()
    older = rig.gallery.page(ALL).older
    rig.prompts.read()
    rig.gallery.page(ALL, older)
    assert rig.prompts.read() == PICTURES_PER_PAGE
    assert all(view.prompt for view in rig.gallery.page(ALL, older).pictures)


def test_backfill_indexes_the_whole_store_in_pages(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """Pictures of all times and of the older sample are indexed, a few at a time."""
    monkeypatch.setattr(backfill, "PAGE_SIZE", 7)
    names = set()
    for age in (60, 1800, 2 * DAY, 40 * DAY, 400 * DAY, 2000 * DAY):
        names.update(put(rig.store, job_at(NOW - age, count=5)))
    for _ in range(20):
        names.update(put(rig.store, Job(id=str(uuid4()), prompt="old")))
    assert not rig.index.complete
    rig.backfill_all()
    assert rig.index.complete
    assert {name for name in names if rig.index.find(name)} == names
    assert rig.index.count() == len(names)


def test_backfill_resumes_after_an_outage(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """An outage delays the backfill, and no picture is missed."""
    put(rig.store, job_at(NOW - 60, count=10))
    with monkeypatch.context() as outage:
        outage.setattr(DirectoryStore, "_names", raise_unavailable)
        with pytest.raises(StoreUnavailable):
            rig.backfill.read()
    rig.backfill_all()
    assert rig.index.count() == 10


def raise_unavailable(*_: object) -> list[str]:
    raise StoreUnavailable("It is unavailable.")


def test_index_drops_the_oldest_beyond_its_maximum(monkeypatch: pytest.MonkeyPatch):
    """Memory is bounded, and the newest pictures are kept."""
    monkeypatch.setattr(gallery_index, "MAX_PICTURES", 10)
    index, names = filled(25)
    assert index.count() == 10
    assert index.page(ALL).pictures[0].name == names[0]


def test_deletion_removes_the_star_and_with_the_last_picture_the_metadata(rig: Rig):
    """No object is left of a job whose pictures are all deleted."""
    first, second = put(rig.store, job_at(NOW - 5, count=2))
    other = put(rig.store, job_at(NOW - 4))
    rig.reader.read()
    rig.gallery.star(first, starred=True)
    rig.gallery.delete([first])
    assert rig.index.find(first) is None
    assert {entry.name for entry in rig.store.entries()} == {
        second,
        metadata_name(second[:36]),
        other[0],
        metadata_name(other[0][:36]),
    }
    rig.gallery.delete([second])
    assert {entry.name[:36] for entry in rig.store.entries()} == {other[0][:36]}


def test_prompt_is_dropped_with_the_last_picture_of_its_job(rig: Rig):
    """A deleted job leaves no prompt in memory."""
    first, second = put(rig.store, job_at(NOW - 5, count=2))
    rig.reader.read()
    rig.index.set_prompt(first[:36], "a secret prompt")
    rig.gallery.delete([first])
    assert rig.index.prompt(first[:36]) == "a secret prompt"
    rig.gallery.delete([second])
    assert rig.index.prompt(first[:36]) is None


def test_deleted_picture_stays_deleted(rig: Rig):
    """Neither a late event nor an earlier listing adds it again."""
    [name] = put(rig.store, job_at(NOW - 5))
    rig.reader.read()
    rig.gallery.delete([name])
    rig.index.add(name, NOW - 4)
    assert rig.index.count() == 0
    assert rig.index.is_deleted(name)


def test_deletion_is_published(rig: Rig):
    """Other dashboards receive an event of each deletion."""
    [name] = put(rig.store, job_at(NOW - 5))
    rig.gallery.delete([name])
    assert [(event.kind, event.name) for event in rig.events.receive(0)] == [("deleted", name)]


def test_deletion_is_detected_without_its_event(rig: Rig):
    """A poll removes recent pictures that the store lacks; older ones stay."""
    gone, kept, old = (put(rig.store, job_at(NOW - age))[0] for age in (5, 6, 5000))
    for name in (gone, kept, old):
        rig.index.add(name, NOW - 1)
    rig.reader.read()
    rig.store.delete(gone)
    rig.reader.read()
    assert [rig.index.find(name) is not None for name in (gone, kept, old)] == [False, True, True]


def test_large_bucket_is_listed_rarely_and_jobs_are_read_by_name(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    """A slow listing is not repeated soon, unless a job is known to have new objects."""
    journal = Journal()
    reader = GalleryReader(rig.store, rig.index, journal, lambda: NOW, pause=lambda _: inf)
    listings, entries = [], DirectoryStore.entries
    monkeypatch.setattr(
        DirectoryStore, "entries", lambda store, after: listings.append(1) or entries(store, after)
    )
    for _ in range(2):
        reader.read()
    before = len(listings)
    job = job_at(NOW - 5)
    journal.record(Event(kind="accepted", job_id=job.id, job=job))
    reader.read()
    assert len(listings) == before
    [name] = put(rig.store, job)
    reader.read()
    assert rig.index.find(name)
    assert journal.find(job.id).state == "done"


def test_listings_take_a_hundredth_of_the_time():
    """Most polls list nothing, and slow listings are rarer."""
    assert default_pause(0.001) > 2 * POLL_INTERVAL_SECONDS
    assert default_pause(2.0) == pytest.approx(200)


def test_store_is_checked_between_listings(rig: Rig):
    """An outage between two listings is detected."""
    reader = GalleryReader(rig.store, rig.index, Journal(), lambda: NOW, pause=lambda _: inf)
    for _ in range(2):
        reader.read()
    (rig.folder / "pictures").touch()  # a file where the folder should be
    with pytest.raises(StoreUnavailable):
        reader.read()


def test_picture_exists_before_it_is_indexed(rig: Rig):
    """A link may be opened before a poll finds its picture; a deleted one does not exist."""
    [found, deleted] = put(rig.store, job_at(NOW - 5, count=2))
    assert rig.index.find(found) is None
    assert rig.gallery.has(found)
    rig.gallery.delete([deleted])
    assert not rig.gallery.has(deleted)
    rig.reader.read()
    assert rig.gallery.has(found)
    assert not rig.gallery.has(picture_name(job_at(NOW - 5).id, 0))


def test_star_is_stored(rig: Rig, tmp_path: Path):
    """A star is shown by other dashboards and after a restart."""
    [name, other] = put(rig.store, job_at(NOW - 5, count=2))
    rig.reader.read()
    rig.gallery.star(name, starred=True)
    assert rig.index.find(name).starred
    elsewhere = Rig(tmp_path)
    elsewhere.reader.read()
    elsewhere.gallery.read_stars()
    starred = elsewhere.gallery.page(GalleryQuery(starred=True))
    assert [view.name for view in starred.pictures] == [name]
    rig.gallery.star(name, starred=False)
    elsewhere.gallery.read_stars()
    assert elsewhere.gallery.page(GalleryQuery(starred=True)).total == 0
    assert not elsewhere.index.find(other).starred


def test_star_given_during_a_read_stays(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """Stars that were listed before a click do not undo it, not even for one poll."""
    [given, taken] = put(rig.store, job_at(NOW - 5, count=2))
    rig.gallery.star(taken, starred=True)
    list_starred = stars.list_starred

    def click_meanwhile(store: DirectoryStore) -> frozenset[str]:
        names = list_starred(store)
        rig.gallery.star(given, starred=True)
        rig.gallery.star(taken, starred=False)
        return names

    monkeypatch.setattr(stars, "list_starred", click_meanwhile)
    rig.gallery.read_stars()
    assert [rig.index.is_starred(name) for name in (given, taken)] == [True, False]


def test_deletion_leaves_the_job_unchanged():
    """A job whose picture was deleted is still done."""
    job, journal = job_at(NOW), Journal()
    for kind in ("accepted", "done"):
        journal.record(Event(kind=kind, job_id=job.id, job=job))
    before = journal.find(job.id)
    journal.record(Event(kind="deleted", job_id=job.id, name=picture_name(job.id, 0)))
    assert journal.find(job.id) == before
