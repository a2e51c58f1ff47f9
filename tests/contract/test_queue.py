"""The contract of wire/queues/base.py, for SQLite and RabbitMQ."""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pika
import pytest
from pydantic import SecretStr

from core.errors import MessageError, QueueError
from core.settings import Settings
from tests.support.conditions import free_port, wait_until
from wire.messages import names
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.parameters import GenerationParameters, Lora
from wire.queues.base import DeadLetter, Delivery, Queue, QueueDepth, retry_pause
from wire.queues.rabbitmq import RabbitQueue
from wire.queues.sqlite import SqliteQueue
from wire.sqlite.file import FILE_NAME

TIMEOUT_SECONDS = 60
"""Time to wait for a job that must arrive."""
RETRY_PAUSES_SECONDS = (0.2, 0.6)
BROKER_STATISTICS_SECONDS = 11
"""After this the management API has counted what was on the queues before."""
MAX_READY_JOBS = 4
"""Of a queue that is opened with ``narrow``."""


@dataclass
class Backend:
    """A backend under test: opens its queue here and in a child process, and sends raw messages."""

    open_queue: Callable[[], Queue]
    child_expression: str
    put: Callable[[bytes], None]
    open_narrow_queue: Callable[[], Queue]
    opened: list[Queue] = field(default_factory=list)

    def open(self) -> Queue:
        """Open a queue that is closed after the test."""
        self.opened.append(self.open_queue())
        return self.opened[-1]

    def open_narrow(self) -> Queue:
        """Open a queue of which only a few jobs are ready at a time, if the backend limits them."""
        self.opened.append(self.open_narrow_queue())
        return self.opened[-1]


@pytest.fixture(params=["sqlite", "rabbitmq"])
def backend(request, tmp_path, monkeypatch) -> Iterator[Backend]:
    """Run each test with each backend."""
    monkeypatch.setattr(names, "RETRY_PAUSES_SECONDS", RETRY_PAUSES_SECONDS)
    if request.param == "sqlite":
        backend = _sqlite(tmp_path)
    else:
        backend = _rabbitmq(request.getfixturevalue("rabbitmq_settings"))
    yield backend
    for queue in backend.opened:
        queue.close()


@pytest.fixture
def queue(backend) -> Queue:
    """Open the queue, as a process does."""
    return backend.open()


@pytest.fixture
def other(backend) -> Queue:
    """Open the same queue, as another process does."""
    return backend.open()


def _sqlite(folder) -> Backend:
    def put(body: bytes) -> None:
        with sqlite3.connect(folder / FILE_NAME) as connection:
            connection.execute("INSERT INTO jobs (body) VALUES (?)", (body,))

    # The child has a short lease, so that the test need not wait 15 s after killing it.
    return Backend(
        lambda: SqliteQueue(folder),
        f"SqliteQueue(__import__('pathlib').Path({str(folder)!r}), lease_seconds=2.0)",
        put,
        lambda: SqliteQueue(folder),
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
        lambda: RabbitQueue(settings.model_copy(update={"max_ready_jobs": MAX_READY_JOBS})),
    )


def make_job(prompt: str = "cartoon dwarf", submitter: str | None = None) -> Job:
    return new_job(JobRequest(prompt=prompt), submitter)


def receive_one(queue: Queue) -> Delivery:
    deliveries = queue.receive(1, TIMEOUT_SECONDS)
    assert len(deliveries) == 1, "no job arrived"
    return deliveries[0]


def wait_for_depth(queue: Queue, ready: int, unacknowledged: int) -> None:
    expected = QueueDepth(ready, unacknowledged)
    wait_until(lambda: queue.depth() == expected, what=f"{expected}, not {queue.depth()}")


def wait_for_dead_letters(queue: Queue, count: int) -> list[DeadLetter]:
    # A queue may dead-letter a job only when it is about to be delivered again.
    def dead_letters() -> list[DeadLetter]:
        assert queue.receive(1, 0) == []
        return letters if len(letters := queue.dead_letters(100)) == count else []

    return wait_until(dead_letters, what=f"{count} dead letters")


