"""What every queue promises (wire/queues/base.py), over SQLite and over a real RabbitMQ."""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pika
import pytest

from core.errors import MessageError, QueueError
from core.settings import Settings
from tests.support.conditions import wait_until
from wire.messages import names
from wire.messages.job import Job, JobRequest, new_job
from wire.queues.base import DeadLetter, Delivery, Queue, QueueDepth
from wire.queues.rabbitmq import RabbitQueue
from wire.queues.sqlite import SqliteQueue
from wire.sqlite.file import FILE_NAME

PATIENCE = 60
"""Seconds that a taker waits for a job which must come."""


@dataclass
class Backend:
    """One technology under test: how to open its queue here, in a child, and raw."""

    open_queue: Callable[[], Queue]
    child_expression: str
    put: Callable[[bytes], None]
    opened: list[Queue] = field(default_factory=list)

    def open(self) -> Queue:
        """Open a queue that is closed with the test."""
        self.opened.append(self.open_queue())
        return self.opened[-1]


@pytest.fixture(params=["sqlite", "rabbitmq"])
def backend(request, tmp_path) -> Iterator[Backend]:
    """Each technology in turn."""
    if request.param == "sqlite":
        made = _sqlite(tmp_path)
    else:
        made = _rabbitmq(request.getfixturevalue("rabbitmq_settings"))
    yield made
    for queue in made.opened:
        queue.close()


@pytest.fixture
def queue(backend) -> Queue:
    """Open a queue, as one process has it."""
    return backend.open()


@pytest.fixture
def other(backend) -> Queue:
    """Open the same queue, as another process has it."""
    return backend.open()


def _sqlite(folder) -> Backend:
    def put(body: bytes) -> None:
        with sqlite3.connect(folder / FILE_NAME) as connection:
            connection.execute("INSERT INTO jobs (body) VALUES (?)", (body,))

    # A short lease of the child's, so that a test need not wait for 15 s after it killed it.
    return Backend(
        lambda: SqliteQueue(folder),
        f"SqliteQueue(__import__('pathlib').Path({str(folder)!r}), lease_seconds=2.0)",
        put,
    )


def _rabbitmq(settings: Settings) -> Backend:
    url = settings.rabbitmq_url.get_secret_value()

    def put(body: bytes) -> None:
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            connection.channel().basic_publish("", names.QUEUE, body)

    return Backend(
        lambda: RabbitQueue(settings),
        f"RabbitQueue(Settings(_env_file=None, rabbitmq_url={url!r}))",
        put,
    )


def a_job(prompt: str = "cartoon dwarf") -> Job:
    return new_job(JobRequest(prompt=prompt))


def take_one(queue: Queue) -> Delivery:
    deliveries = queue.receive(1, PATIENCE)
    assert len(deliveries) == 1, "no job came"
    return deliveries[0]


def wait_for_depth(queue: Queue, ready: int, unacknowledged: int) -> None:
    wanted = QueueDepth(ready, unacknowledged)
    wait_until(lambda: queue.depth() == wanted, what=f"{wanted}, not {queue.depth()}")


def wait_for_dead_letters(queue: Queue, count: int) -> list[DeadLetter]:
    # A queue may find out only when somebody asks for a job that one is dead.
    def dead() -> list[DeadLetter]:
        assert queue.receive(1, 0) == []
        return letters if len(letters := queue.dead_letters(100)) == count else []

    return wait_until(dead, what=f"{count} dead letters")


def test_a_published_job_is_taken_as_it_was_sent(queue, other):
    """What a person asked for reaches the worker unchanged."""
    job = new_job(JobRequest(prompt="žluťoučký kůň 🐎", count=7, width=512, seed=2**32 - 1))
    queue.publish(job)
    delivery = take_one(other)
    assert delivery.job == job
    assert delivery.attempt == 1


def test_an_acknowledged_job_is_gone(queue, other):
    """A finished job leaves nothing behind."""
    queue.publish(a_job())
    other.acknowledge(take_one(other))
    wait_for_depth(queue, 0, 0)
    assert queue.receive(1, 0) == []
    assert queue.count_dead_letters() == 0
    assert queue.dead_letters(10) == []


