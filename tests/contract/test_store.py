"""The contract of wire/stores/base.py, for a folder and MinIO."""

import os
import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from minio import Minio

from core.errors import ObjectMissing, SettingsError, StoreError, StoreFull, StoreUnavailable
from tests.support.certificates import PrivateAuthority
from tests.support.conditions import free_port
from tests.support.forwarding import from_ipv6, from_tls
from tests.support.minio_server import MinioServer
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import PictureName, metadata_name, picture_name
from wire.stores import hearts, stars
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


def test_listing_with_a_prefix_returns_matching_names(store: Store):
    """Marks are stored beside pictures and can be listed alone."""
    for name in ("a.png", "held/1", "held/2", "heldback.png", "rejected/1", "z.png"):
        store.put(name, b"", "text/plain")
    assert [entry.name for entry in store.entries(prefix="held/")] == ["held/1", "held/2"]
    assert [entry.name for entry in store.entries("held/1", prefix="held/")] == ["held/2"]
    assert list(store.entries(prefix="none/")) == []


def test_object_is_read_unchanged(store: Store):
    """Any bytes survive a round trip."""
    body = bytes(range(256)) * 1000
    store.put("picture-0.png", body, "image/png")
    assert store.get("picture-0.png") == body
    assert store.exists("picture-0.png")


def test_empty_object_exists(store: Store):
    """A mark without content exists and is listed."""
    store.put("cancelled/a", b"", "text/plain")
    assert store.exists("cancelled/a")
    assert store.get("cancelled/a") == b""
    assert names(store) == ["cancelled/a"]


def test_second_write_replaces_the_object(store: Store):
    """A job that is processed twice overwrites its objects."""
    store.put("a.json", b"first, and longer", "application/json")
    store.put("a.json", b"second", "application/json")
    assert store.get("a.json") == b"second"
    assert names(store) == ["a.json"]


def test_missing_object_raises_object_missing(store: Store):
    """A missing object is not mistaken for an unreachable store."""
    with pytest.raises(ObjectMissing, match=r"no object named absent\.png"):
        store.get("absent.png")
    assert not store.exists("absent.png")


def test_delete_is_idempotent(store: Store):
    """A deleted object is gone, and deleting it again raises nothing."""
    store.put("a", b"1", "text/plain")
    store.delete("a")
    store.delete("a")
    assert not store.exists("a")
    assert names(store) == []


def test_new_store_is_empty(store: Store):
    """A store needs no preparation before its first use."""
    store.check()
    assert names(store) == []


def test_listing_is_sorted_by_name(store: Store):
    """Names are sorted by their bytes, including slashes, whatever order they were written in."""
    written = ["b-1.png", "a.json", "a-0.png", "a/x", "a0", "B", "b-0.png"]
    for name in written:
        store.put(name, b"x", "text/plain")
    assert names(store) == sorted(written)


def test_listing_starts_after_a_name(store: Store):
    """A refresh lists only newer names, without the given one."""
    for number in range(5):
        store.put(f"job-{number}", b"x", "text/plain")
    assert names(store, after="job-2") == ["job-3", "job-4"]
    assert names(store, after="job-2x") == ["job-3", "job-4"]
    assert names(store, after="zzz") == []


def test_entry_has_size_and_time(store: Store):
    """Size and age of an object are known without reading it."""
    store.put("a", b"12345", "text/plain")
    [entry] = store.entries()
    assert entry.size == 5
    assert entry.modified > 1_700_000_000


def test_listing_spans_pages(store: Store):
    """A listing continues over S3's pages of 1,000, from any start."""
    written = [f"job-{number:04}" for number in range(1100)]
    in_parallel(lambda name: store.put(name, b"", "text/plain"), written)
    assert names(store) == written
    assert names(store, after="job-0049") == written[50:]


def test_reader_never_sees_a_partial_object(store: Store):
    """While an object is being replaced, each read returns a complete version."""
    versions = [letter * 300_000 for letter in (b"a", b"b")]
    store.put("picture", versions[0], "image/png")
    done = threading.Event()

    def write() -> None:
        for number in range(30):
            store.put("picture", versions[number % 2], "image/png")
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
def test_unsafe_names_are_refused(store: Store, name: str):
    """A name with a special meaning in a file system or a URL raises StoreError."""
    for action in (store.get, store.exists, store.delete, lambda bad: store.put(bad, b"", "x/y")):
        with pytest.raises(StoreError, match="not a valid object name"):
            action(name)


