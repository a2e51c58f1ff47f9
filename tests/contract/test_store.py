"""The same promises from every store: a folder, and a real MinIO."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from minio import Minio

from core.errors import ObjectMissing, SettingsError, StoreError, StoreFull, StoreUnavailable
from tests.support.conditions import free_port
from tests.support.minio_server import MinioServer
from wire.messages.job import JobRequest, new_job
from wire.messages.picture import PictureName, metadata_name, picture_name
from wire.stores import stars
from wire.stores.base import Store
from wire.stores.deletion import delete_picture
from wire.stores.directory import DirectoryStore
from wire.stores.minio import MinioStore


@pytest.fixture(params=["directory", "minio"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "directory":
        return DirectoryStore(tmp_path / "pictures")
    return MinioStore(request.getfixturevalue("minio_settings"))


def names(store: Store, after: str = "") -> list[str]:
    return [entry.name for entry in store.entries(after)]


def test_listing_of_a_prefix_has_what_begins_with_it(store: Store):
    """ModerationMarks lie among pictures, and are listed alone."""
    for name in ("a.png", "held/1", "held/2", "heldback.png", "rejected/1", "z.png"):
        store.put(name, b"", "text/plain")
    assert [entry.name for entry in store.entries(prefix="held/")] == ["held/1", "held/2"]
    assert [entry.name for entry in store.entries("held/1", prefix="held/")] == ["held/2"]
    assert list(store.entries(prefix="none/")) == []


def test_an_object_is_read_as_it_was_written(store: Store):
    """What was put under a name is what that name gives, whatever the bytes are."""
    body = bytes(range(256)) * 1000
    store.put("picture-0.png", body, "image/png")
    assert store.get("picture-0.png") == body
    assert store.exists("picture-0.png")


def test_an_empty_object_is_an_object(store: Store):
    """A mark without content exists and is listed."""
    store.put("cancelled/a", b"", "text/plain")
    assert store.exists("cancelled/a")
    assert store.get("cancelled/a") == b""
    assert names(store) == ["cancelled/a"]


def test_writing_again_replaces(store: Store):
    """A job that is done twice overwrites its objects and never doubles them."""
    store.put("a.json", b"first, and longer", "application/json")
    store.put("a.json", b"second", "application/json")
    assert store.get("a.json") == b"second"
    assert names(store) == ["a.json"]


def test_a_missing_object_is_said_to_be_missing(store: Store):
    """A name that nobody wrote raises ObjectMissing, and is not an outage."""
    with pytest.raises(ObjectMissing, match=r"no object named absent\.png"):
        store.get("absent.png")
    assert not store.exists("absent.png")


def test_deleting_is_done_once_and_harmless_twice(store: Store):
    """A deleted object is gone; deleting it again is no error."""
    store.put("a", b"1", "text/plain")
    store.delete("a")
    store.delete("a")
    assert not store.exists("a")
    assert names(store) == []


def test_a_new_store_is_empty(store: Store):
    """Nothing has to be prepared: a store that was never used answers and lists nothing."""
    store.check()
    assert names(store) == []


def test_a_listing_is_in_order_of_name(store: Store):
    """Names come sorted by their bytes, slashes included, whatever order they came in."""
    written = ["b-1.png", "a.json", "a-0.png", "a/x", "a0", "B", "b-0.png"]
    for name in written:
        store.put(name, b"x", "text/plain")
    assert names(store) == sorted(written)


def test_a_listing_begins_after_a_name(store: Store):
    """A refresh asks only for what is newer; the name itself is not repeated."""
    for number in range(5):
        store.put(f"job-{number}", b"x", "text/plain")
    assert names(store, after="job-2") == ["job-3", "job-4"]
    assert names(store, after="job-2x") == ["job-3", "job-4"]
    assert names(store, after="zzz") == []


def test_an_entry_tells_size_and_time(store: Store):
    """The gallery knows an object's bytes and age without reading it."""
    store.put("a", b"12345", "text/plain")
    [entry] = store.entries()
    assert entry.size == 5
    assert entry.modified > 1_700_000_000


