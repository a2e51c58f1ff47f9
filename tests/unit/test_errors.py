"""Exceptions of libraries are translated to sentences without secrets."""

import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from core import errors
from core.errors import ApplicationError, QueueUnavailable, SettingsError
from core.settings import Settings
from tests.support.conditions import free_port
from wire import backends
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.base import Delivery
from wire.queues.sqlite import SqliteQueue
from wire.sqlite import file
from wire.sqlite.file import FILE_NAME

PASSWORD = "hunter2"


def make_job():
    return new_job(JobRequest(prompt="cartoon dwarf"))


QUEUE_CALLS = {
    "publish": lambda queue: queue.publish(make_job()),
    "receive": lambda queue: queue.receive(1, 0),
    "depth": lambda queue: queue.depth(),
    "count_dead_letters": lambda queue: queue.count_dead_letters(),
    "dead_letters": lambda queue: queue.dead_letters(1),
    "retry_dead_letter": lambda queue: queue.retry_dead_letter("1"),
    "drop_dead_letter": lambda queue: queue.drop_dead_letter("1"),
}

TURN_CALLS = {
    "dispatch": lambda queue: queue.dispatch(),
    "pause": lambda queue: queue.pause(),
    "resume": lambda queue: queue.resume(),
    "move_to_front": lambda queue: queue.move_to_front("1"),
    "remove_waiting": lambda queue: list(queue.remove_waiting()),
}


def _kinds() -> list[type]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return [kind for kind in kinds if kind.__module__ == errors.__name__]


def test_every_error_is_an_application_error():
    """One except clause catches all errors of the project."""
    kinds = _kinds()
    assert len(kinds) > 10
    assert all(issubclass(kind, ApplicationError) for kind in kinds)


def test_docstring_lists_every_error():
    """The tree in the module's docstring is complete."""
    kinds = _kinds()
    assert all(kind.__name__ in errors.__doc__ for kind in kinds)
    assert all(kind.__doc__ for kind in kinds)


