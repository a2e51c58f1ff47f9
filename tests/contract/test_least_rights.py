"""The users that `make deploy` makes for the pods may do all that the code does, and no more.

The contract of the queue (test_queue.py) runs with the dashboard's user too.
"""

from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pika
import pytest
from minio import Minio, MinioAdmin
from minio.credentials import StaticProvider
from minio.error import MinioAdminException, S3Error
from pika.exceptions import ChannelClosedByBroker

from core.errors import QueueUnavailable, StoreUnavailable
from core.settings import Settings
from doctor.queue import check_queue
from doctor.store import check_store
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer
from tests.unit.test_doctor import result_of
from wire.backends import open_store
from wire.events.rabbitmq import RabbitEvents
from wire.messages import names
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.rabbitmq import RabbitQueue
from wire.stores.approval import approve, request
from wire.stores.cancellation import cancel, cancelled_jobs, clear_cancellation

TIMEOUT_SECONDS = 60


@pytest.fixture
def worker_settings(rabbitmq: RabbitServer, rabbitmq_vhost: str) -> Settings:
    """Return settings with the workers' rights in the test's vhost."""
    rabbitmq.grant(rabbitmq_vhost)
    return Settings(
        _env_file=None, rabbitmq_url=rabbitmq.url_in_secret("worker-amqp-url", rabbitmq_vhost)
    )


@pytest.fixture
def dashboard(rabbitmq_settings: Settings) -> Iterator[RabbitQueue]:
    """Open the queue as the dashboard does, which declares it."""
    with closing(RabbitQueue(rabbitmq_settings)) as queue:
        queue.depth()
        yield queue


def test_worker_receives_settles_and_reports(
    dashboard: RabbitQueue, worker_settings: Settings, rabbitmq_settings: Settings
):
    """A worker's user can do each thing that a worker does with its queue and its events."""
    with (
        closing(RabbitQueue(worker_settings)) as worker,
        closing(RabbitEvents(worker_settings)) as events,
        closing(RabbitEvents(rabbitmq_settings)) as subscriber,
    ):
        subscriber.receive(0)
        dashboard.publish(new_job(JobRequest(prompt="cartoon dwarf")))
        for settle in (worker.retry_later, worker.requeue, worker.release):
            [delivery] = worker.receive(1, TIMEOUT_SECONDS)
            settle(delivery)
        [delivery] = worker.receive(1, TIMEOUT_SECONDS)
        worker.reject(delivery, "It is blurred.")
        [letter] = dashboard.dead_letters(10)
        dashboard.retry_dead_letter(letter.delivery_tag)
        worker.acknowledge(worker.receive(1, TIMEOUT_SECONDS)[0])
        events.publish(Event(kind="ready", worker="w"))
        assert [event.worker for event in subscriber.receive(TIMEOUT_SECONDS)] == ["w"]
    assert result_of(check_queue, worker_settings).state == "ok"


def test_worker_without_a_declared_queue_explains_who_declares_it(worker_settings: Settings):
    """A worker that starts before any dashboard retries, and its log has the reason."""
    url = f"{worker_settings.rabbitmq_url.get_secret_value()}?connection_timeout=500"
    with (
        closing(RabbitQueue(Settings(_env_file=None, rabbitmq_url=url))) as worker,
        pytest.raises(QueueUnavailable, match="start the dashboard, which declares it"),
    ):
        worker.receive(1, 0)


REFUSED = {
    "worker declares": ("worker-amqp-url", lambda raw: raw.queue_declare("mine", durable=True)),
    "worker deletes": ("worker-amqp-url", lambda raw: raw.queue_delete(names.QUEUE)),
    "worker reads dead letters": (
        "worker-amqp-url", lambda raw: raw.basic_get(names.DEAD_LETTER_QUEUE),
    ),
    "worker subscribes": (
        "worker-amqp-url", lambda raw: raw.queue_declare("", exclusive=True),
    ),
    "dashboard declares another": (
        "amqp-url", lambda raw: raw.queue_declare("mine", durable=True),
    ),
    "dashboard deletes another": ("amqp-url", lambda raw: raw.queue_delete("other")),
    "dashboard reads another": ("amqp-url", lambda raw: raw.basic_get("other")),
    "monitoring reads": ("management-url", lambda raw: raw.basic_get(names.QUEUE)),
    "monitoring purges": ("management-url", lambda raw: raw.queue_purge(names.QUEUE)),
}  # fmt: skip


