"""The contract of wire/events/base.py, for SQLite and RabbitMQ."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from types import SimpleNamespace

import pika
import pytest

from core.errors import QueueUnavailable
from core.settings import Settings
from tests.support.conditions import free_port, wait_until
from tests.support.samples import preview_file
from wire.events import rabbitmq
from wire.events.base import Events
from wire.events.rabbitmq import RabbitEvents
from wire.events.sqlite import MAX_STORED_EVENTS, SqliteEvents
from wire.messages import names
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.sqlite.file import FILE_NAME

JOB_ID = new_job(JobRequest(prompt="cartoon dwarf")).id
_EXPIRED_SECONDS = 2.0
NORMAL = 1
"""The lowest level of SQLite's synchronous that a power cut does not corrupt."""


@dataclass
class Backend:
    """A backend under test."""

    open_events: Callable[[], Events]
    put: Callable[[bytes], None]
    opened: list[Events] = field(default_factory=list)

    def open(self) -> Events:
        """Open events that are closed after the test."""
        self.opened.append(self.open_events())
        return self.opened[-1]


@pytest.fixture(params=["sqlite", "rabbitmq"])
def backend(request, tmp_path) -> Iterator[Backend]:
    """Run each test with each backend."""
    if request.param == "sqlite":
        backend = _sqlite(tmp_path)
    else:
        backend = _rabbitmq(request.getfixturevalue("rabbitmq_settings"))
    yield backend
    for events in backend.opened:
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
def publisher(backend) -> Events:
    """Open events as a worker does."""
    return backend.open()


@pytest.fixture
def subscriber(backend) -> Events:
    """Open events as a dashboard does, already subscribed."""
    events = backend.open()
    events.receive(0)
    return events


def receive(events: Events, count: int) -> list[Event]:
    received: list[Event] = []

    def all_received() -> bool:
        received.extend(events.receive(0.2))
        return len(received) >= count

    wait_until(all_received, what=f"{count} events")
    return received


def test_event_is_received_unchanged(publisher, subscriber):
    """All fields of an event survive publishing."""
    job = new_job(JobRequest(prompt="cartoon dwarf", count=7))
    event = Event(kind="accepted", job_id=job.id, job=job, worker="w-1", detail="ďábel 🐎")
    publisher.publish(event)
    assert receive(subscriber, 1) == [event]


def test_preview_is_received(publisher, subscriber):
    """A preview travels with its step; the next step has none."""
    first = Event(kind="step", job_id=JOB_ID, step=2, steps=4, preview=preview_file())
    publisher.publish(first)
    assert receive(subscriber, 1) == [first]
    publisher.publish(Event(kind="step", job_id=JOB_ID, step=3, steps=4))
    assert receive(subscriber, 1)[0].preview is None


def test_malformed_preview_does_not_lose_its_event(backend, subscriber):
    """A preview of an unknown format is dropped, and the step is still reported."""
    backend.put(b'{"kind": "step", "step": 2, "preview": "R0lGODlhAQABAAAAACw="}')
    [event] = receive(subscriber, 1)
    assert (event.step, event.preview) == (2, None)


def test_every_subscriber_receives_every_event(publisher, subscriber, backend):
    """Two dashboards receive the same events."""
    other = backend.open()
    other.receive(0)
    publisher.publish(Event(kind="ready", worker="w-1"))
    assert receive(subscriber, 1) == receive(other, 1)


def test_events_are_received_once_and_in_order(publisher, subscriber):
    """A progress bar never goes backwards."""
    for step in range(1, 201):
        publisher.publish(Event(kind="step", step=step, steps=200))
    assert [event.step for event in receive(subscriber, 200)] == list(range(1, 201))
    assert subscriber.receive(0.1) == []


def test_slow_dashboard_receives_results_and_no_outdated_steps(rabbitmq_settings, monkeypatch):
    """While workers publish more than a dashboard receives, no end of a job waits behind steps."""
    monkeypatch.setattr(rabbitmq, "_PREFETCH", 1)  # further ones wait on the broker
    with closing(RabbitEvents(rabbitmq_settings)) as events:
        events.receive(0)
        for step in range(1, 101):
            events.publish(Event(kind="step", job_id=JOB_ID, step=step, steps=100))
        events.publish(Event(kind="done", job_id=JOB_ID))
        time.sleep(_EXPIRED_SECONDS)
        received = receive(events, 2)
    assert [(event.kind, event.step) for event in received] == [("step", 1), ("done", None)]


def test_receive_without_events_returns_after_its_timeout(subscriber):
    """A sampler without events can continue with other work."""
    started = time.monotonic()
    assert subscriber.receive(0.3) == []
    assert 0.25 < time.monotonic() - started < 30


