"""What every stream of events promises (wire/events/base.py), over SQLite and RabbitMQ."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pika
import pytest

from core.errors import QueueUnavailable
from core.settings import Settings
from tests.support.conditions import free_port, wait_until
from wire.events import rabbitmq
from wire.events.base import Events
from wire.events.rabbitmq import RabbitEvents
from wire.events.sqlite import MAX_STORED_EVENTS, SqliteEvents
from wire.messages import names
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.sqlite.file import FILE_NAME

NORMAL = 1
"""Of SQLite's levels of synchronous, the least that a power cut does not damage."""


@dataclass
class Backend:
    """One technology under test."""

    open_events: Callable[[], Events]
    put: Callable[[bytes], None]
    opened: list[Events] = field(default_factory=list)

    def open(self) -> Events:
        """Open a stream that is closed with the test."""
        self.opened.append(self.open_events())
        return self.opened[-1]


@pytest.fixture(params=["sqlite", "rabbitmq"])
def backend(request, tmp_path) -> Iterator[Backend]:
    """Each technology in turn."""
    if request.param == "sqlite":
        made = _sqlite(tmp_path)
    else:
        made = _rabbitmq(request.getfixturevalue("rabbitmq_settings"))
    yield made
    for events in made.opened:
        events.close()


def _sqlite(folder) -> Backend:
    def put(body: bytes) -> None:
        with sqlite3.connect(folder / FILE_NAME) as connection:
            connection.execute("INSERT INTO events (body) VALUES (?)", (body,))

    return Backend(lambda: SqliteEvents(folder), put)


def _rabbitmq(settings: Settings) -> Backend:
    url = settings.rabbitmq_url.get_secret_value()

    def put(body: bytes) -> None:
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            connection.channel().basic_publish(names.EVENTS_EXCHANGE, "", body)

    return Backend(lambda: RabbitEvents(settings), put)


@pytest.fixture
def sender(backend) -> Events:
    """Open the stream as a worker has it."""
    return backend.open()


@pytest.fixture
def listener(backend) -> Events:
    """Open the stream as a dashboard has it, listening already."""
    events = backend.open()
    events.receive(0)
    return events


def receive(events: Events, count: int) -> list[Event]:
    received: list[Event] = []

    def enough() -> bool:
        received.extend(events.receive(0.2))
        return len(received) >= count

    wait_until(enough, what=f"{count} events")
    return received


def test_an_event_arrives_as_it_was_sent(sender, listener):
    """The page shows what the worker said."""
    job = new_job(JobRequest(prompt="cartoon dwarf", count=7))
    event = Event(kind="accepted", job_id=job.id, job=job, worker="w-1", detail="ďábel 🐎")
    sender.publish(event)
    assert receive(listener, 1) == [event]


def test_every_listener_hears_every_event(sender, listener, backend):
    """Two dashboards show the same."""
    other = backend.open()
    other.receive(0)
    sender.publish(Event(kind="ready", worker="w-1"))
    assert receive(listener, 1) == receive(other, 1)


def test_events_come_in_order_and_once(sender, listener):
    """A progress bar never goes back."""
    for step in range(1, 201):
        sender.publish(Event(kind="step", step=step, steps=200))
    assert [event.step for event in receive(listener, 200)] == list(range(1, 201))
    assert listener.receive(0.1) == []


def test_receive_waits_only_as_long_as_it_was_told(listener):
    """A sampler without news gets to look at other things."""
    started = time.monotonic()
    assert listener.receive(0.3) == []
    assert 0.25 < time.monotonic() - started < 30


def test_an_event_wakes_the_listener_at_once(sender, listener):
    """The page moves when the worker does."""
    seconds = []
    for _ in range(5):
        started = time.monotonic()
        sender.publish(Event(kind="ready"))
        receive(listener, 1)
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1


@pytest.mark.parametrize("body", [b"", b"not JSON", b'{"kind": "explosion"}', b"\xff" * 100])
def test_what_is_no_event_is_skipped(backend, sender, listener, body):
    """A stranger's message does not stop the page."""
    backend.put(body)
    sender.publish(Event(kind="ready"))
    assert [event.kind for event in receive(listener, 1)] == ["ready"]


def test_what_was_sent_before_the_end_is_heard(backend, listener):
    """A worker's last words arrive although it ends at once."""
    sender = backend.open_events()
    sender.publish(Event(kind="stopped", worker="w-1"))
    sender.close()
    assert [event.kind for event in receive(listener, 1)] == ["stopped"]


def test_a_restarted_dashboard_hears_what_was_kept(tmp_path):
    """In the embedded mode the page knows its jobs again after a restart."""
    first = SqliteEvents(tmp_path)
    for step in range(1, 6):
        first.publish(Event(kind="step", step=step, steps=5))
    first.close()
    again = SqliteEvents(tmp_path)
    assert [event.step for event in again.receive(0)] == [1, 2, 3, 4, 5]
    assert again.receive(0) == []
    again.close()


def test_only_the_newest_events_are_kept(tmp_path):
    """The file of a dashboard that runs for months does not grow."""
    events = SqliteEvents(tmp_path)
    for number in range(MAX_STORED_EVENTS + 300):
        events.publish(Event(kind="step", step=number))
    kept = [event.step for event in SqliteEvents(tmp_path).receive(0)]
    assert MAX_STORED_EVENTS <= len(kept) <= MAX_STORED_EVENTS + 100
    assert kept[-1] == MAX_STORED_EVENTS + 299
    events.close()


def test_events_leave_the_file_that_they_share_safe(tmp_path):
    """No event moves a page of the queue's file before the disk has what belongs to it."""
    events = SqliteEvents(tmp_path)
    [(level,)] = events._file.read("PRAGMA synchronous")
    assert level >= NORMAL
    events.close()


def test_sending_to_nobody_is_quick_and_raises_nothing():
    """Losing the events loses no job, and delays none."""
    sender = RabbitEvents(_settings_of_nobody())
    started = time.monotonic()
    for _ in range(2000):
        sender.publish(Event(kind="ready"))
    # Waiting for a broker, one of them alone may take 5 s.
    assert time.monotonic() - started < 60
    with pytest.raises(QueueUnavailable, match=r"cannot be (used|reached)"):
        sender.receive(0)
    started = time.monotonic()
    sender.close()
    assert time.monotonic() - started < 60


def test_threads_that_send_first_at_once_start_one_sender(monkeypatch):
    """Events leave in the order in which they came, by one thread."""
    sender = RabbitEvents(_settings_of_nobody())
    event = Event(kind="ready")
    threads = [threading.Thread(target=sender.publish, args=[event]) for _ in range(8)]
    started = []

    def slow_thread(**arguments) -> threading.Thread:
        started.append(arguments["name"])
        time.sleep(0.05)  # the others come by meanwhile
        return threading.Thread(**arguments)

    monkeypatch.setattr(rabbitmq, "threading", SimpleNamespace(Thread=slow_thread))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sender.close()
    assert started == ["events"]


def _settings_of_nobody() -> Settings:
    return Settings(_env_file=None, rabbitmq_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/")


def test_sending_to_a_file_that_cannot_be_written_raises_nothing(tmp_path, caplog):
    """A full disk stops no worker for an event's sake."""
    events = SqliteEvents(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("DROP TABLE events")
    events.publish(Event(kind="ready"))
    assert "dropped" in caplog.text
    with pytest.raises(QueueUnavailable):
        events.receive(0)
    events.close()
