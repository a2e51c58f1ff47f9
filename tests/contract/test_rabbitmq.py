"""Failures of a broker: restarts, freezes, deleted queues, other topologies."""

import hashlib
import os
import signal
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial

import pika
import pytest
from pydantic import SecretStr

from core.errors import PublishRefused, QueueUnavailable
from core.settings import Settings
from dashboard.chaos.rabbitmq import RabbitFaults
from tests.support.conditions import free_port, wait_until
from tests.support.forwarding import from_ipv6, from_tls
from tests.support.rabbitmq_server import settings_for
from wire.events.rabbitmq import RabbitEvents
from wire.messages import names
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.base import QueueDepth
from wire.queues.rabbitmq import RabbitQueue

TIMEOUT_SECONDS = 60


@pytest.fixture
def queue(rabbitmq_settings):
    """Open a queue on a fresh vhost."""
    with closing(RabbitQueue(rabbitmq_settings)) as queue:
        yield queue


@pytest.fixture
def broker(rabbitmq_url):
    """Open a plain AMQP channel, as another program does."""
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
        yield connection.channel()


def make_job(prompt: str = "cartoon dwarf"):
    return new_job(JobRequest(prompt=prompt))


def receive_one(queue: RabbitQueue):
    [delivery] = queue.receive(1, TIMEOUT_SECONDS)
    return delivery


def connections(rabbitmq, vhost: str) -> int:
    # A vhost's list of connections has only those that have emitted statistics.
    return len(rabbitmq.api("GET", f"vhosts/{vhost}/connections").json())


def consumers(broker) -> int:
    return broker.queue_declare(names.QUEUE, passive=True).method.consumer_count


def eventually(action):
    """Retry ``action`` until the broker is reachable; return its result."""

    def result():
        try:
            return (action(),)
        except QueueUnavailable:
            return None

    return wait_until(result, what="the broker is reached again")[0]


def test_broker_restart_loses_no_job(rabbitmq, rabbitmq_vhost, queue):
    """After a power cut of the broker, confirmed jobs are delivered without restarting workers.

    A job that waited for its next attempt is, too.
    """
    ready, leased, failed = make_job("ready"), make_job("leased"), make_job("failed")
    queue.publish(failed)
    queue.publish(leased)
    queue.publish(ready)
    queue.retry_later(receive_one(queue))
    delivery = receive_one(queue)
    for name in (names.QUEUE, names.retry_queue(names.RETRY_PAUSES_SECONDS[0])):
        wait_until(
            lambda name=name: rabbitmq.has_queue_on_disk(rabbitmq_vhost, name), what="on disk"
        )
    rabbitmq.stop()
    with pytest.raises(QueueUnavailable, match="kept"):
        queue.publish(make_job("never accepted"))
    rabbitmq.start()
    queue.acknowledge(delivery)  # Its connection is lost: no effect, and the job is redelivered.
    later = make_job("later")
    eventually(lambda: queue.publish(later))
    deliveries = [eventually(lambda: receive_one(queue)) for _ in range(4)]
    jobs = [delivery.job for delivery in deliveries]
    assert [job for job in jobs if job != failed] == [leased, ready, later]
    assert failed in jobs
    for delivery in deliveries:
        queue.acknowledge(delivery)
    wait_until(lambda: queue.depth() == QueueDepth(0, 0), what="an empty queue")


def test_cut_broker_loses_no_job(rabbitmq_settings, rabbitmq_url):
    """A presenter's cut closes all connections of the virtual host, and clients reconnect.

    The users of a cluster's Secret may close none, which is said.
    """
    with pytest.raises(QueueUnavailable, match="no connection that it may close; nothing was cut"):
        RabbitFaults(rabbitmq_settings).cut()
    settings = rabbitmq_settings.model_copy(update={"rabbitmq_url": SecretStr(rabbitmq_url)})
    settings = settings.model_copy(
        update={"rabbitmq_management_url": management_of(rabbitmq_settings)}
    )
    with closing(RabbitQueue(settings)) as queue:
        queue.publish(make_job("before"))
        faults = RabbitFaults(settings, seconds=0)
        assert eventually(faults.cut).startswith("broker cut for 0 s, ")
        eventually(lambda: queue.publish(make_job("after")))
        assert eventually(queue.depth).waiting == 2


def management_of(settings: Settings) -> SecretStr:
    """Return the management API's URL without its user, so that it is RABBITMQ_URL's."""
    url = settings.rabbitmq_management_url.get_secret_value()
    return SecretStr(f"http://{url.rpartition('@')[2]}")