@pytest.mark.usefixtures("dashboard")
def test_broker_refuses_everything_else(rabbitmq: RabbitServer, rabbitmq_vhost: str):
    """A pod that was taken over cannot use what belongs to others on the broker."""
    rabbitmq.api("PUT", f"queues/{rabbitmq_vhost}/other", json={"durable": True})
    for action, (key, call) in REFUSED.items():
        user = pika.URLParameters(rabbitmq.url_in_secret(key, "").replace("http", "amqp"))
        url = pika.URLParameters(rabbitmq.amqp_url(rabbitmq_vhost))
        url.credentials = user.credentials
        with pika.BlockingConnection(url) as connection:
            with pytest.raises(ChannelClosedByBroker) as refused:
                call(connection.channel())
            assert refused.value.reply_code == 403, action


@pytest.mark.usefixtures("dashboard")
def test_management_user_only_reads(rabbitmq: RabbitServer, rabbitmq_vhost: str):
    """KEDA and the dashboard read the counts with it; it can change nothing."""
    api = rabbitmq.url_in_secret("management-url", "") + "api"
    queue = f"{api}/queues/{rabbitmq_vhost}/{names.QUEUE}"
    message = {
        "properties": {},
        "routing_key": names.QUEUE,
        "payload": "{}",
        "payload_encoding": "string",
    }
    published = httpx.post(f"{api}/exchanges/{rabbitmq_vhost}/amq.default/publish", json=message)
    assert httpx.get(queue).json()["name"] == names.QUEUE
    assert not published.is_success
    assert not httpx.delete(queue).is_success
    assert httpx.get(f"{api}/users").status_code == 401
    elsewhere = rabbitmq.url_in_secret("amqp-url", "").replace("amqp", "http")
    others = elsewhere.replace(str(rabbitmq.port), str(rabbitmq.management_port))
    assert httpx.get(f"{others}api/overview").status_code == 401


def roles(minio: MinioServer) -> tuple[Settings, Settings]:
    """Return settings of a bucket with the rights of the dashboard, and with those of a worker."""
    bucket = minio.settings().minio_bucket
    minio.create_bucket(bucket)
    dashboard, worker = (
        minio.settings(minio_bucket=bucket, **minio.keys_of(role, bucket))
        for role in ("dashboard", "worker")
    )
    return dashboard, worker


def test_store_policies_are_sufficient(minio: MinioServer):
    """A worker writes pictures, resumes and clears cancellations; both pass `make doctor`."""
    given_dashboard, given_worker = roles(minio)
    dashboard, worker = open_store(given_dashboard), open_store(given_worker)
    request(dashboard, "a")
    cancel(dashboard, "a")
    worker.put("a-0.png", b"x", "image/png")
    worker.put("a.json", b"{}", "application/json")
    worker.put("model/capabilities", b"{}", "application/json")
    assert worker.get("a-0.png") == b"x"
    assert {entry.name for entry in worker.entries()} >= {"a-0.png", "a.json"}
    assert cancelled_jobs(worker) == {"a"}
    clear_cancellation(worker, "a")
    approve(dashboard, "a")
    dashboard.delete("a-0.png")
    for settings in (given_dashboard, given_worker):
        assert result_of(check_store, settings).state == "ok"


def test_store_refuses_everything_else(minio: MinioServer):
    """A worker neither deletes pictures nor changes marks; no pod reaches another bucket."""
    dashboard, worker = roles(minio)
    open_store(dashboard).put("a-0.png", b"x", "image/png")
    other = minio.settings().minio_bucket
    minio.create_bucket(other)
    changes = [
        lambda store: store.delete("a-0.png"),
        *(
            lambda store, mark=mark: store.put(mark, b"", "text/plain")
            for mark in (
                "held/a",
                "rejected/a",
                "join/approval",
                "stars/a-0.png",
                "hearts/a",
                "cancelled/a",
            )
        ),
    ]
    for change in changes:
        with pytest.raises(StoreUnavailable, match="lacks the right"):
            change(open_store(worker))
    for settings in (dashboard, worker):
        for action in administration(client_of(settings), settings.minio_bucket, other):
            with pytest.raises(S3Error) as refused:
                action()
            assert refused.value.code == "AccessDenied"
        with pytest.raises(MinioAdminException, match="AccessDenied"):
            admin_of(settings).user_list()


def administration(client: Minio, bucket: str, other: str) -> tuple[Callable[[], object], ...]:
    return (
        lambda: list(client.list_objects(other)),
        lambda: client.make_bucket(f"{other}-2"),
        lambda: client.remove_bucket(bucket),
    )


def client_of(settings: Settings) -> Minio:
    return Minio(settings.minio_endpoint, *keys_of(settings), secure=False)


def admin_of(settings: Settings) -> MinioAdmin:
    keys = StaticProvider(*keys_of(settings))
    return MinioAdmin(endpoint=settings.minio_endpoint, credentials=keys, secure=False)


def keys_of(settings: Settings) -> tuple[str, str]:
    return (
        settings.minio_access_key.get_secret_value(),
        settings.minio_secret_key.get_secret_value(),
    )
