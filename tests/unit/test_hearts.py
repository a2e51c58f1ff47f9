"""Hearts of visitors: counted once each, kept by the store, the same on every dashboard."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import MessageError
from dashboard.gallery import hearts
from dashboard.gallery.hearts import Hearts
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name
from wire.stores.base import Entry
from wire.stores.directory import DirectoryStore
from wire.stores.hearts import list_visitors, read_hearts

CAT, DOG, FISH = (picture_name(new_job(JobRequest(prompt="a")).id, 0) for _ in range(3))


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """Return an empty store."""
    return DirectoryStore(tmp_path)


def test_visitor_counts_once_for_each_picture(store: DirectoryStore):
    """A repeated heart changes nothing, and the second tap takes it back."""
    given = Hearts(store)
    for visitor, picture in (("a", CAT), ("a", CAT), ("b", CAT), ("b", DOG)):
        given.give(visitor, picture, True)
    assert [given.count(name) for name in (CAT, DOG, FISH)] == [2, 1, 0]
    assert given.given_by("b") == {CAT, DOG}
    for _ in range(2):
        given.give("a", CAT, False)
    assert (given.count(CAT), given.given_by("a")) == (1, frozenset())
    given.give("b", CAT, False)
    assert given.ranking() == [(DOG, 1)]


def test_restarted_and_other_dashboards_count_the_same(store: DirectoryStore):
    """Counts come back from the store; hearts of a visitor of two dashboards are all kept."""
    first, second = Hearts(store), Hearts(store)
    first.give("a", CAT, True)
    assert (second.read(), second.count(CAT)) == (1, 1)
    second.give("a", DOG, True)
    first.give("a", FISH, True)
    for dashboard in (first, second, Hearts(store)):
        assert dashboard.read() == 3
        assert dashboard.given_by("a") == {CAT, DOG, FISH}


def test_only_changed_objects_are_read(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch):
    """A room of visitors costs one listing while nobody gives a heart."""
    given = Hearts(store)
    for number in range(20):
        given.give(f"visitor-{number}", CAT, True)
    assert Hearts.read(given) == 20
    read: list[str] = []
    get = store.get
    monkeypatch.setattr(store, "get", lambda name: read.append(name) or get(name))
    assert given.read() == 20
    assert read == []
    Hearts(store).give("visitor-3", DOG, True)
    read.clear()
    assert given.read() == 21
    assert read == ["hearts/visitor-3"]


def test_hearts_given_at_once_are_all_counted(store: DirectoryStore):
    """Quick taps on several pictures in several threads lose no heart."""
    given = Hearts(store)
    names = [picture_name(new_job(JobRequest(prompt="a")).id, 0) for _ in range(12)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: given.give("a", name, True), names))
    assert given.given_by("a") == set(names)
    assert Hearts(store).read() == len(names)


def test_number_of_hearts_is_bounded(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch):
    """One visitor and invented visitors cannot fill the store; what was given stays."""
    given = Hearts(store)
    monkeypatch.setattr(hearts, "MAX_HEARTS", 1)
    monkeypatch.setattr(hearts, "MAX_VISITORS", 2)
    given.give("a", CAT, True)
    with pytest.raises(MessageError, match="Take one back"):
        given.give("a", DOG, True)
    given.give("b", CAT, True)
    with pytest.raises(MessageError, match="takes no more hearts"):
        given.give("c", CAT, True)
    given.give("b", CAT, False)
    assert given.ranking() == [(CAT, 1)]


def test_visitor_without_hearts_takes_no_place(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
):
    """Invented visitors that take back what they never gave do not close the room to others."""
    given = Hearts(store)
    monkeypatch.setattr(hearts, "MAX_VISITORS", 1)
    given.give("invented", CAT, False)
    given.give("a", CAT, True)
    given.give("a", CAT, False)
    given.give("b", DOG, True)
    assert given.ranking() == [(DOG, 1)]
    assert [entry.name for entry in store.entries()] == ["hearts/b"]


def test_hearts_of_past_rooms_expire(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Visitors of an earlier talk leave their places and no objects; the others' hearts stay."""
    given = Hearts(store)
    monkeypatch.setattr(hearts, "MAX_VISITORS", 2)
    for visitor in ("a", "b"):
        given.give(visitor, CAT, True)
    assert given.read() == 2
    past = time.time() - 3 * 86400
    os.utime(next(tmp_path.rglob("hearts%2Fa")), (past, past))
    assert given.read() == 1
    assert [entry.name for entry in store.entries()] == ["hearts/b"]
    given.give("c", DOG, True)
    assert given.ranking() == [(CAT, 1), (DOG, 1)]


def test_heart_given_while_the_old_ones_expire_is_kept(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A heart between the listing and the deletion of expired ones is neither deleted nor lost."""
    given = Hearts(store)
    given.give("a", CAT, True)
    past = time.time() - 3 * 86400
    os.utime(next(tmp_path.rglob("hearts%2Fa")), (past, past))

    def list_then_give(listed: DirectoryStore) -> list[tuple[str, Entry]]:
        found = list(list_visitors(listed))
        given.give("a", DOG, True)
        return found

    monkeypatch.setattr(hearts, "list_visitors", list_then_give)
    assert given.read() == 2
    assert set(read_hearts(store, "a")) == {CAT, DOG}


def test_hearts_deleted_from_the_store_count_no_more(store: DirectoryStore):
    """Another dashboard's visitor took the last heart back, or somebody emptied the folder."""
    first, second = Hearts(store), Hearts(store)
    first.give("a", CAT, True)
    assert second.read() == 1
    first.give("a", CAT, False)
    assert (second.read(), second.ranking()) == (0, [])


def test_damaged_object_names_no_pictures(store: DirectoryStore):
    """Whatever an object contains, only names of pictures count, each once."""
    store.put("hearts/a", f"{CAT}\n{CAT}\n../x\n\n\xff".encode("latin-1"), "text/plain")
    given = Hearts(store)
    assert (given.read(), given.count(CAT)) == (1, 1)
