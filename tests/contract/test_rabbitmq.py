"""What only a broker can do to a queue: restart, fall silent, have another topology."""

import hashlib
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pika
import pytest

from core.errors import PublishRefused, QueueUnavailable
from core.settings import Settings
from tests.support.conditions import free_port, wait_until
from tests.support.rabbitmq_server import settings_for
from wire.events.rabbitmq import RabbitEvents
from wire.messages import names
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.base import QueueDepth
from wire.queues.rabbitmq import RabbitQueue

PATIENCE = 60


@pytest.fixture
def queue(rabbitmq_settings):
    """Open a queue on a fresh vhost."""
    with closing(RabbitQueue(rabbitmq_settings)) as queue:
        yield queue


@pytest.fixture
def broker(rabbitmq_url):
    """Open a plain AMQP channel, as any other program has it."""
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
        yield connection.channel()


def a_job(prompt: str = "cartoon dwarf"):
    return new_job(JobRequest(prompt=prompt))


def take_one(queue: RabbitQueue):
    [delivery] = queue.receive(1, PATIENCE)
    return delivery


def connections(rabbitmq, vhost: str) -> int:
    # The list of a vhost's connections names those that have reported already.
    return len(rabbitmq.api("GET", f"vhosts/{vhost}/connections").json())


def consumers(broker) -> int:
    return broker.queue_declare(names.QUEUE, passive=True).method.consumer_count


def eventually(action):
    """Return what ``action`` returns, once the broker can be reached."""

    def result():
        try:
            return (action(),)
        except QueueUnavailable:
            return None

    return wait_until(result, what="the broker is reached again")[0]


def test_nothing_is_lost_when_the_broker_restarts_in_the_middle(rabbitmq, rabbitmq_vhost, queue):
    """A power cut of the broker costs time, never a confirmed job, and nobody restarts us."""
    waiting, held = a_job("waiting"), a_job("held")
    queue.publish(held)
    queue.publish(waiting)
    delivery = take_one(queue)
    wait_until(lambda: rabbitmq.remembers(rabbitmq_vhost, names.QUEUE), what="on disk")
    rabbitmq.stop()
    with pytest.raises(QueueUnavailable, match="kept"):
        queue.publish(a_job("never accepted"))
    rabbitmq.start()
    queue.acknowledge(delivery)  # Of a lost connection: harmless, and the job comes again.
    later = a_job("later")
    eventually(lambda: queue.publish(later))
    taken = [eventually(lambda: take_one(queue)) for _ in range(3)]
    assert [delivery.job for delivery in taken] == [held, waiting, later]
    for delivery in taken:
        queue.acknowledge(delivery)
    wait_until(lambda: queue.depth() == QueueDepth(0, 0), what="an empty queue")


def test_a_waiting_taker_survives_a_restart_of_the_broker(rabbitmq, rabbitmq_vhost, queue):
    """An idle worker hears of the loss at once and takes jobs again afterwards."""
    assert queue.receive(1, 0.1) == []
    raised: list[QueueUnavailable] = []

    def wait_for_a_job() -> None:
        try:
            queue.receive(1, 60)
        except QueueUnavailable as error:
            raised.append(error)

    taker = threading.Thread(target=wait_for_a_job)
    taker.start()
    wait_until(lambda: rabbitmq.remembers(rabbitmq_vhost, names.QUEUE), what="on disk")
    rabbitmq.stop()
    taker.join(PATIENCE)
    rabbitmq.start()
    assert raised
    job = a_job()
    eventually(lambda: queue.publish(job))
    assert eventually(lambda: take_one(queue)).job == job


