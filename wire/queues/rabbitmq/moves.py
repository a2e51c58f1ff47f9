"""Move messages from queue to queue, or remove them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from core.errors import MessageError
from wire.messages.job import Job
from wire.queues.base import decode_job
from wire.queues.rabbitmq.consumer import Consumer
from wire.queues.rabbitmq.dead_letters import dead_letter
from wire.queues.rabbitmq.message import Message
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.publisher import Publisher
from wire.rabbitmq.session import Session


@contextmanager
def reader(session: Session, queue_name: str) -> Iterator[Iterator[Message]]:
    """Read the ready messages of a queue; those that are not acknowledged return to it."""
    channel = Channel(session)
    consumer = Consumer(channel, queue_name)
    try:
        yield chain.from_iterable(iter(lambda: consumer.receive(1, timeout=0), []))
    finally:
        channel.close()


def move(
    publisher: Publisher,
    message: Message,
    queue_name: str,
    in_front: int,
    count_deliveries: bool = False,
) -> None:
    """Publish a copy, then remove the message; ``count_deliveries`` of the job queue, as attempts.

    Raises QueueError, and then the message is still on its queue.
    """
    properties = message.forwarded_properties(count_deliveries=count_deliveries, in_front=in_front)
    publisher.publish("", queue_name, message.body, properties)
    message.acknowledge()


def remove(publisher: Publisher, messages: Iterable[Message]) -> Iterator[Job]:
    """Remove messages, and yield their jobs; dead-letter invalid ones."""
    for message in messages:
        try:
            job = decode_job(message.body)
        except MessageError as error:
            dead_letter(publisher, message.body, str(error))
            message.acknowledge()
        else:
            message.acknowledge()
            yield job
