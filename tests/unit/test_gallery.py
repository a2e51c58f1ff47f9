"""What the gallery knows of a store: pages, search, stars, deletions, and how it finds out."""

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
from dashboard.gallery.reader import POLL_INTERVAL, GalleryReader, default_pause
from tests.support.samples import metadata_of
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import Job
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.stores.directory import DirectoryStore

NOW = 1_800_000_000.0
DAY = 86400.0
ALL = GalleryQuery()


def job_at(at: float, prompt: str = "cat", count: int = 1) -> Job:
    """Make a job as if it had been submitted at ``at``."""
    identity = f"{listing.prefix(at)}-7000-8000-{uuid4().hex[:12]}"
    return Job(id=identity, prompt=prompt, count=count)


def put(store: DirectoryStore, job: Job) -> list[str]:
    """Store a job as a worker does, and return its pictures' names."""
    names = [picture_name(job.id, number) for number in range(job.count)]
    for name in names:
        store.put(name, b"png", "image/png")
    store.put(metadata_name(job.id), encode_metadata(metadata_of(job)), "application/json")
    return names


class Rig:
    """A gallery over a folder, whose threads are a test's own calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = DirectoryStore(folder / "pictures")
        self.index = GalleryIndex(NOW)
        self.events = SqliteEvents(folder)
        journal = Journal()
        self.prompts = GalleryPrompts(self.store, self.index, journal)
        self.gallery = Gallery(self.index, self.prompts, self.store, self.events)
        self.reader = GalleryReader(self.store, self.index, journal, lambda: NOW, pause=lambda _: 0)
        self.walk = GalleryBackfill(self.store, self.index, lambda: NOW)

    def walk_to_the_end(self) -> None:
        """Look through the whole store."""
        while self.walk.read():
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
    """Make an index of pictures, and return their names, newest first."""
    index = GalleryIndex(NOW)
    names = [picture_name(job_at(NOW - n).id, 0) for n in range(count)]
    for n, name in enumerate(names):
        index.add(name, NOW - n)
    return index, names


def test_pages_lead_back_in_time_and_forth_again():
    """Every picture is on one page; each page leads to its neighbours, and its link stays."""
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


def test_page_whose_first_picture_was_deleted_begins_with_the_next():
    """A link to a page outlives the deletion of the picture that names it."""
    index, names = filled(PICTURES_PER_PAGE)
    index.remove(names[3])
    assert [view.name for view in index.page(ALL, names[3]).pictures] == names[4:]


def test_details_go_on_to_the_next_picture():
    """Newer and older ones of what is searched for, none at the ends."""
    index, names = filled(3)
    assert index.neighbours(ALL, names[1]) == (names[0], names[2])
    assert index.neighbours(ALL, names[0]) == (None, names[1])
    assert index.neighbours(ALL, names[2]) == (names[1], None)
    index.set_stars(frozenset({names[0], names[2]}))
    assert index.neighbours(GalleryQuery(starred=True), names[0]) == (None, names[2])


def test_a_day_leads_to_the_page_of_its_evening():
    """The newest picture before a moment is found; before all of them there is none."""
    index, names = filled(5)
    assert index.first_before(ALL, NOW - 1) == names[2]
    assert index.first_before(ALL, NOW - 99) is None


def test_search_finds_words_in_any_case_and_order(rig: Rig):
    """All words must be in the prompt; what they look like otherwise does not matter."""
    for age, prompt in enumerate(["A green DOG", "green grass", "Straße", "dog"]):
        put(rig.store, job_at(NOW - DAY - age, prompt))
    rig.walk_to_the_end()
    assert [view.prompt for view in rig.search("dog GREEN").pictures] == ["A green DOG"]
    assert [view.prompt for view in rig.search("STRASSE").pictures] == ["Straße"]
    assert rig.search("cow").total == 0


def test_search_says_how_far_it_has_come(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """The newest prompts are read first; a page knows how many are left."""
    monkeypatch.setattr("dashboard.gallery.backfill._MAX_PROMPTS", 10)
    monkeypatch.setattr(gallery_index, "MAX_NEWEST", 1)
    for age in reversed(range(25)):
        put(rig.store, job_at(NOW - DAY * (age + 1), f"cat {age:02}"))
    rig.walk_to_the_end()
    assert rig.prompts.read() == 1  # the newest, which the Studio shows
    assert rig.prompts.read() == 0  # nobody asked for the others
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
    """Who goes back in time sees what the pictures show, and nothing else is read for that."""
    monkeypatch.setattr(gallery_index, "MAX_NEWEST", 1)
    for age in range(PICTURES_PER_PAGE * 2):
        put(rig.store, job_at(NOW - DAY * (age + 1), f"cat {age:02}"))
    rig.walk_to_the_end()
    older = rig.gallery.page(ALL).older
    rig.prompts.read()
    rig.gallery.page(ALL, older)
    assert rig.prompts.read() == PICTURES_PER_PAGE
    assert all(view.prompt for view in rig.gallery.page(ALL, older).pictures)


def test_walk_finds_everything_in_strides(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """Pictures of all times and of the older sample are found, a few at a time."""
    monkeypatch.setattr(backfill, "PAGE_SIZE", 7)
    names = set()
    for age in (60, 1800, 2 * DAY, 40 * DAY, 400 * DAY, 2000 * DAY):
        names.update(put(rig.store, job_at(NOW - age, count=5)))
    for _ in range(20):
        names.update(put(rig.store, Job(id=str(uuid4()), prompt="old")))
    assert not rig.index.complete
    rig.walk_to_the_end()
    assert rig.index.complete
    assert {name for name in names if rig.index.find(name)} == names
    assert rig.index.count() == len(names)


def test_walk_goes_on_where_the_store_went_away(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """An outage in the middle costs time and no pictures."""
    put(rig.store, job_at(NOW - 60, count=10))
    with monkeypatch.context() as outage:
        outage.setattr(DirectoryStore, "_names", raise_unavailable)
        with pytest.raises(StoreUnavailable):
            rig.walk.read()
    rig.walk_to_the_end()
    assert rig.index.count() == 10


def raise_unavailable(*_: object) -> list[str]:
    raise StoreUnavailable("It is away.")


def test_more_pictures_than_fit_forget_the_oldest(monkeypatch: pytest.MonkeyPatch):
    """Memory is bounded; the newest stay."""
    monkeypatch.setattr(gallery_index, "MAX_PICTURES", 10)
    index, names = filled(25)
    assert index.count() == 10
    assert index.page(ALL).pictures[0].name == names[0]


def test_deleted_picture_takes_its_star_and_the_last_one_its_metadata(rig: Rig):
    """Nothing is left in the store of a job whose pictures are all deleted."""
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


def test_prompt_is_forgotten_with_the_last_picture_of_its_job(rig: Rig):
    """What somebody deletes leaves nothing of what was asked for in memory."""
    first, second = put(rig.store, job_at(NOW - 5, count=2))
    rig.reader.read()
    rig.index.set_prompt(first[:36], "a secret wish")
    rig.gallery.delete([first])
    assert rig.index.prompt(first[:36]) == "a secret wish"
    rig.gallery.delete([second])
    assert rig.index.prompt(first[:36]) is None


def test_deleted_picture_does_not_come_back(rig: Rig):
    """Neither a late event nor a listing from before the deletion shows it again."""
    [name] = put(rig.store, job_at(NOW - 5))
    rig.reader.read()
    rig.gallery.delete([name])
    rig.index.add(name, NOW - 4)
    assert rig.index.count() == 0
    assert rig.index.is_deleted(name)


def test_other_dashboards_hear_of_a_deletion(rig: Rig):
    """A deletion is told to all who listen."""
    [name] = put(rig.store, job_at(NOW - 5))
    rig.gallery.delete([name])
    assert [(event.kind, event.name) for event in rig.events.receive(0)] == [("deleted", name)]


def test_deletion_is_noticed_without_any_event(rig: Rig):
    """A lost event leaves no tile of a recent picture that is gone; older ones stay."""
    gone, kept, old = (put(rig.store, job_at(NOW - age))[0] for age in (5, 6, 5000))
    for name in (gone, kept, old):
        rig.index.add(name, NOW - 1)
    rig.reader.read()
    rig.store.delete(gone)
    rig.reader.read()
    assert [rig.index.find(name) is not None for name in (gone, kept, old)] == [False, True, True]


def test_large_bucket_is_listed_rarely_and_asked_for_jobs_by_name(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    """A listing that takes long is not repeated soon, unless a job's objects are known to wait."""
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