def test_stars_are_listed(store: Store):
    """All stars are listed, and no other object."""
    job_id = new_job(JobRequest(prompt="cat")).id
    pictures = [picture_name(job_id, number) for number in range(3)]
    for name in pictures[:2]:
        stars.star(store, name)
    stars.unstar(store, pictures[1])
    stars.unstar(store, pictures[2])
    store.put("stars/of/something-else", b"", "text/plain")
    store.put("z", b"", "text/plain")
    assert stars.list_starred(store) == {pictures[0]}


def test_hearts_of_a_visitor_are_replaced(store: Store):
    """A visitor's hearts keep their order, and each change is seen in the listing of visitors."""
    job_id = new_job(JobRequest(prompt="cat")).id
    first, second = (picture_name(job_id, number) for number in range(2))
    assert hearts.read_hearts(store, "a") == ()
    hearts.write_hearts(store, "a", [second, first])
    hearts.write_hearts(store, "b", [first])
    listed = dict(hearts.list_visitors(store))
    assert set(listed) == {"a", "b"}
    assert hearts.read_hearts(store, "a") == (second, first)
    hearts.write_hearts(store, "a", [second])
    assert dict(hearts.list_visitors(store))["a"] != listed["a"]
    hearts.write_hearts(store, "a", [])
    assert hearts.read_hearts(store, "a") == ()
    assert set(dict(hearts.list_visitors(store))) == {"b"}


def test_deleting_the_last_picture_deletes_the_metadata(store: Store):
    """Deleting all pictures of a job removes all its objects, and none of other jobs."""
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


def test_store_is_thread_safe(store: Store):
    """Concurrent first writes all succeed."""
    written = [f"thread-{number}" for number in range(16)]
    in_parallel(lambda name: store.put(name, b"x", "text/plain"), written)
    assert names(store) == sorted(written)


def test_concurrent_processes_create_the_bucket(minio: MinioServer):
    """Workers that start together do not fail when another one creates the bucket."""
    settings = minio.settings()
    stores = [MinioStore(settings) for _ in range(8)]
    in_parallel(lambda store: store.put("a", b"x", "text/plain"), stores)
    assert stores[0].get("a") == b"x"


def test_removed_bucket_is_created_again(minio: MinioServer):
    """Removing the bucket under a running worker costs one failed call."""
    settings = minio.settings()
    store = MinioStore(settings)
    assert names(store) == []
    client = Minio(minio.endpoint, minio.access_key, minio.secret_key, secure=False)
    client.remove_bucket(settings.minio_bucket)
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        store.put("a", b"x", "text/plain")
    store.put("a", b"x", "text/plain")
    assert names(store) == ["a"]


def test_unreachable_store_raises_and_recovers(minio: MinioServer):
    """Every method raises StoreUnavailable while MinIO is down, and works after its restart."""
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
        with pytest.raises(StoreUnavailable, match="cannot be used: nothing listens"):
            action()
    minio.start()
    assert store.get("a") == b"x"


def test_opening_a_store_does_not_connect(minio: MinioServer):
    """A process can start while the store is unreachable."""
    store = MinioStore(minio.settings(minio_endpoint=f"127.0.0.1:{free_port()}"))
    with pytest.raises(StoreUnavailable):
        store.check()


def test_wrong_credentials_are_reported_without_secrets(minio: MinioServer):
    """The error names the variables and contains no secret."""
    secret = "not-the-password"
    store = MinioStore(minio.settings(minio_secret_key=secret))
    with pytest.raises(StoreUnavailable, match="MINIO_SECRET_KEY") as caught:
        store.put("a", b"x", "text/plain")
    assert secret not in str(caught.value)
    assert minio.secret_key not in str(caught.value)


def test_invalid_region_is_named(minio: MinioServer):
    """What the client refuses is a SettingsError that names the variable."""
    with pytest.raises(SettingsError, match="MINIO_REGION"):
        MinioStore(minio.settings(minio_region="no region"))


def test_address_with_ipv6(minio: MinioServer):
    """An IPv6 address in brackets reaches the store."""
    with from_ipv6(_port(minio)) as port:
        store = MinioStore(minio.settings(minio_endpoint=f"[::1]:{port}"))
        store.put("a", b"x", "text/plain")
        assert names(store) == ["a"]