@contextmanager
def raises_a_sentence(kind: type[ApplicationError] = QueueUnavailable):
    with pytest.raises(kind) as raised:
        yield
    text = str(raised.value)
    assert text[0].isupper()
    assert text.endswith(".")
    assert PASSWORD not in text
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize("call", QUEUE_CALLS)
def test_damaged_file_is_explained(tmp_path, call):
    """A damaged file gives a sentence from each method."""
    queue = SqliteQueue(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.executescript("DROP TABLE jobs; DROP TABLE dead_letters")
    with raises_a_sentence():
        QUEUE_CALLS[call](queue)
    queue.close()


@pytest.mark.parametrize("kind", [SqliteQueue, SqliteEvents])
def test_foreign_file_is_not_changed(tmp_path, kind):
    """A file of that name which is not SQLite stays unchanged."""
    file = tmp_path / FILE_NAME
    file.write_bytes(b"my diary " * 1000)
    with raises_a_sentence():
        kind(tmp_path)
    assert file.read_bytes() == b"my diary " * 1000


@pytest.mark.parametrize("kind", [SqliteQueue, SqliteEvents])
def test_unusable_data_dir_is_explained(tmp_path, kind):
    """A DATA_DIR that cannot be created gives a sentence."""
    (tmp_path / "file").write_text("")
    with raises_a_sentence():
        kind(tmp_path / "file" / "data")


@contextmanager
def limited(queue: SqliteQueue, pragma: str):
    queue._file._connection.execute(f"PRAGMA {pragma}")
    yield


def test_full_disk_refuses_jobs_and_keeps_existing_ones(tmp_path):
    """No job is accepted that is not on disk."""
    with closing(SqliteQueue(tmp_path)) as queue:
        queue.publish(make_job())
        with limited(queue, "max_page_count = 1"), pytest.raises(QueueUnavailable, match="full"):
            publish_many(queue)
        kept = queue.depth().ready
        assert kept >= 1
        with limited(queue, "max_page_count = 1000000"):
            queue.publish(make_job())
        assert queue.depth().ready == kept + 1


def publish_many(queue: SqliteQueue) -> None:
    for _ in range(1000):
        queue.publish(make_job())


def test_read_only_queue_is_explained(tmp_path):
    """A read-only folder gives a sentence with what to check."""
    with closing(SqliteQueue(tmp_path)) as queue, limited(queue, "query_only = 1"):
        with pytest.raises(QueueUnavailable, match="permissions of DATA_DIR"):
            queue.publish(make_job())
        assert queue.depth().ready == 0
        # Closing releases leases, and must not fail where it cannot write.


def test_locked_queue_is_waited_for(tmp_path):
    """Two processes that write at the same time both succeed."""
    with closing(SqliteQueue(tmp_path)) as queue, closing(SqliteQueue(tmp_path)) as other:
        with other._file.transaction():
            assert queue.depth().ready == 0
            assert queue.receive(1, 0) == []
        queue.publish(make_job())
        assert other.depth().ready == 1


def test_locked_queue_is_reported_to_all_at_once(tmp_path, monkeypatch):
    """Callers that write give up together, and reading goes on meanwhile."""
    monkeypatch.setattr(file, "_BUSY_SECONDS", 4.0)
    with (
        closing(SqliteQueue(tmp_path)) as queue,
        closing(sqlite3.connect(tmp_path / FILE_NAME)) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        calls = [pool.submit(queue.publish, make_job()) for _ in range(8)]
        assert queue.depth().ready == 0
        assert not any(call.done() for call in calls), "reading waits for a writer"
        for call in calls:
            with raises_a_sentence():
                call.result()
        assert time.monotonic() - started < 16, "calls wait for each other"


def test_closed_queue_raises_queue_unavailable(tmp_path):
    """A late call of a thread raises no error of a library."""
    queue = SqliteQueue(tmp_path)
    queue.close()
    queue.close()
    for call in QUEUE_CALLS.values():
        with raises_a_sentence():
            call(queue)


def _unreachable_broker() -> Settings:
    url = f"amqp://guest:{PASSWORD}@127.0.0.1:{free_port()}/"
    return Settings(_env_file=None, rabbitmq_url=url)


def test_unreachable_broker_is_explained_within_seconds(caplog):
    """Calls at the same time fail at the same time; neither errors nor log contain the password."""
    caplog.set_level(logging.DEBUG)
    url = _unreachable_broker().rabbitmq_url.get_secret_value() + "?connection_timeout=4000"
    calls = (QUEUE_CALLS | TURN_CALLS).values()
    with (
        closing(backends.open_queue(Settings(_env_file=None, rabbitmq_url=url))) as queue,
        ThreadPoolExecutor(len(calls)) as pool,
    ):
        started = time.monotonic()
        for call in [pool.submit(call, queue) for call in calls]:
            with raises_a_sentence():
                call.result()
        assert time.monotonic() - started < 10, "calls wait for each other"
    assert PASSWORD not in caplog.text


def test_settling_unknown_deliveries_needs_no_broker():
    """Delivery tags of a lost connection are void, so settling them does nothing."""
    with closing(backends.open_queue(_unreachable_broker())) as queue:
        delivery = Delivery(make_job(), 1, 42)
        queue.acknowledge(delivery)
        queue.requeue(delivery)
        queue.reject(delivery, "It is too late.")


@pytest.mark.parametrize(
    "urls",
    [
        {"rabbitmq_url": "amqp://guest:hunter2@host:port/"},
        {
            "rabbitmq_url": "amqp://guest:hunter2@host/",
            "rabbitmq_management_url": "file://guest:hunter2@host/etc",
        },
    ],
)
def test_invalid_url_names_its_variable(urls):
    """An invalid URL gives a SettingsError without its password."""
    with raises_a_sentence(SettingsError):
        backends.open_queue(Settings(_env_file=None, **urls))


def test_closed_connection_stays_closed():
    """Closing is idempotent, and a late call does not reconnect."""
    queue = backends.open_queue(_unreachable_broker())
    queue.close()
    queue.close()
    with raises_a_sentence():
        queue.publish(make_job())


def test_unknown_host_is_explained():
    """A misspelled host name is reported as such."""
    url = f"amqp://guest:{PASSWORD}@broker.invalid/"
    queue = backends.open_queue(Settings(_env_file=None, rabbitmq_url=url))
    with closing(queue), pytest.raises(QueueUnavailable, match=r"broker\.invalid.*name is unknown"):
        queue.depth()


def test_publishing_events_never_raises(tmp_path: Path):
    """A failed event does not fail a job."""
    events = SqliteEvents(tmp_path)
    events.close()
    events.publish(Event(kind="ready"))
    with raises_a_sentence():
        events.receive(0)