def test_more_objects_than_a_page(store: Store):
    """A listing goes on over S3's pages of 1,000, from wherever it begins."""
    written = [f"job-{number:04}" for number in range(1100)]
    in_parallel(lambda name: store.put(name, b"", "text/plain"), written)
    assert names(store) == written
    assert names(store, after="job-0049") == written[50:]


def test_a_reader_never_sees_half_an_object(store: Store):
    """While an object is replaced again and again, each read gives one whole version."""
    versions = [letter * 300_000 for letter in (b"a", b"b")]
    store.put("picture", versions[0], "image/png")
    done = threading.Event()

    def write() -> None:
        for round_ in range(30):
            store.put("picture", versions[round_ % 2], "image/png")
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert store.get("picture") in versions
        assert [entry.size for entry in store.entries()] == [300_000]
    writer.join()


@pytest.mark.parametrize(
    "name",
    ["", "..", "../secret", "a/../../b", "/etc/passwd", ".hidden", "a//b", "a/", "a\0b", "a b",
     "ä", "a\n", "a\\b", "%2e%2e", "x" * 201],
)  # fmt: skip
def test_text_from_people_is_never_part_of_a_path(store: Store, name: str):
    """A name that could mean something else to a file system or a URL is refused."""
    for action in (store.get, store.exists, store.delete, lambda bad: store.put(bad, b"", "x/y")):
        with pytest.raises(StoreError, match="not a valid object name"):
            action(name)


def test_stars_are_kept_beside_the_pictures(store: Store):
    """Every star is found in one listing, and a star is no picture."""
    job_id = new_job(JobRequest(prompt="cat")).id
    pictures = [picture_name(job_id, number) for number in range(3)]
    for name in pictures[:2]:
        stars.star(store, name)
    stars.unstar(store, pictures[1])
    stars.unstar(store, pictures[2])
    store.put("stars/of/something-else", b"", "text/plain")
    store.put("z", b"", "text/plain")
    assert stars.list_starred(store) == {pictures[0]}


def test_last_picture_of_a_job_takes_its_metadata_along(store: Store):
    """Deleting pictures leaves nothing of a job in the end, and other jobs as they were."""
    job, other = (new_job(JobRequest(prompt="cat", count=2)) for _ in range(2))
    for each in (job, other):
        store.put(picture_name(each.id, 0), b"png", "image/png")
        store.put(picture_name(each.id, 1), b"png", "image/png")
        store.put(metadata_name(each.id), b"{}", "application/json")
    stars.star(store, picture_name(job.id, 0))
    delete_picture(store, PictureName(job.id, 0))
    assert names(store, after=job.id)[:2] == [picture_name(job.id, 1), metadata_name(job.id)]
    for _ in range(2):
        delete_picture(store, PictureName(job.id, 1))
    assert {name[:36] for name in names(store)} == {other.id}


def test_all_threads_may_use_a_store(store: Store):
    """Threads that begin at the same moment all find the bucket or folder made."""
    written = [f"thread-{number}" for number in range(16)]
    in_parallel(lambda name: store.put(name, b"x", "text/plain"), written)
    assert names(store) == sorted(written)


def test_two_processes_may_make_the_bucket_at_once(minio: MinioServer):
    """Workers that start together do not fail over who makes the bucket."""
    settings = minio.settings()
    stores = [MinioStore(settings) for _ in range(8)]
    in_parallel(lambda store: store.put("a", b"x", "text/plain"), stores)
    assert stores[0].get("a") == b"x"


def test_a_bucket_that_was_removed_is_made_again(minio: MinioServer):
    """Somebody who empties the store while a worker runs costs it one failed call."""
    settings = minio.settings()
    store = MinioStore(settings)
    assert names(store) == []
    person = Minio(minio.endpoint, minio.access_key, minio.secret_key, secure=False)
    person.remove_bucket(settings.minio_bucket)
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        store.put("a", b"x", "text/plain")
    store.put("a", b"x", "text/plain")
    assert names(store) == ["a"]