@contextmanager
def frozen(rabbitmq):
    """Let a server accept connections and answer nothing, as a hung machine does."""
    os.killpg(rabbitmq.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(rabbitmq.process.pid, signal.SIGCONT)


def test_publishing_to_a_silent_broker_ends_in_time(rabbitmq, rabbitmq_vhost):
    """A person hears within seconds that a job was not accepted, whatever hangs."""
    settings = settings_for(rabbitmq, rabbitmq.amqp_url(rabbitmq_vhost, "?heartbeat=2"))
    with closing(RabbitQueue(settings)) as queue, closing(RabbitQueue(settings)) as late:
        queue.publish(a_job())
        with frozen(rabbitmq):
            for publisher in (queue, late):
                started = time.monotonic()
                with pytest.raises(QueueUnavailable, match="try again"):
                    publisher.publish(a_job())
                assert time.monotonic() - started < 60
        eventually(lambda: queue.publish(a_job()))


def test_a_long_generation_keeps_its_connection(rabbitmq, rabbitmq_vhost):
    """Heartbeats go on while the worker computes, so the broker does not take the job away."""
    settings = settings_for(rabbitmq, rabbitmq.amqp_url(rabbitmq_vhost, "?heartbeat=1"))
    with closing(RabbitQueue(settings)) as worker, closing(RabbitQueue(settings)) as other:
        worker.publish(a_job())
        delivery = take_one(worker)
        # The broker closes a connection that is silent for two heartbeats.
        finished = time.monotonic() + 4
        while time.monotonic() < finished:
            hashlib.pbkdf2_hmac("sha256", b"a", b"generation", 20_000)
        assert other.receive(1, 0) == []
        worker.acknowledge(delivery)
        wait_until(lambda: other.depth() == QueueDepth(0, 0), what="the job is done")


def test_a_process_has_one_connection(rabbitmq, rabbitmq_vhost, rabbitmq_settings):
    """However many queues, events and requests: the broker sees one connection."""
    with ExitStack() as stack:
        queues = [stack.enter_context(closing(RabbitQueue(rabbitmq_settings))) for _ in range(3)]
        events = stack.enter_context(closing(RabbitEvents(rabbitmq_settings)))
        threads = [threading.Thread(target=queue.publish, args=(a_job(),)) for queue in queues]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        events.receive(0)
        for queue in queues:
            queue.acknowledge(take_one(queue))
            queue.depth()
            queue.dead_letters(10)
        wait_until(lambda: connections(rabbitmq, rabbitmq_vhost), what="a connection is listed")
        assert connections(rabbitmq, rabbitmq_vhost) == 1
    wait_until(lambda: connections(rabbitmq, rabbitmq_vhost) == 0, what="no connection is left")
    assert "rabbitmq" not in [thread.name for thread in threading.enumerate()]


def test_a_worker_asks_for_a_day_for_each_job(rabbitmq, rabbitmq_vhost, rabbitmq_settings, queue):
    """Brokers that can be told do not take a job away after their usual half hour."""
    url = f"consumers/{rabbitmq_vhost}"
    with ThreadPoolExecutor() as others:
        taken = others.submit(queue.receive, 1, 60)  # a consumer lives as long as it waits
        [consumer] = wait_until(lambda: rabbitmq.api("GET", url).json(), what="a consumer")
        with closing(RabbitQueue(rabbitmq_settings)) as sender:
            sender.publish(a_job())
        taken.result()
    assert consumer["arguments"] == {"x-consumer-timeout": 24 * 3600 * 1000}


def test_publishing_makes_no_consumer(queue, broker):
    """A dashboard does not take the jobs that it publishes."""
    queue.publish(a_job())
    queue.depth()
    wait_until(lambda: consumers(broker) == 0, what="no consumer")


def test_a_busy_worker_holds_no_job_that_it_did_not_ask_for(queue, broker):
    """What waits while a worker paints is free for others, and ages by no attempt."""
    for _ in range(3):
        queue.publish(a_job())
    delivery = take_one(queue)
    queue.acknowledge(delivery)
    wait_until(lambda: consumers(broker) == 0, what="no consumer")
    wait_until(lambda: queue.depth() == QueueDepth(2, 0), what="two jobs wait")
    assert [delivery.attempt for delivery in queue.receive(2, PATIENCE)] == [1, 1]


def test_workers_that_do_one_job_each_use_up_no_attempts(rabbitmq_settings, queue):
    """Processes that come and go leave the jobs that they do not take as they were."""
    for number in range(12):
        queue.publish(a_job(str(number)))
    attempts = []
    for _ in range(12):
        with closing(RabbitQueue(rabbitmq_settings)) as worker:
            delivery = take_one(worker)
            attempts.append(delivery.attempt)
            worker.acknowledge(delivery)
    assert attempts == [1] * 12


def test_an_older_message_is_painted(queue, broker):
    """Put by any AMQP client, a prompt and a count are enough."""
    queue.depth()
    broker.basic_publish("", names.QUEUE, b'{"prompt": "yellow submarine", "count": 4}')
    delivery = take_one(queue)
    assert (delivery.job.prompt, delivery.job.count) == ("yellow submarine", 4)


def test_messages_survive_the_broker_and_say_what_they_are(queue, broker):
    """Each job is persistent and carries its id, for people who look at the queue."""
    job = a_job()
    queue.publish(job)
    _, properties, _ = broker.basic_get(names.QUEUE, auto_ack=True)
    assert properties.delivery_mode == pika.DeliveryMode.Persistent.value
    assert properties.message_id == job.id
    assert properties.content_type == "application/json"


def test_dead_letters_of_the_broker_say_why(queue, broker):
    """A job that another program rejected is shown with that reason."""
    queue.publish(a_job())
    method, _, _ = broker.basic_get(names.QUEUE)
    broker.basic_reject(method.delivery_tag, requeue=False)
    [letter] = wait_until(lambda: queue.dead_letters(10), what="a dead letter")
    assert letter.reason == "A program that is not part of this project rejected it."
    assert abs(letter.at - time.time()) < 60


def test_the_newest_of_hundreds_of_dead_letters_are_read(queue, broker):
    """However many jobs failed, the last ones are among those that are shown."""
    queue.depth()
    broker.confirm_delivery()
    for number in range(300):
        died = pika.BasicProperties(timestamp=1_700_000_000 + number)
        broker.basic_publish(names.DEAD_LETTER_EXCHANGE, "", str(number).encode(), died)
    for _ in range(3):
        assert [letter.body for letter in queue.dead_letters(2)] == ["299", "298"]
    assert len(queue.dead_letters(1000)) == 300


def test_a_queue_with_other_properties_is_explained(broker, rabbitmq_settings, rabbitmq_url):
    """Who has a queue of the older sample reads what to do, and loses nothing."""
    broker.queue_declare(names.QUEUE, durable=False)
    with (
        closing(RabbitQueue(rabbitmq_settings)) as queue,
        pytest.raises(QueueUnavailable) as raised,
    ):
        queue.publish(a_job())
    assert "other properties" in str(raised.value)
    assert "Delete it" in str(raised.value)
    assert rabbitmq_url not in str(raised.value)


def test_a_deleted_queue_is_declared_again(queue, broker):
    """Somebody deletes the queue: one clear error, then everything works."""
    queue.publish(a_job())
    broker.queue_delete(names.QUEUE)
    with pytest.raises((PublishRefused, QueueUnavailable)):
        queue.publish(a_job())
    job = a_job()
    eventually(lambda: queue.publish(job))
    broker.queue_delete(names.QUEUE)
    with pytest.raises(QueueUnavailable):
        queue.receive(1, PATIENCE)
    eventually(lambda: queue.publish(job))
    assert take_one(queue).job == job


def test_a_queue_deleted_under_a_waiting_worker_is_declared_again(queue, broker):
    """An idle worker does not wait for ever at a queue that is gone."""
    assert queue.receive(1, 0.1) == []
    broker.queue_delete(names.QUEUE)
    with pytest.raises(QueueUnavailable):
        queue.receive(1, PATIENCE)
    job = a_job()
    eventually(lambda: queue.publish(job))
    assert eventually(lambda: take_one(queue)).job == job


def test_leased_jobs_are_unknown_without_the_management_api(rabbitmq_url):
    """Unknown is never zero: the other count still tells the truth."""
    settings = Settings(
        _env_file=None,
        rabbitmq_url=rabbitmq_url,
        rabbitmq_management_url=f"http://127.0.0.1:{free_port()}",
    )
    with closing(RabbitQueue(settings)) as queue:
        queue.publish(a_job())
        assert queue.depth() == QueueDepth(1, None)


def test_a_job_just_taken_counts_as_leased_at_once(queue):
    """The page never shows a moment in which a job is neither waiting nor worked on."""
    queue.publish(a_job())
    wait_until(lambda: queue.depth() == QueueDepth(1, 0), what="the job waits")
    take_one(queue)
    # By the broker's own statistics this would be 0 for seconds.
    wait_until(lambda: queue.depth().ready == 0, what="the job is taken")
    assert queue.depth() == QueueDepth(0, 1)


def test_events_after_a_restart_are_heard_again(rabbitmq, rabbitmq_settings):
    """A page that lost the broker for a while is quick again afterwards."""
    with (
        closing(RabbitEvents(rabbitmq_settings)) as listener,
        closing(RabbitEvents(rabbitmq_settings)) as sender,
    ):
        listener.receive(0)
        rabbitmq.stop()
        started = time.monotonic()
        sender.publish(Event(kind="ready", worker="unheard"))
        assert time.monotonic() - started < 20
        with pytest.raises(QueueUnavailable):
            listener.receive(PATIENCE)
        rabbitmq.start()
        eventually(lambda: listener.receive(0))
        sender.publish(Event(kind="ready", worker="heard"))
        heard = wait_until(lambda: listener.receive(1), what="an event")
        assert heard[-1].worker == "heard"


def test_a_listener_whose_queue_was_deleted_hears_again(rabbitmq_settings):
    """A page does not stay deaf because somebody tidied up the broker's queues."""
    with (
        closing(RabbitEvents(rabbitmq_settings)) as listener,
        closing(RabbitEvents(rabbitmq_settings)) as sender,
    ):
        listener.receive(0)
        # The last queue that a channel named is the one that an empty name means.
        listener._subscription.channel.post(lambda raw: raw.queue_delete(""))
        with pytest.raises(QueueUnavailable):
            wait_until(lambda: listener.receive(1), what="an error")
        listener.receive(0)
        sender.publish(Event(kind="ready", worker="heard"))
        heard = wait_until(lambda: listener.receive(1), what="an event")
        assert heard[-1].worker == "heard"
