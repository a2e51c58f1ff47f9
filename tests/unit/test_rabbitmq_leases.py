"""How leased jobs return to RabbitMQ when it takes no copy of them."""

from typing import Any, NoReturn

import pytest
from pika import BasicProperties

from core.errors import PublishRefused
from core.settings import Settings
from wire.messages.job import JobRequest, encode, new_job
from wire.queues.rabbitmq import RabbitQueue
from wire.queues.rabbitmq.message import Message


class RecordingChannel:
    """An open channel that notes how messages are settled."""

    is_open = True

    def __init__(self) -> None:
        self.calls: list[str] = []

    def post(self, call: Any) -> None:
        """Run a call."""
        call(self)

    def close(self) -> None:
        """Note that all messages return."""
        self.calls.append("close")

    def basic_reject(self, _tag: int, requeue: bool) -> None:
        """Note a return that counts as a delivery (https://www.rabbitmq.com/docs/quorum-queues)."""
        self.calls.append(f"reject, requeue {requeue}")

    def basic_nack(self, _tag: int, requeue: bool) -> None:
        """Note a return that is not counted since RabbitMQ 4.3."""
        self.calls.append(f"nack, requeue {requeue}")


@pytest.mark.parametrize(
    ("method", "call"),
    [("retry_later", "reject, requeue True"), ("release", "nack, requeue True")],
)
def test_job_keeps_its_count_without_a_copy(monkeypatch, method: str, call: str):
    """A failed attempt counts while the broker takes no copy, or the job would fail for ever."""
    queue = RabbitQueue(Settings(_env_file=None, rabbitmq_url="amqp://localhost"))
    monkeypatch.setattr(queue._leases, "_open_publisher", refuse)
    channel = RecordingChannel()
    message = Message(channel, 1, BasicProperties(), encode(new_job(JobRequest(prompt="x"))))
    [delivery] = queue._leases.admit_all([message])
    getattr(queue, method)(delivery)
    assert channel.calls == [call]


def test_jobs_that_return_with_a_refused_one_are_forgotten(monkeypatch):
    """While the broker takes no dead letter, each attempt to receive leaves nothing in memory."""
    queue = RabbitQueue(Settings(_env_file=None, rabbitmq_url="amqp://localhost"))
    monkeypatch.setattr(queue._leases, "_open_publisher", refuse)
    channel = RecordingChannel()
    bodies = (encode(new_job(JobRequest(prompt="x"))), b"no job")
    with pytest.raises(PublishRefused):
        queue._leases.admit_all(
            [Message(channel, tag, BasicProperties(), body) for tag, body in enumerate(bodies)]
        )
    assert channel.calls == ["close"]
    assert not queue._leases._messages


def refuse() -> NoReturn:
    """Take no message."""
    raise PublishRefused("Its memory is short.")