def test_jobs_come_in_the_order_in_which_they_were_published(queue):
    """The queue is a queue."""
    jobs = [a_job(str(number)) for number in range(20)]
    for job in jobs:
        queue.publish(job)
    taken = []
    while len(taken) < len(jobs):
        deliveries = queue.receive(6, PATIENCE)
        assert 1 <= len(deliveries) <= 6
        taken += [delivery.job for delivery in deliveries]
    assert taken == jobs


def test_a_batch_is_as_large_as_the_queue_allows(queue):
    """Jobs that wait are taken together, so that a GPU paints them together."""
    for _ in range(5):
        queue.publish(a_job())
    assert len(queue.receive(4, PATIENCE)) == 4
    assert len(queue.receive(4, PATIENCE)) == 1


def test_take_waits_for_the_first_job_only_as_long_as_it_was_told(queue):
    """A worker without work gets to look at other things."""
    started = time.monotonic()
    assert queue.receive(4, 0.3) == []
    assert 0.25 < time.monotonic() - started < 30


def test_a_take_without_waiting_returns_what_is_there(queue, other):
    """A worker with room for more pictures hears of a job that waits, and only of that."""
    jobs = [a_job(str(number)) for number in range(3)]
    for job in jobs:
        other.publish(job)
    taken = [queue.receive(1, timeout)[0].job for timeout in (PATIENCE, 0, 0)]
    assert taken == jobs
    assert queue.receive(1, 0) == []


def test_a_take_without_waiting_asks_for_nothing_later(queue, other):
    """What is published after it is free for the next worker, though this one is busy."""
    assert queue.receive(1, 0.1) == []
    assert queue.receive(1, 0) == []
    other.publish(a_job())
    assert len(other.receive(1, 0)) == 1


def test_a_take_without_waiting_costs_little(queue):
    """Looking for a further job does not hold up the one in hand."""
    queue.receive(1, 0)
    seconds = []
    for _ in range(5):
        started = time.monotonic()
        queue.receive(1, 0)
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1


def test_a_waiting_taker_gets_a_job_at_once(queue, other):
    """A job does not wait for a worker's next look at the queue."""
    seconds = []
    for _ in range(5):
        arrived = threading.Event()
        taker = threading.Thread(target=lambda e=arrived: (take_and_finish(other), e.set()))
        taker.start()
        started = time.monotonic()
        queue.publish(a_job())
        assert arrived.wait(PATIENCE)
        seconds.append(time.monotonic() - started)
        taker.join()
    assert min(seconds) < 1


def take_and_finish(queue: Queue) -> None:
    queue.acknowledge(take_one(queue))