def test_most_looks_list_nothing_and_listings_take_a_hundredth_of_the_time():
    """A look costs the same at any number of pictures, because listings are rare."""
    assert default_pause(0.001) > 2 * POLL_INTERVAL
    assert default_pause(2.0) == pytest.approx(200)


def test_store_that_is_not_listed_is_still_asked_whether_it_is_there(rig: Rig):
    """Between two listings an outage is noticed, too."""
    reader = GalleryReader(rig.store, rig.index, Journal(), lambda: NOW, pause=lambda _: inf)
    for _ in range(2):
        reader.read()
    (rig.folder / "pictures").touch()  # a file where the folder should be
    with pytest.raises(StoreUnavailable):
        reader.read()


def test_picture_that_no_look_found_yet_is_there(rig: Rig):
    """A link may come before the look that finds its picture; what was deleted is not there."""
    [found, deleted] = put(rig.store, job_at(NOW - 5, count=2))
    assert rig.index.find(found) is None
    assert rig.gallery.has(found)
    rig.gallery.delete([deleted])
    assert not rig.gallery.has(deleted)
    rig.reader.read()
    assert rig.gallery.has(found)
    assert not rig.gallery.has(picture_name(job_at(NOW - 5).id, 0))


def test_star_is_everybodys_and_survives(rig: Rig, tmp_path: Path):
    """A star lies in the store, so that another dashboard and the next start show it."""
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


def test_event_of_a_deletion_is_no_news_of_its_job():
    """A job whose picture was deleted is as done as before."""
    job, journal = job_at(NOW), Journal()
    for kind in ("accepted", "done"):
        journal.record(Event(kind=kind, job_id=job.id, job=job))
    before = journal.find(job.id)
    journal.record(Event(kind="deleted", job_id=job.id, name=picture_name(job.id, 0)))
    assert journal.find(job.id) == before
