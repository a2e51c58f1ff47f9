"""Library exceptions stop at the module edge, and become sentences without secrets."""

import logging
import sqlite3
import time
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
from wire.sqlite.file import FILE_NAME

PASSWORD = "hunter2"


def a_job():
    return new_job(JobRequest(prompt="cartoon dwarf"))


QUEUE_CALLS = {
    "publish": lambda queue: queue.publish(a_job()),
    "take": lambda queue: queue.receive(1, 0),
    "depth": lambda queue: queue.depth(),
    "count_dead_letters": lambda queue: queue.count_dead_letters(),
    "dead_letters": lambda queue: queue.dead_letters(1),
    "retry_dead_letter": lambda queue: queue.retry_dead_letter("1"),
    "drop_dead_letter": lambda queue: queue.drop_dead_letter("1"),
}


def test_every_error_is_an_application_error():
    """One except clause at the edge of a process catches all that it should."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert len(kinds) > 10
    assert all(issubclass(kind, ApplicationError) for kind in kinds)


def test_the_tree_in_the_docstring_is_the_tree():
    """Who reads the module's first lines knows every error."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
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
def test_a_file_that_is_no_queue_is_explained(tmp_path, call):
    """A damaged or foreign file is a sentence, at each call."""
    queue = SqliteQueue(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.executescript("DROP TABLE jobs; DROP TABLE dead_letters")
    with raises_a_sentence():
        QUEUE_CALLS[call](queue)
    queue.close()


@pytest.mark.parametrize("kind", [SqliteQueue, SqliteEvents])
def test_a_foreign_file_is_not_touched(tmp_path, kind):
    """A file of that name that is something else stays as it is."""
    file = tmp_path / FILE_NAME
    file.write_bytes(b"my diary " * 1000)
    with raises_a_sentence():
        kind(tmp_path)
    assert file.read_bytes() == b"my diary " * 1000


@pytest.mark.parametrize("kind", [SqliteQueue, SqliteEvents])
def test_a_folder_that_cannot_be_made_is_explained(tmp_path, kind):
    """DATA_DIR below a file, or on a disk that is gone, is a sentence."""
    (tmp_path / "file").write_text("")
    with raises_a_sentence():
        kind(tmp_path / "file" / "data")


@contextmanager
def limited(queue: SqliteQueue, pragma: str):
    queue._file._connection.execute(f"PRAGMA {pragma}")
    yield


def test_a_full_disk_refuses_jobs_and_keeps_what_is_there(tmp_path):
    """Nobody is told that a job was accepted which is not on the disk."""
    with closing(SqliteQueue(tmp_path)) as queue:
        queue.publish(a_job())
        with limited(queue, "max_page_count = 1"), pytest.raises(QueueUnavailable, match="full"):
            publish_many(queue)
        kept = queue.depth().ready
        assert kept >= 1
        with limited(queue, "max_page_count = 1000000"):
            queue.publish(a_job())
        assert queue.depth().ready == kept + 1


def publish_many(queue: SqliteQueue) -> None:
    for _ in range(1000):
        queue.publish(a_job())


def test_a_queue_that_cannot_be_written_is_explained(tmp_path):
    """A folder mounted read-only is a sentence that says what to check."""
    with closing(SqliteQueue(tmp_path)) as queue, limited(queue, "query_only = 1"):
        with pytest.raises(QueueUnavailable, match="permissions of DATA_DIR"):
            queue.publish(a_job())
        assert queue.depth().ready == 0
        # Closing gives leases back, and must not fail where it cannot.


def test_a_queue_that_another_process_holds_is_waited_for(tmp_path):
    """Two processes that write at once both succeed."""
    with closing(SqliteQueue(tmp_path)) as queue, closing(SqliteQueue(tmp_path)) as other:
        with other._file.transaction():
            assert queue.depth().ready == 0
            assert queue.receive(1, 0) == []
        queue.publish(a_job())
        assert other.depth().ready == 1


def test_a_closed_queue_says_so_in_our_words(tmp_path):
    """A late call of some thread meets no error of a library."""
    queue = SqliteQueue(tmp_path)
    queue.close()
    queue.close()
    for call in QUEUE_CALLS.values():
        with raises_a_sentence():
            call(queue)


def _broker_that_is_away() -> Settings:
    url = f"amqp://guest:{PASSWORD}@127.0.0.1:{free_port()}/"
    return Settings(_env_file=None, rabbitmq_url=url)


def test_a_broker_that_is_away_is_explained_within_seconds(caplog):
    """Nothing waits for ever, nothing tells the password, and nothing was accepted."""
    caplog.set_level(logging.DEBUG)
    with closing(backends.open_queue(_broker_that_is_away())) as queue:
        for call in ("publish", "take", "depth"):
            started = time.monotonic()
            with raises_a_sentence():
                QUEUE_CALLS[call](queue)
            assert time.monotonic() - started < 30
    assert PASSWORD not in caplog.text


def test_what_is_said_about_unknown_deliveries_needs_no_broker():
    """A delivery_tag of a connection that is lost is void, whatever else fails."""
    with closing(backends.open_queue(_broker_that_is_away())) as queue:
        delivery = Delivery(a_job(), 1, 42)
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
def test_an_impossible_address_names_its_variable(urls):
    """A wrong address is a sentence at the start, without its password."""
    with raises_a_sentence(SettingsError):
        backends.open_queue(Settings(_env_file=None, **urls))


def test_a_closed_connection_stays_closed():
    """Closing twice is harmless, and a late call opens no connection again."""
    queue = backends.open_queue(_broker_that_is_away())
    queue.close()
    queue.close()
    with raises_a_sentence():
        queue.publish(a_job())


def test_a_name_that_no_server_has_is_explained():
    """A typing error in the host's name is recognisable."""
    url = f"amqp://guest:{PASSWORD}@broker.invalid/"
    queue = backends.open_queue(Settings(_env_file=None, rabbitmq_url=url))
    with closing(queue), pytest.raises(QueueUnavailable, match=r"broker\.invalid.*name is unknown"):
        queue.depth()


def test_events_never_raise_when_sent(tmp_path: Path):
    """An event costs nobody a job, whatever happened to the file."""
    events = SqliteEvents(tmp_path)
    events.close()
    events.publish(Event(kind="ready"))
    with raises_a_sentence():
        events.receive(0)