def test_a_store_that_is_away_says_so_and_comes_back(minio: MinioServer):
    """Every method of a dead MinIO raises StoreUnavailable soon; restarted, it goes on."""
    store = MinioStore(minio.settings())
    store.put("a", b"x", "text/plain")
    minio.stop()
    for action in (
        store.check,
        lambda: store.put("b", b"x", "text/plain"),
        lambda: store.get("a"),
        lambda: store.exists("a"),
        lambda: names(store),
        lambda: store.delete("a"),
    ):
        with pytest.raises(StoreUnavailable, match=f"{minio.endpoint} does not answer"):
            action()
    minio.start()
    assert store.get("a") == b"x"


def test_a_process_may_start_while_the_store_is_away(minio: MinioServer):
    """Building a store reaches nobody; only using it does."""
    store = MinioStore(minio.settings(minio_endpoint=f"127.0.0.1:{free_port()}"))
    with pytest.raises(StoreUnavailable):
        store.check()


def test_wrong_credentials_are_named_and_not_shown(minio: MinioServer):
    """A refused password gives a sentence that names the variables and holds no secret."""
    secret = "not-the-password"
    store = MinioStore(minio.settings(minio_secret_key=secret))
    with pytest.raises(StoreUnavailable, match="MINIO_SECRET_KEY") as caught:
        store.put("a", b"x", "text/plain")
    assert secret not in str(caught.value)
    assert minio.secret_key not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("minio_endpoint", "http://localhost:9000/path"), ("minio_bucket", "No Bucket")],
)
def test_a_setting_that_cannot_be_is_named(minio: MinioServer, variable: str, value: str):
    """An impossible endpoint or bucket is a SettingsError that names its variable."""
    with pytest.raises(SettingsError, match=variable.upper()):
        MinioStore(minio.settings(**{variable: value}))


def test_a_folder_that_is_a_file_is_an_outage(tmp_path: Path):
    """A folder that cannot be used raises StoreUnavailable from every method."""
    folder = tmp_path / "pictures"
    folder.write_text("in the way")
    store = DirectoryStore(folder)
    for action in (
        store.check,
        lambda: store.put("a", b"x", "text/plain"),
        lambda: store.get("a"),
        lambda: store.exists("a"),
        lambda: names(store),
        lambda: store.delete("a"),
    ):
        with pytest.raises(StoreUnavailable, match="cannot be used"):
            action()


def test_a_full_disk_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without room the former object stays whole, nothing is left over, and it is said."""
    store = DirectoryStore(tmp_path)
    store.put("a", b"former", "text/plain")
    # The one place where the system says so before the file is renamed.
    monkeypatch.setattr("os.fsync", raise_no_space)
    with pytest.raises(StoreFull, match="full"):
        store.put("a", b"newer", "text/plain")
    assert store.get("a") == b"former"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_an_object_is_on_the_disk_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A power cut after the write takes neither the bytes nor the name that they got."""
    synced: list[tuple[bool, bool]] = []

    def note(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, (tmp_path / "a").exists()))

    monkeypatch.setattr("os.fsync", note)
    DirectoryStore(tmp_path).put("a", b"1", "text/plain")
    assert synced == [(False, False), (True, True)]


def test_what_a_killed_process_left_half_written_is_swept_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The first check removes old unfinished files, and no fresh and no foreign ones."""
    store = DirectoryStore(tmp_path)
    leave_half_written(tmp_path, monkeypatch)
    [unfinished] = tmp_path.iterdir()
    fresh, foreign = unfinished.with_name(f"{unfinished.name}2"), tmp_path / ".keep"
    for file in (fresh, foreign):
        file.touch()
    for file in (unfinished, foreign):
        os.utime(file, (0, 0))
    store.check()
    assert sorted(tmp_path.iterdir()) == sorted([fresh, foreign])
    os.utime(fresh, (0, 0))
    store.check()
    assert fresh.exists()


def leave_half_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what a process leaves that is killed while it writes."""
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", raise_no_space)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(StoreFull):
            DirectoryStore(folder).put("a", b"1", "text/plain")


def raise_no_space(_descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def in_parallel(action, arguments: list) -> None:
    """Call ``action`` with each argument from 8 threads; raise the first failure."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(action, arguments))
