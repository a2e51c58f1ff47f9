"""A broker that served version 0.1 serves this version, with both at once."""

import json
from contextlib import closing

import pika

from core.settings import Settings
from tests.support import version_0_1
from wire.messages.job import JobRequest, decode, new_job
from wire.queues.rabbitmq import RabbitQueue

TIMEOUT_SECONDS = 60


def test_both_versions_share_a_broker(rabbitmq_settings: Settings):
    """Queues of 0.1 are used as they are; each version receives what the other published."""
    url = pika.URLParameters(rabbitmq_settings.rabbitmq_url.get_secret_value())
    with pika.BlockingConnection(url) as connection:
        older = connection.channel()
        _declare(older)
        for body in version_0_1.JOBS:
            older.basic_publish("", "tasks", body)
        with closing(RabbitQueue(rabbitmq_settings)) as today:
            for body in version_0_1.JOBS:
                [delivery] = today.receive(1, TIMEOUT_SECONDS)
                assert delivery.job == decode(body)
                today.acknowledge(delivery)
            job = new_job(JobRequest(prompt="cartoon dwarf", count=2))
            today.publish(job)
            _, _, body = next(older.consume("tasks", inactivity_timeout=TIMEOUT_SECONDS))
            version_0_1.require_readable("Job", body)
            assert json.loads(body)["id"] == job.id


def _declare(channel: pika.adapters.blocking_connection.BlockingChannel) -> None:
    for name, kind in version_0_1.TOPOLOGY["exchanges"].items():
        channel.exchange_declare(name, kind, durable=True)
    for name, arguments in version_0_1.TOPOLOGY["queues"].items():
        channel.queue_declare(name, durable=True, arguments=arguments)
    channel.queue_bind("tasks.dead", "tasks.dead")


def test_version_0_1_finds_the_queues_of_today(rabbitmq_settings: Settings):
    """A rollback needs no deletion: the older version declares its queues without a refusal."""
    with closing(RabbitQueue(rabbitmq_settings)) as today:
        today.depth()
        url = pika.URLParameters(rabbitmq_settings.rabbitmq_url.get_secret_value())
        with pika.BlockingConnection(url) as connection:
            _declare(connection.channel())