def test_waiting_receiver_survives_a_broker_restart(rabbitmq, rabbitmq_vhost, queue):
    """An idle worker notices the loss at once and receives jobs after the restart."""
    assert queue.receive(1, 0.1) == []
    raised: list[QueueUnavailable] = []

    def wait_for_job() -> None:
        try:
            queue.receive(1, 60)
        except QueueUnavailable as error:
            raised.append(error)

    receiver = threading.Thread(target=wait_for_job)
    receiver.start()
    wait_until(lambda: rabbitmq.has_queue_on_disk(rabbitmq_vhost, names.QUEUE), what="on disk")
    rabbitmq.stop()
    receiver.join(TIMEOUT_SECONDS)
    rabbitmq.start()
    assert raised
    job = make_job()
    eventually(lambda: queue.publish(job))
    assert eventually(lambda: receive_one(queue)).job == job


@contextmanager
def frozen(rabbitmq):
    """Freeze a server: it accepts connections and never responds."""
    os.killpg(rabbitmq.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(rabbitmq.process.pid, signal.SIGCONT)


def test_publish_to_a_frozen_broker_times_out(rabbitmq, rabbitmq_vhost):
    """Publishing fails within seconds, although the broker never responds."""
    settings = settings_for(rabbitmq, rabbitmq.amqp_url(rabbitmq_vhost, "?heartbeat=2"))
    with closing(RabbitQueue(settings)) as queue, closing(RabbitQueue(settings)) as late:
        queue.publish(make_job())
        with frozen(rabbitmq):
            for publisher in (queue, late):
                started = time.monotonic()
                with pytest.raises(QueueUnavailable, match="try again"):
                    publisher.publish(make_job())
                assert time.monotonic() - started < 60
        eventually(lambda: queue.publish(make_job()))


def test_long_generation_keeps_its_connection(rabbitmq, rabbitmq_vhost):
    """Heartbeats continue while the worker computes, so the broker does not requeue the job."""
    settings = settings_for(rabbitmq, rabbitmq.amqp_url(rabbitmq_vhost, "?heartbeat=1"))
    with closing(RabbitQueue(settings)) as worker, closing(RabbitQueue(settings)) as other:
        worker.publish(make_job())
        delivery = receive_one(worker)
        # The broker closes a connection after two missed heartbeats.
        finished = time.monotonic() + 4
        while time.monotonic() < finished:
            hashlib.pbkdf2_hmac("sha256", b"a", b"generation", 20_000)
        assert other.receive(1, 0) == []
        worker.acknowledge(delivery)
        wait_until(lambda: other.depth() == QueueDepth(0, 0), what="the job is done")


def test_process_has_one_connection(rabbitmq, rabbitmq_vhost, rabbitmq_settings):
    """All queues and events of a process share a connection."""
    with ExitStack() as stack:
        queues = [stack.enter_context(closing(RabbitQueue(rabbitmq_settings))) for _ in range(3)]
        events = stack.enter_context(closing(RabbitEvents(rabbitmq_settings)))
        threads = [threading.Thread(target=queue.publish, args=(make_job(),)) for queue in queues]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        events.receive(0)
        for queue in queues:
            queue.acknowledge(receive_one(queue))
            queue.depth()
            queue.dead_letters(10)
        wait_until(lambda: connections(rabbitmq, rabbitmq_vhost), what="a connection is listed")
        assert connections(rabbitmq, rabbitmq_vhost) == 1
    wait_until(lambda: connections(rabbitmq, rabbitmq_vhost) == 0, what="no connection is left")
    assert "rabbitmq" not in [thread.name for thread in threading.enumerate()]


def test_consumer_sets_its_timeout(rabbitmq, rabbitmq_vhost, rabbitmq_settings, queue):
    """Brokers that support it requeue a job after a day, instead of half an hour."""
    url = f"consumers/{rabbitmq_vhost}"
    with ThreadPoolExecutor() as others:
        received = others.submit(queue.receive, 1, 60)  # the consumer lives while it waits
        [consumer] = wait_until(lambda: rabbitmq.api("GET", url).json(), what="a consumer")
        with closing(RabbitQueue(rabbitmq_settings)) as publisher:
            publisher.publish(make_job())
        received.result()
    assert consumer["arguments"] == {"x-consumer-timeout": 24 * 3600 * 1000}


def test_publish_starts_no_consumer(queue, broker):
    """A dashboard does not receive the jobs that it publishes."""
    queue.publish(make_job())
    queue.depth()
    wait_until(lambda: consumers(broker) == 0, what="no consumer")


def test_busy_worker_prefetches_no_job(queue, broker):
    """Jobs stay ready for other workers while a worker is busy, with no attempt counted."""
    for _ in range(3):
        queue.publish(make_job())
    delivery = receive_one(queue)
    queue.acknowledge(delivery)
    wait_until(lambda: consumers(broker) == 0, what="no consumer")
    wait_until(lambda: queue.depth() == QueueDepth(2, 0), what="two jobs are ready")
    assert [delivery.attempt for delivery in queue.receive(2, TIMEOUT_SECONDS)] == [1, 1]


def test_short_lived_workers_use_up_no_attempts(rabbitmq_settings, queue):
    """Processes that exit after one job do not count attempts of other jobs."""
    for number in range(12):
        queue.publish(make_job(str(number)))
    attempts = []
    for _ in range(12):
        with closing(RabbitQueue(rabbitmq_settings)) as worker:
            delivery = receive_one(worker)
            attempts.append(delivery.attempt)
            worker.acknowledge(delivery)
    assert attempts == [1] * 12


def test_message_of_the_older_sample_is_received(queue, broker):
    """A message of any AMQP client needs only a prompt and a count."""
    queue.depth()
    broker.basic_publish("", names.QUEUE, b'{"prompt": "yellow submarine", "count": 4}')
    delivery = receive_one(queue)
    assert (delivery.job.prompt, delivery.job.count) == ("yellow submarine", 4)


def test_client_of_the_older_sample_checks_the_queue(queue, broker, rabbitmq_url):
    """docs/from-the-old-sample.md: declaring a transient queue fails, checking it does not."""
    queue.depth()
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as raised:
            connection.channel().queue_declare(names.QUEUE, durable=False)
        assert raised.value.reply_code == 406
    broker.queue_declare(names.QUEUE, passive=True)
    broker.basic_publish("", names.QUEUE, b'{"prompt": "green dog"}')
    assert receive_one(queue).job.prompt == "green dog"


def test_messages_are_persistent_and_labelled(queue, broker):
    """Each message is persistent and has its job's id and content type."""
    job = make_job()
    queue.publish(job)
    _, properties, _ = broker.basic_get(names.QUEUE, auto_ack=True)
    assert properties.delivery_mode == pika.DeliveryMode.Persistent.value
    assert properties.message_id == job.id
    assert properties.content_type == "application/json"


def test_dead_letters_of_the_broker_have_a_reason(queue, broker):
    """A job that another program rejected has that reason."""
    queue.publish(make_job())
    method, _, _ = broker.basic_get(names.QUEUE)
    broker.basic_reject(method.delivery_tag, requeue=False)
    [letter] = wait_until(lambda: queue.dead_letters(10), what="a dead letter")
    assert letter.reason == "A program that is not part of this project rejected it."
    assert abs(letter.at - time.time()) < 60


def test_newest_of_hundreds_of_dead_letters_are_read(queue, broker):
    """However many jobs failed, the newest dead letters are returned."""
    queue.depth()
    broker.confirm_delivery()
    for number in range(300):
        properties = pika.BasicProperties(timestamp=1_700_000_000 + number)
        broker.basic_publish(names.DEAD_LETTER_EXCHANGE, "", str(number).encode(), properties)
    for _ in range(3):
        assert [letter.body for letter in queue.dead_letters(2)] == ["299", "298"]
    assert len(queue.dead_letters(1000)) == 300


def test_queue_with_other_properties_is_explained(broker, rabbitmq_settings, rabbitmq_url):
    """For a queue of the older sample, the error explains what to do; nothing is deleted."""
    broker.queue_declare(names.QUEUE, durable=False)
    with (
        closing(RabbitQueue(rabbitmq_settings)) as queue,
        pytest.raises(QueueUnavailable) as raised,
    ):
        queue.publish(make_job())
    assert "other properties" in str(raised.value)
    assert "Delete it" in str(raised.value)
    assert rabbitmq_url not in str(raised.value)


def test_deleted_queue_is_declared_again(queue, broker):
    """Deleting the queue costs one error, then jobs are accepted again."""
    queue.publish(make_job())
    broker.queue_delete(names.QUEUE)
    with pytest.raises((PublishRefused, QueueUnavailable)):
        queue.publish(make_job())
    job = make_job()
    eventually(lambda: queue.publish(job))
    broker.queue_delete(names.QUEUE)
    with pytest.raises(QueueUnavailable):
        queue.receive(1, TIMEOUT_SECONDS)
    eventually(lambda: queue.publish(job))
    assert receive_one(queue).job == job


def test_queue_deleted_while_a_worker_waits_is_declared_again(queue, broker):
    """An idle worker does not wait for ever on a deleted queue."""
    assert queue.receive(1, 0.1) == []
    broker.queue_delete(names.QUEUE)
    with pytest.raises(QueueUnavailable):
        queue.receive(1, TIMEOUT_SECONDS)
    job = make_job()
    eventually(lambda: queue.publish(job))
    assert eventually(lambda: receive_one(queue)).job == job


def test_unacknowledged_jobs_are_unknown_without_the_management_api(rabbitmq_url):
    """The unknown count is None, not zero, and the ready count is still exact."""
    settings = Settings(
        _env_file=None,
        rabbitmq_url=rabbitmq_url,
        rabbitmq_management_url=f"http://127.0.0.1:{free_port()}",
    )
    with closing(RabbitQueue(settings)) as queue:
        queue.publish(make_job())
        assert queue.depth() == QueueDepth(1, None)


def test_delivered_job_is_counted_at_once(queue):
    """At no moment a job is counted neither as ready nor as unacknowledged."""
    queue.publish(make_job())
    wait_until(lambda: queue.depth() == QueueDepth(1, 0), what="the job is ready")
    known = partial(queue._management.unacknowledged, names.QUEUE, 0)
    wait_until(lambda: known() == 1, what="the statistics have the job")
    receive_one(queue)
    # In the broker's statistics this is 0 for seconds.
    wait_until(lambda: queue.depth().ready == 0, what="the job is delivered")
    assert queue.depth() == QueueDepth(0, 1)


def test_events_are_received_after_a_broker_restart(rabbitmq, rabbitmq_settings):
    """A dashboard that lost the broker receives events again after its restart."""
    with (
        closing(RabbitEvents(rabbitmq_settings)) as subscriber,
        closing(RabbitEvents(rabbitmq_settings)) as publisher,
    ):
        subscriber.receive(0)
        rabbitmq.stop()
        started = time.monotonic()
        publisher.publish(Event(kind="ready", worker="lost"))
        assert time.monotonic() - started < 20
        with pytest.raises(QueueUnavailable):
            subscriber.receive(TIMEOUT_SECONDS)
        rabbitmq.start()
        eventually(lambda: subscriber.receive(0))
        publisher.publish(Event(kind="ready", worker="received"))
        received = wait_until(lambda: subscriber.receive(1), what="an event")
        assert received[-1].worker == "received"


def test_subscriber_recovers_from_a_deleted_queue(rabbitmq_settings):
    """A dashboard whose queue of events was deleted subscribes again."""
    with (
        closing(RabbitEvents(rabbitmq_settings)) as subscriber,
        closing(RabbitEvents(rabbitmq_settings)) as publisher,
    ):
        subscriber.receive(0)
        # An empty name means the channel's last declared queue.
        subscriber._subscription.channel.post(lambda raw: raw.queue_delete(""))
        with pytest.raises(QueueUnavailable):
            wait_until(lambda: subscriber.receive(1), what="an error")
        subscriber.receive(0)
        publisher.publish(Event(kind="ready", worker="received"))
        received = wait_until(lambda: subscriber.receive(1), what="an event")
        assert received[-1].worker == "received"


@dataclass(frozen=True)
class RawHeader:
    """A header's value as it is sent, which pika does not encode itself."""

    encoded: bytes


@pytest.fixture
def raw_headers(monkeypatch):
    """Let the plain channel send headers of other clients."""
    encode = pika.data.encode_value

    def encode_raw(pieces, value):
        if not isinstance(value, RawHeader):
            return encode(pieces, value)
        pieces.append(value.encoded)
        return len(value.encoded)

    monkeypatch.setattr(pika.data, "encode_value", encode_raw)


FAR_FUTURE = RawHeader(struct.pack(">cQ", b"T", 2**63))
FOREIGN_HEADERS = {
    "text": "x",
    "number": 5,
    "empty": [],
    "list of text": ["x"],
    "list of nothing": [{}],
    "number as reason": [{"reason": 5, "time": "x"}],
    "table": {"reason": "rejected"},
    "far future": [{"count": 1, "time": FAR_FUTURE}],
}


@pytest.mark.usefixtures("raw_headers")
@pytest.mark.parametrize("header", FOREIGN_HEADERS.values(), ids=FOREIGN_HEADERS)
def test_dead_letter_with_a_foreign_header_is_listed(queue, broker, header):
    """One row says that its header is not the broker's; the others are unchanged."""
    queue.publish(make_job())
    queue.reject(receive_one(queue), "It is blurred.")
    strange = pika.BasicProperties(headers={"x-death": header}, timestamp=2**62)
    broker.basic_publish("", names.DEAD_LETTER_QUEUE, b"foreign", strange)
    letters = wait_until(
        lambda: found if len(found := queue.dead_letters(10)) == 2 else None, what="both"
    )
    reasons = {letter.body[:7]: letter.reason for letter in letters}
    assert "x-death header is not the broker's" in reasons.pop("foreign")
    assert list(reasons.values()) == ["It is blurred."]
    [foreign] = [letter for letter in letters if letter.body == "foreign"]
    assert foreign.at is None
    queue.drop_dead_letter(foreign.delivery_tag)
    assert queue.count_dead_letters() == 1


@pytest.mark.usefixtures("raw_headers")
def test_job_with_a_foreign_header_is_delivered(queue, broker):
    """A header that pika cannot decode does not end the connection of each worker in turn."""
    queue.depth()
    headers = {"sent": FAR_FUTURE, "attempts": -5, "x-delivery-count": "x"}
    broker.basic_publish(
        "", names.QUEUE, b'{"prompt": "dwarf", "id": "%s"}' % make_job().id.encode(),
        pika.BasicProperties(headers=headers),
    )  # fmt: skip
    delivery = receive_one(queue)
    assert (delivery.job.prompt, delivery.attempt) == ("dwarf", 1)


def test_broker_and_management_by_ipv6(rabbitmq, rabbitmq_vhost):
    """An IPv6 address in brackets reaches both; the sentence of a failure has the brackets."""
    with from_ipv6(rabbitmq.port) as port, from_ipv6(rabbitmq.management_port) as management:
        settings = Settings(
            _env_file=None,
            rabbitmq_url=f"amqp://guest:guest@[::1]:{port}/{rabbitmq_vhost}",
            rabbitmq_management_url=f"http://[::1]:{management}",
        )
        with closing(RabbitQueue(settings)) as queue:
            queue.publish(make_job())
            wait_until(lambda: queue.depth() == QueueDepth(1, 0), what="the counts")
    address = rf"RabbitMQ at \[::1\]:{port} cannot be used"
    with (
        closing(RabbitQueue(settings)) as queue,
        pytest.raises(QueueUnavailable, match=address),
    ):
        queue.depth()


@pytest.mark.parametrize("by", ["cacertfile", "SSL_CERT_FILE"])
def test_broker_by_tls(rabbitmq, rabbitmq_vhost, certificates, tmp_path, monkeypatch, by):
    """A private authority is trusted by the URL's query or by the environment, else named."""
    files = certificates.write(tmp_path, "127.0.0.1")
    with from_tls(rabbitmq.port, *files) as port:
        url = f"amqps://guest:guest@127.0.0.1:{port}/{rabbitmq_vhost}?verify=verify_peer"
        with (
            closing(RabbitQueue(Settings(_env_file=None, rabbitmq_url=url))) as queue,
            pytest.raises(QueueUnavailable, match=r"not trusted.*SSL_CERT_FILE"),
        ):
            queue.publish(make_job())
        if by == "cacertfile":
            url += f"&cacertfile={certificates.authority}"
        else:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
        with closing(RabbitQueue(Settings(_env_file=None, rabbitmq_url=url))) as queue:
            queue.publish(make_job())
            assert receive_one(queue).attempt == 1


def test_broker_refuses_user_and_virtual_host_by_name(rabbitmq):
    """A wrong password and a missing virtual host have different sentences, without a password."""
    wrong = f"amqp://guest:hunter2@127.0.0.1:{rabbitmq.port}/"
    missing = rabbitmq.amqp_url("nowhere")
    for url, sentence in ((wrong, "refused the user and password"), (missing, "nowhere|virtual")):
        with closing(RabbitQueue(Settings(_env_file=None, rabbitmq_url=url))) as queue:
            with pytest.raises(QueueUnavailable, match=sentence) as raised:
                queue.depth()
            assert "hunter2" not in str(raised.value)
