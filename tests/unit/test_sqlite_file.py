"""The SQLite file: versions, leases that no clock changes, and permissions."""

import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import SettingsError
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import JobRequest, encode, new_job
from wire.queues.base import QueueDepth
from wire.queues.sqlite import SqliteQueue
from wire.sqlite.file import FILE_NAME
from wire.sqlite.schema import VERSION
from wire.stores.directory import DirectoryStore

_VERSION_0 = """
CREATE TABLE jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease INTEGER,
    leased_until REAL NOT NULL DEFAULT 0
);
CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
"""
_VERSION_1 = (
    _VERSION_0
    + """
CREATE TABLE dead_letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL,
    reason TEXT NOT NULL,
    died_at REAL NOT NULL
);
CREATE TABLE releases (position INTEGER PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE previews (job_id TEXT PRIMARY KEY, number INTEGER NOT NULL, preview BLOB NOT NULL);
PRAGMA user_version = 1;
"""
)
_EARLIEST = "CREATE TABLE jobs (position INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)"


def make_job():
    return new_job(JobRequest(prompt="cartoon dwarf"))


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        yield connection


@pytest.mark.parametrize("tables", [_VERSION_0, _EARLIEST])
def test_older_file_is_migrated(file: sqlite3.Connection, tmp_path: Path, tables: str):
    """Jobs of an earlier version are kept, and one that was leased by the date is ready."""
    job = make_job()
    file.executescript(tables)
    file.execute("INSERT INTO jobs (body) VALUES (?)", (encode(job),))
    if "leased_until" in tables:
        file.execute("UPDATE jobs SET lease = 1, leased_until = ?", (time.time() + 3600,))
    file.commit()
    with closing(SqliteQueue(tmp_path)) as queue:
        [delivery] = queue.receive(1, 0)
        assert delivery.job == job
        queue.reject(delivery, "It is blurred.")
        assert queue.dead_letters(1)[0].reason == "It is blurred."
    assert file.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_lease_of_version_1_stays_valid(file: sqlite3.Connection, tmp_path: Path):
    """A rolling upgrade delivers no job twice: a worker of version 1 goes on with its job.

    What such a process publishes is delivered, too.
    """
    job, other = make_job(), make_job()
    file.executescript(_VERSION_1)
    file.execute("INSERT INTO jobs (body) VALUES (?)", (encode(job),))
    file.execute("UPDATE jobs SET lease = 1, leased_until = ?", (time.monotonic() + 10,))
    file.commit()
    with closing(SqliteQueue(tmp_path)) as queue:
        assert queue.depth() == QueueDepth(0, 1)
        file.execute("INSERT INTO jobs (body) VALUES (?)", (encode(other),))
        file.commit()
        assert [delivery.job for delivery in queue.receive(2, 0)] == [other]
        file.execute("DELETE FROM jobs WHERE lease = 1")
        file.commit()
        assert queue.depth() == QueueDepth(0, 1)


def test_retry_pause_from_before_a_restart_of_the_machine_is_over(tmp_path: Path, monkeypatch):
    """The monotonic clock starts anew with the machine; no job waits for its old time."""
    with closing(SqliteQueue(tmp_path)) as queue:
        queue.publish(make_job())
        queue.retry_later(queue.receive(1, 0)[0])
        assert queue.receive(1, 0) == []
        assert queue.depth() == QueueDepth(0, 0, deferred=1)
        monkeypatch.setattr(time, "monotonic", lambda: 1.0)
        assert len(queue.receive(1, 0)) == 1


def test_file_that_an_older_version_uses_is_left_alone(file: sqlite3.Connection, tmp_path: Path):
    """While a worker of version 0 has a job, nothing is migrated: two versions would share it."""
    file.executescript(_VERSION_0)
    file.execute("INSERT INTO jobs (body) VALUES (?)", (encode(make_job()),))
    file.execute("UPDATE jobs SET lease = 1, leased_until = ?", (time.time() + 10,))
    file.commit()
    with pytest.raises(SettingsError, match="Stop all its processes"):
        SqliteQueue(tmp_path)
    assert file.execute("PRAGMA user_version").fetchone() == (0,)
    assert file.execute("SELECT lease FROM jobs").fetchone() == (1,)