def test_job_is_received_unchanged(queue, other):
    """All fields of a job survive publishing."""
    job = new_job(JobRequest(prompt="žluťoučký kůň 🐎", count=7, width=512, seed=2**32 - 1))
    queue.publish(job)
    delivery = receive_one(other)
    assert delivery.job == job
    assert delivery.attempt == 1


def test_every_parameter_is_received(queue, other):
    """The worker gets each generation parameter as it was sent, and fields of newer clients."""
    parameters = GenerationParameters(
        prompt="a cat",
        negative_prompt="rozmazané, 🐕",
        width=512,
        height=768,
        steps=20,
        guidance_scale=7.5,
        scheduler="DPM++ 2M Karras",
        seed=0,
        loras=(Lora(name="ink", weight=-0.5), Lora(name="user/oil")),
        init_image="019a6f00-0000-7000-8000-000000000001-0.png",
        strength=0.35,
        newer={"nested": [1]},
    )
    queue.publish(new_job(JobRequest(**parameters.model_dump(), count=2)))
    job = receive_one(other).job
    assert job.parameters == GenerationParameters(**parameters.model_dump(exclude={"newer"}))
    assert job.model_extra == {"newer": {"nested": [1]}}


def test_parameters_of_the_older_sample_are_received(backend, queue, other):
    """Null fields mean the defaults, and the seed -1 a random one."""
    wait_for_depth(queue, 0, 0)  # the queue exists now
    backend.put(b'{"prompt": "a cat", "count": null, "seed": -1, "steps": null, "loras": []}')
    job = receive_one(other).job
    assert job.parameters == GenerationParameters(prompt="a cat")
    assert job.count == 1


def test_acknowledged_job_is_removed(queue, other):
    """A finished job leaves neither a message nor a dead letter."""
    queue.publish(make_job())
    other.acknowledge(receive_one(other))
    wait_for_depth(queue, 0, 0)
    assert queue.receive(1, 0) == []
    assert queue.count_dead_letters() == 0
    assert queue.dead_letters(10) == []


def test_jobs_are_received_in_order(queue):
    """Jobs are delivered first in, first out."""
    jobs = [make_job(str(number)) for number in range(20)]
    for job in jobs:
        queue.publish(job)
    received = []
    while len(received) < len(jobs):
        deliveries = queue.receive(6, TIMEOUT_SECONDS)
        assert 1 <= len(deliveries) <= 6
        received += [delivery.job for delivery in deliveries]
    assert received == jobs


def test_receive_returns_all_ready_jobs_up_to_the_limit(queue):
    """Ready jobs are received together, so that a GPU can batch them."""
    for _ in range(5):
        queue.publish(make_job())
    assert len(queue.receive(4, TIMEOUT_SECONDS)) == 4
    assert len(queue.receive(4, TIMEOUT_SECONDS)) == 1


def test_receive_without_jobs_returns_after_its_timeout(queue):
    """An idle worker can check for shutdown."""
    started = time.monotonic()
    assert queue.receive(4, 0.3) == []
    assert 0.25 < time.monotonic() - started < 30


def test_receive_without_timeout_returns_ready_jobs(queue, other):
    """A worker with room in its batch receives a ready job, and does not wait for others."""
    jobs = [make_job(str(number)) for number in range(3)]
    for job in jobs:
        other.publish(job)
    received = [queue.receive(1, timeout)[0].job for timeout in (TIMEOUT_SECONDS, 0, 0)]
    assert received == jobs
    assert queue.receive(1, 0) == []


def test_receive_without_timeout_prefetches_nothing(queue, other):
    """A job published later is ready for other workers while this worker is busy."""
    assert queue.receive(1, 0.1) == []
    assert queue.receive(1, 0) == []
    other.publish(make_job())
    assert len(other.receive(1, 0)) == 1


def test_receive_without_timeout_is_quick(queue):
    """Checking for a further job does not delay the received ones."""
    queue.receive(1, 0)
    seconds = []
    for _ in range(5):
        started = time.monotonic()
        queue.receive(1, 0)
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1


