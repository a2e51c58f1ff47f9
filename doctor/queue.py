"""Check the queue: the SQLite file, or the broker and its management API."""

from contextlib import closing
from importlib.util import find_spec

from core.errors import QueueUnavailable
from core.settings import Settings
from doctor.check import Result, failed, ok, skipped
from wire.backends import open_queue
from wire.messages.names import QUEUE
from wire.queues.base import QueueDepth


def check_queue(settings: Settings) -> Result:
    """Log in, declare what is missing, compare what exists, count, and try to publish."""
    with closing(open_queue(settings)) as queue:
        depth, dead = queue.depth(), queue.count_dead_letters()
    if settings.rabbitmq_url is None:
        return ok(f"The SQLite file in {settings.data_dir} answers; {_counts(depth, dead)}.")
    from wire.queues.rabbitmq.probe import probe

    probe(settings)
    return ok(
        f"RabbitMQ accepts login, virtual host, messages and the declaration of {QUEUE}; "
        f"{_counts(depth, dead)}."
    )


def check_management(settings: Settings) -> Result:
    """Read the count that only the management API has."""
    if settings.rabbitmq_url is None:
        return skipped("The SQLite queue needs none.")
    if find_spec("dashboard") is None:
        return skipped("Only the dashboard uses it.")
    with closing(open_queue(settings)) as queue:
        try:
            depth = queue.depth()
        except QueueUnavailable:
            return skipped("The queue has to answer first.")
    if depth.warnings:
        return failed(f"{' '.join(depth.warnings)} Jobs in progress are unknown until then.")
    return ok("RabbitMQ's management API answers.")


def _counts(depth: QueueDepth, dead: int) -> str:
    paused = "; the queue is paused" if depth.paused else ""
    return f"{depth.waiting} waiting, {dead} failed (dead letters){paused}"