@pytest.mark.parametrize("kind", [SqliteQueue, SqliteEvents])
def test_newer_file_is_refused_and_not_changed(file: sqlite3.Connection, tmp_path: Path, kind):
    """The sentence names both versions and what to do; an older program must not write."""
    file.executescript(f"CREATE TABLE jobs (id TEXT); PRAGMA user_version = {VERSION + 1}")
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(SettingsError, match=f"version {VERSION + 1}, this one supports {VERSION}"):
        kind(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_file_of_another_program_is_refused_and_not_changed(
    file: sqlite3.Connection, tmp_path: Path
):
    """A table of the same name with other columns is not migrated."""
    file.executescript("CREATE TABLE jobs (title TEXT)")
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(SettingsError, match="another program's: its table jobs"):
        SqliteQueue(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_current_file_is_opened_again(tmp_path: Path):
    """A second start neither migrates nor returns leases of running workers."""
    with closing(SqliteQueue(tmp_path)) as queue:
        queue.publish(make_job())
        assert queue.receive(1, 0)
        with closing(SqliteQueue(tmp_path)) as other, closing(SqliteEvents(tmp_path)) as events:
            assert other.depth() == QueueDepth(0, 1)
            events.publish(Event(kind="ready"))
            assert len(events.receive(0)) == 1


@pytest.mark.parametrize("hours", [-1, 1, -24 * 365])
def test_leases_do_not_depend_on_the_date(tmp_path: Path, monkeypatch, hours: int):
    """A lease neither ends early nor late if somebody sets the clock."""
    with closing(SqliteQueue(tmp_path)) as queue, closing(SqliteQueue(tmp_path)) as other:
        queue.publish(make_job())
        assert queue.receive(1, 0)
        date = time.time() + hours * 3600
        monkeypatch.setattr(time, "time", lambda: date)
        assert other.receive(1, 0) == []
        assert other.depth() == QueueDepth(0, 1)
        # The worker is killed: nobody renews, and the lease ends by the monotonic clock.
        queue._renewal.remove(*queue._renewal._leases)
        later = time.monotonic() + 20
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert other.depth() == QueueDepth(1, 0)
        assert len(other.receive(1, 0)) == 1


def test_lease_from_before_a_restart_of_the_machine_is_over(tmp_path: Path, monkeypatch):
    """The monotonic clock starts anew with the machine, whose processes are gone then."""
    with closing(SqliteQueue(tmp_path)) as queue, closing(SqliteQueue(tmp_path)) as other:
        queue.publish(make_job())
        assert queue.receive(1, 0)
        queue._renewal.remove(*queue._renewal._leases)
        monkeypatch.setattr(time, "monotonic", lambda: 1.0)
        assert other.depth() == QueueDepth(1, 0)
        assert len(other.receive(1, 0)) == 1


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_data_dir_is_its_owners_only(tmp_path: Path):
    """Prompts, pictures and everything beside them are created for one user."""
    folder = tmp_path / "a" / "data"
    DirectoryStore(folder / "pictures").put("a", b"x", "text/plain")
    with closing(SqliteQueue(folder)) as queue:
        queue.publish(make_job())
        modes = {path.name: _mode(path) for path in folder.iterdir()}
    assert _mode(folder) == _mode(folder.parent) == 0o700
    assert modes.pop("pictures") == 0o700
    assert _mode(folder / "pictures" / "a") == 0o600
    assert set(modes) >= {FILE_NAME, f"{FILE_NAME}-wal"}
    assert set(modes.values()) == {0o600}


def test_queue_of_an_earlier_version_becomes_private(tmp_path: Path):
    """A queue file that everybody could read is taken from the others; a folder stays."""
    (tmp_path / FILE_NAME).touch(0o644)
    tmp_path.chmod(0o755)
    SqliteQueue(tmp_path).close()
    assert _mode(tmp_path / FILE_NAME) == 0o600
    assert _mode(tmp_path) == 0o755


def test_end_of_another_process_leaves_the_file_to_this_one(tmp_path: Path):
    """A job that is published after the last worker has ended is seen by the next worker.

    POSIX drops a process's locks on a file once it closes any descriptor of it (section 2.2 of
    https://www.sqlite.org/howtocorrupt.html). Without its lock, another process that ends would
    delete the log that this one writes to.
    """
    SqliteQueue(tmp_path).close()  # as an earlier run leaves it
    queue, events = SqliteQueue(tmp_path), SqliteEvents(tmp_path)
    try:
        queue.publish(new_job(JobRequest(prompt="first")))
        assert _count_in_another_process(tmp_path) == 1
        queue.publish(new_job(JobRequest(prompt="second")))
        assert _count_in_another_process(tmp_path) == 2
    finally:
        queue.close()
        events.close()


def _count_in_another_process(folder: Path) -> int:
    code = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]); "
        "print(connection.execute('SELECT count(*) FROM jobs').fetchone()[0]); connection.close()"
    )
    arguments = [sys.executable, "-c", code, str(folder / FILE_NAME)]
    return int(subprocess.run(arguments, capture_output=True, check=True).stdout)