def test_two_takers_never_hold_the_same_job(backend, queue):
    """However many workers take at once, each job is done once."""
    jobs = [a_job(str(number)) for number in range(60)]
    for job in jobs:
        queue.publish(job)
    taken: list[str] = []

    def work(taker: Queue) -> None:
        while deliveries := taker.receive(3, 0.5):
            taken.extend(delivery.job.id for delivery in deliveries)
            for delivery in deliveries:
                taker.acknowledge(delivery)

    threads = [threading.Thread(target=work, args=(backend.open(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(job.id for job in jobs)


def test_a_job_is_its_takers_until_that_process_is_killed(backend, queue):
    """Nobody else gets a long job while it is worked on; after kill -9 another one does it."""
    job = a_job()
    queue.publish(job)
    child = child_that_takes(backend)
    try:
        assert child.stdout.readline().strip() == job.id
        # Several leases long, for the queue that has leases.
        assert queue.receive(1, 5) == []
    finally:
        child.kill()
        child.wait()
    delivery = take_one(queue)
    assert delivery.job == job
    assert delivery.attempt == 2


def child_that_takes(backend: Backend) -> subprocess.Popen:
    """Start a process that takes a job, prints its id and works on it for ever."""
    script = (
        "import signal\n"
        "from wire.queues.sqlite import SqliteQueue\n"
        "from wire.queues.rabbitmq import RabbitQueue\n"
        "from core.settings import Settings\n"
        f"queue = {backend.child_expression}\n"
        "print(queue.receive(1, 30)[0].job.id, flush=True)\n"
        "signal.pause()\n"
    )
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


def test_a_job_given_back_is_taken_next_and_its_attempt_counted_once(queue, other):
    """A worker that is told to stop returns its job to the head of the line."""
    first, second = a_job("first"), a_job("second")
    queue.publish(first)
    queue.publish(second)
    queue.requeue(take_one(queue))
    wait_until(lambda: queue.depth().ready == 2, what="both wait")
    delivery = take_one(other)
    assert delivery.job == first
    assert delivery.attempt == 2
    assert take_one(other).attempt == 1


def test_a_rejected_job_lies_with_the_dead_letters_with_its_reason(queue):
    """A job that cannot be painted is kept, and people read why."""
    job = a_job()
    queue.publish(job)
    before = time.time()
    queue.reject(take_one(queue), "The model has no such size.")
    [letter] = wait_for_dead_letters(queue, 1)
    assert letter.job == job
    assert queue.count_dead_letters() == 1
    assert letter.reason == "The model has no such size."
    assert job.id in letter.body
    assert before - 2 < letter.at < time.time() + 2
    wait_for_depth(queue, 0, 0)


def test_dead_letters_stay_where_they_are_when_they_are_read(queue, other):
    """Looking at the dead letters changes nothing, however often people look."""
    jobs = [a_job(str(number)) for number in range(5)]
    for job in jobs:
        queue.publish(job)
        queue.reject(take_one(queue), "It failed.")
    for _ in range(2 * names.DELIVERY_LIMIT):
        assert [letter.job for letter in other.dead_letters(10)] == jobs[::-1]


def test_of_many_dead_letters_the_newest_are_read(queue, other):
    """A page that shows some of them shows what failed just now, newest first."""
    jobs = [a_job(str(number)) for number in range(5)]
    for job in jobs:
        queue.publish(job)
        queue.reject(take_one(queue), "It failed.")
    for _ in range(3):
        assert [letter.job for letter in other.dead_letters(2)] == [jobs[4], jobs[3]]
    assert other.dead_letters(0) == []


def test_a_dead_letter_can_be_retried_as_new(queue):
    """A person who fixed the cause gets the pictures after all."""
    job = a_job()
    queue.publish(job)
    queue.reject(take_one(queue), "The GPU was on fire.")
    [letter] = wait_for_dead_letters(queue, 1)
    queue.retry_dead_letter(letter.delivery_tag)
    delivery = take_one(queue)
    assert delivery.job == job
    assert delivery.attempt == 1
    assert queue.dead_letters(10) == []
    with pytest.raises(QueueError, match="gone"):
        queue.retry_dead_letter(letter.delivery_tag)


def test_a_dead_letter_can_be_dropped(queue):
    """A person who does not want the job any more is rid of it, and of no other."""
    kept, dropped = a_job("kept"), a_job("dropped")
    for job in (kept, dropped):
        queue.publish(job)
        queue.reject(take_one(queue), "It failed.")
    delivery_tag = next(x.delivery_tag for x in wait_for_dead_letters(queue, 2) if x.job == dropped)
    queue.drop_dead_letter(delivery_tag)
    queue.drop_dead_letter(delivery_tag)
    assert [letter.job for letter in queue.dead_letters(10)] == [kept]


def test_a_job_that_nobody_finishes_ends_with_the_dead_letters(queue):
    """Attempts are limited: a job that kills its workers does not kill them for ever."""
    job = a_job()
    queue.publish(job)
    for attempt in range(1, names.DELIVERY_LIMIT + 2):
        delivery = take_one(queue)
        assert delivery.attempt == attempt
        queue.requeue(delivery)
    [letter] = wait_for_dead_letters(queue, 1)
    assert letter.job == job
    assert f"{names.DELIVERY_LIMIT + 1} times" in letter.reason
    assert queue.receive(1, 0) == []


def test_waiting_and_leased_jobs_are_counted_apart(queue, other):
    """The page shows what waits and what is worked on."""
    for _ in range(5):
        queue.publish(a_job())
    wait_for_depth(other, 5, 0)
    first, _ = queue.receive(2, PATIENCE)
    wait_for_depth(other, 3, 2)
    queue.acknowledge(first)
    wait_for_depth(other, 3, 1)


BAD_MESSAGES = {
    "not JSON": b"not JSON",
    "empty": b"",
    "not UTF-8": b"\xff\xfe\xfd",
    "not an object": b'["yellow submarine"]',
    "no prompt": b'{"count": 1}',
    "count 0": b'{"prompt": "x", "count": 0}',
    "count -1": b'{"prompt": "x", "count": -1}',
    "count 10^9": b'{"prompt": "x", "count": 1000000000}',
    "count as text": b'{"prompt": "x", "count": "7"}',
    "NUL in the prompt": b'{"prompt": "a\\u0000b", "count": 1}',
    "NUL bytes": b"\x00" * 100,
    "100,000 characters": b'{"prompt": "' + b"x" * 100_000 + b'"}',
    "10 MB": b"x" * 10_000_000,
    "a path as id": b'{"id": "../../etc/passwd", "prompt": "x"}',
    "deeply nested": b"[" * 60_000,
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_a_message_that_is_no_job_is_buried_and_stops_nobody(backend, queue, name):
    """One bad message costs its sender an explanation and nobody else anything."""
    wait_for_depth(queue, 0, 0)  # the queue exists now
    job = a_job()
    backend.put(BAD_MESSAGES[name])
    queue.publish(job)
    assert take_one(queue).job == job
    [letter] = queue.dead_letters(10)
    assert letter.job is None
    assert letter.reason.startswith("The ")
    assert letter.reason.endswith(".")
    assert len(letter.body) <= 500
    with pytest.raises(MessageError):
        queue.retry_dead_letter(letter.delivery_tag)
    assert len(queue.dead_letters(10)) == 1


def test_a_message_without_an_id_becomes_a_job_that_keeps_its_id(backend, queue, other):
    """The older sample's messages are painted, and a second attempt overwrites the first."""
    wait_for_depth(queue, 0, 0)
    backend.put(b'{"prompt": "yellow submarine", "count": 4}')
    first = take_one(queue)
    assert (first.job.prompt, first.job.count) == ("yellow submarine", 4)
    queue.requeue(first)
    second = take_one(other)
    assert second.job == first.job
    other.acknowledge(second)
    wait_for_depth(queue, 0, 0)


def test_closing_returns_what_was_taken(backend, other):
    """A worker that ends keeps no job to itself."""
    queue = backend.open_queue()
    jobs = [a_job(str(number)) for number in range(3)]
    for job in jobs:
        queue.publish(job)
    queue.receive(2, PATIENCE)
    queue.close()
    wait_until(lambda: other.depth().ready == 3, what="all jobs wait again")
    assert [delivery.job for delivery in other.receive(3, PATIENCE)] == jobs


def test_a_job_published_after_a_fruitless_take_is_not_lost_by_closing(backend, other):
    """What reached a process that stopped asking is given back as if nobody had seen it."""
    queue = backend.open_queue()
    assert queue.receive(4, 0.1) == []
    job = a_job()
    other.publish(job)
    queue.close()
    assert take_one(other).job == job


def test_what_is_said_about_a_lost_lease_is_harmless(backend, other):
    """A worker that was cut off finishes in vain, and breaks nothing."""
    queue = backend.open()
    job = a_job()
    queue.publish(job)
    delivery = take_one(queue)
    queue.requeue(delivery)
    again = take_one(other)
    queue.acknowledge(delivery)
    queue.requeue(delivery)
    queue.reject(delivery, "It is too late.")
    assert other.dead_letters(10) == []
    other.acknowledge(again)
    wait_for_depth(other, 0, 0)