def test_private_authority(
    minio: MinioServer, certificates: PrivateAuthority, tmp_path: Path, monkeypatch
):
    """A store whose certificate a private authority signed works with SSL_CERT_FILE."""
    files = certificates.write(tmp_path, "127.0.0.1")
    with from_tls(_port(minio), *files) as port:
        settings = minio.settings(minio_endpoint=f"127.0.0.1:{port}", minio_secure=True)
        with pytest.raises(StoreUnavailable, match="SSL_CERT_FILE"):
            MinioStore(settings).check()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
        store = MinioStore(settings)
        store.put("a", b"x", "text/plain")
        assert store.get("a") == b"x"


def _port(minio: MinioServer) -> int:
    return int(minio.endpoint.rpartition(":")[2])


@pytest.mark.parametrize(
    ("rights", "missing"),
    [
        (("PutObject", "GetObject"), "s3:GetBucketLocation"),
        (("GetBucketLocation", "PutObject", "GetObject"), "s3:ListBucket"),
        (("GetBucketLocation", "ListBucket", "GetObject"), "s3:PutObject"),
    ],
)
def test_missing_right_is_named(minio: MinioServer, rights: tuple[str, ...], missing: str):
    """The error of a key without one of the rights of docs/settings.md names that right."""
    settings = minio.settings()
    MinioStore(settings).put("first", b"x", "text/plain")
    keys = minio.keys_with(settings.minio_bucket, rights)
    store = MinioStore(minio.settings(minio_bucket=settings.minio_bucket, **keys))
    with pytest.raises(StoreUnavailable, match=f"lacks the right {missing}"):
        store.put("a", b"x", "text/plain")


def test_least_policy_is_sufficient(minio: MinioServer):
    """The rights that docs/settings.md lists are all that this project needs."""
    settings = minio.settings()
    MinioStore(settings).put("a", b"x", "text/plain")
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    rights = tuple(sorted(set(re.findall(r'"s3:(\w+)"', text))))
    keys = minio.keys_with(settings.minio_bucket, rights)
    store = MinioStore(minio.settings(minio_bucket=settings.minio_bucket, **keys))
    store.check()
    store.put("b", b"y", "text/plain")
    assert names(store) == ["a", "b"]
    assert (store.get("b"), store.exists("c")) == (b"y", False)
    store.delete("b")


def test_clock_is_named(minio: MinioServer, monkeypatch: pytest.MonkeyPatch):
    """A difference of two hours is stated, instead of RequestTimeTooSkewed."""
    late = datetime.now(UTC) - timedelta(hours=2)
    monkeypatch.setattr("minio.time.utcnow", lambda: late.replace(tzinfo=None))
    monkeypatch.setattr("wire.stores.minio.failures.datetime", Mock(now=lambda _zone: late))
    with pytest.raises(StoreUnavailable, match="clock of this machine is 2 h 0 min behind"):
        MinioStore(minio.settings()).put("a", b"x", "text/plain")


def test_unusable_folder_raises_store_unavailable(tmp_path: Path):
    """Every method raises StoreUnavailable if the folder is a file."""
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


def test_full_disk_keeps_the_old_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """On a full disk the old object stays, no file is left over, and StoreFull is raised."""
    store = DirectoryStore(tmp_path)
    store.put("a", b"former", "text/plain")
    # The last step before the file is renamed.
    monkeypatch.setattr("os.fsync", raise_no_space)
    with pytest.raises(StoreFull, match="full"):
        store.put("a", b"newer", "text/plain")
    assert store.get("a") == b"former"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_object_and_its_name_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A power cut after a write loses neither the bytes nor their name."""
    synced: list[tuple[bool, bool]] = []

    def note(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, (tmp_path / "a").exists()))

    monkeypatch.setattr("os.fsync", note)
    DirectoryStore(tmp_path).put("a", b"1", "text/plain")
    assert synced == [(False, False), (True, True)]


def test_check_deletes_abandoned_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The first check deletes old temporary files, but no new and no other ones."""
    store = DirectoryStore(tmp_path)
    leave_temporary_file(tmp_path, monkeypatch)
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


def leave_temporary_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a temporary file, as a process does that is killed while it writes."""
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