def test_receive_returns_as_soon_as_a_job_is_published(queue, other):
    """A job does not wait for a polling interval."""
    seconds = []
    for _ in range(5):
        arrived = threading.Event()
        receiver = threading.Thread(target=lambda e=arrived: (receive_and_finish(other), e.set()))
        receiver.start()
        started = time.monotonic()
        queue.publish(make_job())
        assert arrived.wait(TIMEOUT_SECONDS)
        seconds.append(time.monotonic() - started)
        receiver.join()
    assert min(seconds) < 1


def receive_and_finish(queue: Queue) -> None:
    queue.acknowledge(receive_one(queue))


def test_concurrent_receivers_never_get_the_same_job(backend, queue):
    """However many workers receive at once, each job is processed once."""
    jobs = [make_job(str(number)) for number in range(60)]
    for job in jobs:
        queue.publish(job)
    received: list[str] = []

    def work(receiver: Queue) -> None:
        while deliveries := receiver.receive(3, 0.5):
            received.extend(delivery.job.id for delivery in deliveries)
            for delivery in deliveries:
                receiver.acknowledge(delivery)

    threads = [threading.Thread(target=work, args=(backend.open(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(received) == sorted(job.id for job in jobs)


def test_killed_receiver_loses_its_lease(backend, queue):
    """A job in progress is delivered to no other worker, until its worker is killed."""
    job = make_job()
    queue.publish(job)
    child = start_receiving_child(backend)
    try:
        assert child.stdout.readline().strip() == job.id
        # Longer than several leases of the SQLite queue.
        assert queue.receive(1, 5) == []
    finally:
        child.kill()
        child.wait()
    delivery = receive_one(queue)
    assert delivery.job == job
    assert delivery.attempt == 2


def start_receiving_child(backend: Backend) -> subprocess.Popen:
    """Start a process that receives a job, prints its id and never finishes it."""
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


def test_requeued_job_is_delivered_next_and_counted_once(queue, other):
    """A worker that shuts down returns its job to the head of the queue."""
    first, second = make_job("first"), make_job("second")
    queue.publish(first)
    queue.publish(second)
    queue.requeue(receive_one(queue))
    wait_until(lambda: queue.depth().ready == 2, what="both are ready")
    delivery = receive_one(other)
    assert delivery.job == first
    assert delivery.attempt == 2
    assert receive_one(other).attempt == 1


def test_released_job_loses_no_attempt(queue, other):
    """However often workers return a job in good order, it is delivered as the first attempt."""
    job = make_job()
    queue.publish(job)
    for number in range(2 * names.DELIVERY_LIMIT):
        delivery = receive_one(queue)
        assert (delivery.job, delivery.attempt) == (job, 1)
        assert delivery.redelivered == (number > 0)
        queue.release(delivery)
    queue.requeue(receive_one(queue))
    delivery = receive_one(other)
    assert (delivery.job, delivery.attempt, delivery.redelivered) == (job, 2, True)
    other.acknowledge(delivery)
    wait_for_depth(other, 0, 0)
    assert other.dead_letters(10) == []


def test_failed_job_is_retried_behind_others(queue):
    """A job that fails does not delay those that wait; its attempts are counted."""
    first, second = make_job("first"), make_job("second")
    queue.publish(first)
    queue.publish(second)
    queue.retry_later(receive_one(queue))
    assert queue.depth().waiting == 2
    delivery = receive_one(queue)
    assert (delivery.job, delivery.attempt) == (second, 1)
    delivery = receive_one(queue)
    assert (delivery.job, delivery.attempt, delivery.redelivered) == (first, 2, True)


def test_pause_before_a_retry_grows_and_scalers_do_not_count_it(queue, other, monkeypatch):
    """A job that waits for its next attempt is neither ready nor in progress, and is not lost."""
    pauses = (1.0, 1.5)
    monkeypatch.setattr(names, "RETRY_PAUSES_SECONDS", pauses)
    job = make_job()
    queue.publish(job)
    for attempt, pause in enumerate(pauses, 1):
        delivery = receive_one(queue)
        assert (delivery.job, delivery.attempt) == (job, attempt)
        failed_at = time.monotonic()
        queue.retry_later(delivery)
        depth = other.depth()
        assert (depth.ready, depth.deferred) == (0, 1)
        wait_until(lambda: other.depth().ready == 1, what="the end of the pause")
        assert time.monotonic() - failed_at >= pause
    assert retry_pause(2) == retry_pause(9) == pauses[1]


def test_retry_pause_survives_every_process(backend, queue):
    """A job that waits for its next attempt is delivered by processes that start later."""
    job = make_job()
    queue.publish(job)
    queue.retry_later(receive_one(queue))
    queue.close()
    later = backend.open()
    delivery = receive_one(later)
    assert (delivery.job, delivery.attempt, delivery.redelivered) == (job, 2, True)


def test_orderly_returns_have_no_pause(queue, other):
    """A job that is handed back is ready at once; only a failure has a pause."""
    queue.publish(make_job())
    queue.release(receive_one(queue))
    wait_until(lambda: other.depth() == QueueDepth(1, 0), what="released")
    queue.requeue(receive_one(queue))
    wait_until(lambda: other.depth() == QueueDepth(1, 0), what="requeued")


def test_job_retried_too_often_is_a_dead_letter(queue):
    """Failed attempts and lost workers count together towards the delivery limit."""
    job = make_job()
    queue.publish(job)
    for attempt in range(1, names.DELIVERY_LIMIT + 2):
        delivery = receive_one(queue)
        assert delivery.attempt == attempt
        settle = queue.requeue if attempt % 2 else queue.retry_later
        settle(delivery)
    [letter] = wait_for_dead_letters(queue, 1)
    assert letter.job == job
    assert f"{names.DELIVERY_LIMIT + 1} times" in letter.reason


def test_rejected_job_is_a_dead_letter_with_its_reason(queue):
    """A job that cannot be generated is kept with its reason."""
    job = make_job()
    queue.publish(job)
    before = time.time()
    queue.reject(receive_one(queue), "The model has no such size.")
    [letter] = wait_for_dead_letters(queue, 1)
    assert letter.job == job
    assert queue.count_dead_letters() == 1
    assert letter.reason == "The model has no such size."
    assert job.id in letter.body
    assert before - 2 < letter.at < time.time() + 2
    wait_for_depth(queue, 0, 0)


def test_reading_dead_letters_does_not_remove_them(queue, other):
    """Dead letters can be read any number of times."""
    jobs = [make_job(str(number)) for number in range(5)]
    for job in jobs:
        queue.publish(job)
        queue.reject(receive_one(queue), "It failed.")
    for _ in range(2 * names.DELIVERY_LIMIT):
        assert [letter.job for letter in other.dead_letters(10)] == jobs[::-1]


def test_newest_dead_letters_are_read_first(queue, other):
    """With a limit, the newest dead letters are returned, newest first."""
    jobs = [make_job(str(number)) for number in range(5)]
    for job in jobs:
        queue.publish(job)
        queue.reject(receive_one(queue), "It failed.")
    for _ in range(3):
        assert [letter.job for letter in other.dead_letters(2)] == [jobs[4], jobs[3]]
    assert other.dead_letters(0) == []


def test_retried_dead_letter_is_a_new_job(queue):
    """A retried job is delivered with a reset count, and its dead letter is gone."""
    job = make_job()
    queue.publish(job)
    queue.reject(receive_one(queue), "The GPU overheated.")
    [letter] = wait_for_dead_letters(queue, 1)
    queue.retry_dead_letter(letter.delivery_tag)
    delivery = receive_one(queue)
    assert delivery.job == job
    assert delivery.attempt == 1
    assert queue.dead_letters(10) == []
    with pytest.raises(QueueError, match="gone"):
        queue.retry_dead_letter(letter.delivery_tag)


def test_dropped_dead_letter_is_gone(queue):
    """Dropping removes the given dead letter, and no other one."""
    kept, dropped = make_job("kept"), make_job("dropped")
    for job in (kept, dropped):
        queue.publish(job)
        queue.reject(receive_one(queue), "It failed.")
    delivery_tag = next(x.delivery_tag for x in wait_for_dead_letters(queue, 2) if x.job == dropped)
    queue.drop_dead_letter(delivery_tag)
    queue.drop_dead_letter(delivery_tag)
    assert [letter.job for letter in queue.dead_letters(10)] == [kept]


def test_job_exceeding_the_delivery_limit_is_a_dead_letter(queue):
    """A job that crashes its workers is not redelivered for ever."""
    job = make_job()
    queue.publish(job)
    for attempt in range(1, names.DELIVERY_LIMIT + 2):
        delivery = receive_one(queue)
        assert delivery.attempt == attempt
        queue.requeue(delivery)
    [letter] = wait_for_dead_letters(queue, 1)
    assert letter.job == job
    assert f"{names.DELIVERY_LIMIT + 1} times" in letter.reason
    assert queue.receive(1, 0) == []


def test_depth_counts_ready_and_unacknowledged_jobs(queue, other):
    """Ready jobs and jobs in progress are counted separately."""
    for _ in range(5):
        queue.publish(make_job())
    wait_for_depth(other, 5, 0)
    first, _ = queue.receive(2, TIMEOUT_SECONDS)
    wait_for_depth(other, 3, 2)
    queue.acknowledge(first)
    wait_for_depth(other, 3, 1)


def test_paused_queue_delivers_nothing(backend, queue, other):
    """While the queue is paused no process receives a job, and scalers count none.

    Jobs in progress are finished. The pause survives every process; afterwards the order is kept.
    """
    queue.dispatch()
    jobs = [make_job(str(number)) for number in range(4)]
    for job in jobs[:3]:
        queue.publish(job)
    in_progress = receive_one(other)
    assert other.receive(1, 0.1) != []  # a worker that waited when the pause began
    other.pause()
    other.pause()
    queue.publish(jobs[3])
    wait_until(lambda: queue.depth().paused, what="a pause")
    wait_until(lambda: queue.depth().deferred == 2, what="the others")
    assert queue.depth().ready == 0
    queue.acknowledge(in_progress)
    assert backend.open().receive(4, 0.5) == other.receive(4, 0) == []
    other.resume()
    wait_until(lambda: queue.dispatch() or queue.depth().ready == 2, what="the jobs")
    assert not queue.depth().paused
    received = [receive_one(queue).job, receive_one(queue).job]
    assert received == jobs[2:]


def test_retry_waits_for_the_end_of_a_pause(queue, other):
    """A job whose next attempt is due while the queue is paused is not delivered before its end."""
    job = make_job()
    queue.publish(job)
    delivery = receive_one(queue)
    queue.pause()
    queue.retry_later(delivery)
    assert other.receive(1, RETRY_PAUSES_SECONDS[0] + 0.5) == []
    deferred = QueueDepth(0, 0, deferred=1, paused=True)
    wait_until(lambda: queue.dispatch() or queue.depth() == deferred, what="it waits")
    queue.resume()
    wait_until(lambda: queue.dispatch() or queue.depth().ready == 1, what="the job")
    assert receive_one(other).attempt == 2


def test_submitters_take_turns(backend):
    """However many jobs one submitter has, another's next one is soon delivered.

    A scaler counts enough ready jobs to start all workers, and none is lost.
    """
    queue = backend.open_narrow()
    queue.dispatch()
    many = [make_job(str(number), "many") for number in range(20)]
    few = [make_job(f"few {number}", "few") for number in range(2)]
    for job in (*many, *few):
        queue.publish(job)
    assert MAX_READY_JOBS <= queue.depth().ready <= queue.depth().waiting == 22
    received = []
    while len(received) < 22:
        queue.dispatch()
        deliveries = queue.receive(1, 0.05)
        received += [delivery.job for delivery in deliveries]
        for delivery in deliveries:
            queue.acknowledge(delivery)
    assert [job for job in received if job.submitter == "many"] == many
    assert [job for job in received if job.submitter == "few"] == few
    assert received.index(few[1]) <= MAX_READY_JOBS + 4
    wait_for_depth(queue, 0, 0)


def test_every_dashboard_counts_the_backlog(backend):
    """One process holds the jobs whose turn has not come; none waits unseen on another's pages."""
    queue, other = backend.open_narrow(), backend.open_narrow()
    queue.dispatch()
    other.dispatch()
    jobs = MAX_READY_JOBS + 3
    for number in range(jobs):
        queue.publish(make_job(str(number)))
    wait_until(lambda: queue.depth().waiting == jobs, what="its own backlog")
    wait_until(lambda: other.depth().waiting == jobs, what="the other's backlog")


def test_idle_dashboard_keeps_no_job_back(backend):
    """However often the order was brought up to date with nothing waiting, all jobs are done."""
    queue = backend.open_narrow()
    for _ in range(5):
        queue.dispatch()
    jobs = [make_job(str(number)) for number in range(MAX_READY_JOBS + 6)]
    for job in jobs:
        queue.publish(job)
    received = []
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while len(received) < len(jobs) and time.monotonic() < deadline:
        queue.dispatch()
        for delivery in queue.receive(1, 0.05):
            queue.acknowledge(delivery)
            received.append(delivery.job)
    assert received == jobs


def test_jobs_that_become_ready_are_counted_once(backend):
    """While the backlog drains, the number of waiting jobs only falls, with each that is done."""
    queue = backend.open_narrow()
    queue.dispatch()
    jobs = 3 * MAX_READY_JOBS
    for number in range(jobs):
        queue.publish(make_job(str(number)))
    wait_until(lambda: queue.depth().waiting == jobs, what="all jobs")
    time.sleep(BROKER_STATISTICS_SECONDS)
    for left in reversed(range(jobs)):
        wait_until(lambda: queue.dispatch() or queue.depth().ready, what="a job")
        queue.acknowledge(receive_one(queue))
        queue.dispatch()
        assert queue.depth().waiting == left


def test_jobs_that_cannot_be_counted_are_said_to_be_missing(rabbitmq_settings):
    """Unknown is not zero: without the management API, the count names what it does not have."""
    url = SecretStr(f"http://127.0.0.1:{free_port()}")
    settings = rabbitmq_settings.model_copy(
        update={"max_ready_jobs": MAX_READY_JOBS, "rabbitmq_management_url": url}
    )
    with closing(RabbitQueue(settings)) as queue, closing(RabbitQueue(settings)) as other:
        queue.dispatch()
        other.dispatch()
        for number in range(MAX_READY_JOBS + 3):
            queue.publish(make_job(str(number)))
        wait_until(lambda: queue.depth().waiting == MAX_READY_JOBS + 3, what="its own backlog")
        assert [len(each.depth().warnings) for each in (queue, other)] == [1, 2]
        assert "jobs whose turns another dashboard keeps are missing" in other.depth().warnings[1]


def test_backlog_outlives_its_dashboard(backend):
    """Jobs that wait for their turn are kept when the process that holds them ends."""
    first = backend.open_narrow_queue()
    first.dispatch()
    jobs = [make_job(str(number), "one") for number in range(8)]
    for job in jobs:
        first.publish(job)
    first.close()
    queue = backend.open_narrow()
    wait_until(lambda: queue.dispatch() or queue.depth().waiting == 8, what="all jobs")
    received = []
    while len(received) < 8:
        queue.dispatch()
        received += [delivery.job for delivery in queue.receive(1, 0.05)]
    assert received == jobs
    assert queue.depth().waiting == 0


@pytest.mark.parametrize("place", ["ready", "backlog", "retry"])
def test_job_is_moved_to_the_front(backend, place):
    """A waiting job is delivered next, wherever it waits; one that does not wait is not."""
    queue = backend.open_narrow()
    queue.dispatch()
    jobs = [make_job(str(number)) for number in range(8)]
    for job in jobs:
        queue.publish(job)
    delivery = receive_one(queue)
    if place == "retry":
        queue.retry_later(delivery)
    else:
        queue.acknowledge(delivery)
    chosen = {"ready": jobs[2], "backlog": jobs[7], "retry": jobs[0]}[place]
    assert queue.move_to_front(chosen.id)
    assert not queue.move_to_front(make_job().id)
    wait_until(lambda: queue.dispatch() or queue.depth().ready >= MAX_READY_JOBS, what="jobs")
    delivery = receive_one(queue)
    assert (delivery.job, delivery.attempt) == (chosen, 2 if place == "retry" else 1)
    assert queue.depth().waiting == (7 if place == "retry" else 6)


def test_waiting_jobs_are_removed(backend):
    """Cancelling all removes every job that no worker has, wherever it waits, and only those.

    A dashboard can do so as soon as it has started.
    """
    former, other = backend.open_narrow_queue(), backend.open_narrow()
    former.dispatch()
    jobs = [make_job(str(number)) for number in range(9)]
    for job in jobs:
        former.publish(job)
    in_progress, failed = receive_one(other), receive_one(other)
    other.retry_later(failed)
    backend.put(b"not JSON")
    wait_until(lambda: former.depth().waiting == 9, what="all but the first")
    former.close()
    wait_until(lambda: other.depth().waiting == 9, what="the jobs that it held")
    queue = backend.open_narrow()
    assert sorted(job.id for job in queue.remove_waiting()) == [job.id for job in jobs[1:]]
    wait_for_depth(queue, 0, 1)
    assert len(queue.dead_letters(10)) == 1
    other.acknowledge(in_progress)


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
def test_invalid_message_is_dead_lettered(backend, queue, name):
    """An invalid message becomes a dead letter with a reason; the next job is delivered."""
    wait_for_depth(queue, 0, 0)  # the queue exists now
    job = make_job()
    backend.put(BAD_MESSAGES[name])
    queue.publish(job)
    assert receive_one(queue).job == job
    [letter] = queue.dead_letters(10)
    assert letter.job is None
    assert letter.reason.startswith("The ")
    assert letter.reason.endswith(".")
    assert len(letter.body) <= 500
    with pytest.raises(MessageError):
        queue.retry_dead_letter(letter.delivery_tag)
    assert len(queue.dead_letters(10)) == 1


def test_message_without_an_id_gets_a_permanent_id(backend, queue, other):
    """A message of the older sample has the same id at every attempt."""
    wait_for_depth(queue, 0, 0)
    backend.put(b'{"prompt": "yellow submarine", "count": 4}')
    first = receive_one(queue)
    assert (first.job.prompt, first.job.count) == ("yellow submarine", 4)
    queue.requeue(first)
    second = receive_one(other)
    assert second.job == first.job
    other.acknowledge(second)
    wait_for_depth(queue, 0, 0)


def test_close_requeues_leased_jobs(backend, other):
    """A worker that exits leaves no leased job."""
    queue = backend.open_queue()
    jobs = [make_job(str(number)) for number in range(3)]
    for job in jobs:
        queue.publish(job)
    queue.receive(2, TIMEOUT_SECONDS)
    queue.close()
    wait_until(lambda: other.depth().ready == 3, what="all jobs are ready again")
    assert [delivery.job for delivery in other.receive(3, TIMEOUT_SECONDS)] == jobs


def test_close_requeues_jobs_that_arrived_after_receive(backend, other):
    """A job that reached a process after its last receive is requeued."""
    queue = backend.open_queue()
    assert queue.receive(4, 0.1) == []
    job = make_job()
    other.publish(job)
    queue.close()
    assert receive_one(other).job == job


def test_settling_a_lost_lease_does_nothing(backend, other):
    """A worker that lost its lease cannot settle the job for the next worker."""
    queue = backend.open()
    job = make_job()
    queue.publish(job)
    delivery = receive_one(queue)
    queue.requeue(delivery)
    again = receive_one(other)
    queue.acknowledge(delivery)
    queue.requeue(delivery)
    queue.release(delivery)
    queue.retry_later(delivery)
    queue.reject(delivery, "It is too late.")
    assert other.dead_letters(10) == []
    other.acknowledge(again)
    wait_for_depth(other, 0, 0)