def test_receive_returns_as_soon_as_an_event_arrives(publisher, subscriber):
    """Progress is shown without a polling delay."""
    seconds = []
    for _ in range(5):
        started = time.monotonic()
        publisher.publish(Event(kind="ready"))
        receive(subscriber, 1)
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1


@pytest.mark.parametrize("body", [b"", b"not JSON", b'{"kind": "explosion"}', b"\xff" * 100])
def test_invalid_message_is_skipped(backend, publisher, subscriber, body):
    """A message of another program does not stop the page."""
    backend.put(body)
    publisher.publish(Event(kind="ready"))
    assert [event.kind for event in receive(subscriber, 1)] == ["ready"]


def test_close_flushes_published_events(backend, subscriber):
    """The last event of a worker is received, although the worker exits at once."""
    publisher = backend.open_events()
    publisher.publish(Event(kind="stopped", worker="w-1"))
    publisher.close()
    assert [event.kind for event in receive(subscriber, 1)] == ["stopped"]


def test_new_subscriber_receives_stored_events(tmp_path):
    """In the local mode, a restarted dashboard recovers its jobs."""
    first = SqliteEvents(tmp_path)
    for step in range(1, 6):
        first.publish(Event(kind="step", step=step, steps=5))
    first.close()
    again = SqliteEvents(tmp_path)
    assert [event.step for event in again.receive(0)] == [1, 2, 3, 4, 5]
    assert again.receive(0) == []
    again.close()


def test_local_mode_keeps_the_newest_preview_until_the_job_ends(tmp_path):
    """Of a job in progress a new subscriber sees the newest preview, of others none is kept."""
    events = SqliteEvents(tmp_path)
    for step, colour in ((2, "red"), (4, "green")):
        events.publish(Event(kind="step", job_id=JOB_ID, step=step, preview=preview_file(colour)))
    received = SqliteEvents(tmp_path).receive(0)
    assert [event.preview for event in received] == [None, preview_file("green")]
    events.publish(Event(kind="done", job_id=JOB_ID))
    assert not any(event.preview for event in SqliteEvents(tmp_path).receive(0))
    assert events._file.read("SELECT * FROM previews") == []
    assert not any(b"preview" in body for _, body in events._file.read("SELECT * FROM events"))
    events.close()


def test_old_events_are_trimmed(tmp_path):
    """The file does not grow without limit."""
    events = SqliteEvents(tmp_path)
    for number in range(MAX_STORED_EVENTS + 300):
        events.publish(Event(kind="step", step=number))
    stored = [event.step for event in SqliteEvents(tmp_path).receive(0)]
    assert MAX_STORED_EVENTS <= len(stored) <= MAX_STORED_EVENTS + 100
    assert stored[-1] == MAX_STORED_EVENTS + 299
    events.close()


def test_events_do_not_endanger_the_shared_file(tmp_path):
    """Events use a level of synchronous that keeps the jobs of the same file safe."""
    events = SqliteEvents(tmp_path)
    [(level,)] = events._file.read("PRAGMA synchronous")
    assert level >= NORMAL
    events.close()


def test_publish_without_a_broker_is_quick_and_raises_nothing():
    """Lost events neither lose nor delay a job."""
    publisher = RabbitEvents(_unreachable_settings())
    started = time.monotonic()
    for _ in range(2000):
        publisher.publish(Event(kind="ready"))
    assert time.monotonic() - started < 60  # a single one may wait 5 s for a broker
    with pytest.raises(QueueUnavailable, match=r"cannot be (used|reached)"):
        publisher.receive(0)
    started = time.monotonic()
    publisher.close()
    assert time.monotonic() - started < 60


def test_concurrent_first_publishes_start_one_thread(monkeypatch):
    """A single thread sends the events in order."""
    publisher = RabbitEvents(_unreachable_settings())
    event = Event(kind="ready")
    threads = [threading.Thread(target=publisher.publish, args=[event]) for _ in range(8)]
    started = []

    def slow_thread(**arguments) -> threading.Thread:
        started.append(arguments["name"])
        time.sleep(0.05)  # the other threads arrive meanwhile
        return threading.Thread(**arguments)

    monkeypatch.setattr(rabbitmq, "threading", SimpleNamespace(Thread=slow_thread))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    publisher.close()
    assert started == ["events"]


def _unreachable_settings() -> Settings:
    return Settings(_env_file=None, rabbitmq_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/")


def test_publish_to_an_unwritable_file_raises_nothing(tmp_path, caplog):
    """An event that cannot be written does not stop a worker."""
    events = SqliteEvents(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("DROP TABLE events")
    events.publish(Event(kind="ready"))
    assert "dropped" in caplog.text
    with pytest.raises(QueueUnavailable):
        events.receive(0)
    events.close()
