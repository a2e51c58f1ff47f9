"""The backlog on RabbitMQ, whose broker sends messages when it likes."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from pika import BasicProperties

from wire.queues.rabbitmq import turns
from wire.queues.rabbitmq.backlog import Backlog
from wire.queues.rabbitmq.turns import Turns


class LateBroker:
    """A channel of a broker that sends a part of the backlog with each count of it."""

    def __init__(self, parts: list[list[str]]) -> None:
        self.is_open = True
        self.session = SimpleNamespace()
        self.acknowledged: list[int] = []
        self._parts = parts
        self._tags = 0
        self._receive: Callable[..., None]

    def request(self, call: Callable[[Any, Any], object]) -> Any:
        """Run a request, and return its reply."""
        replies: list[Any] = []
        call(self, replies.append)
        return replies[0]

    def post(self, call: Callable[[Any], object]) -> None:
        """Run a call."""
        call(self)

    def basic_qos(self, **_options: object) -> None:
        """Ignore the prefetch."""

    def add_on_cancel_callback(self, callback: object) -> None:
        """Ignore the callback."""

    def basic_consume(self, _queue: str, receive: Callable[..., None], **options: Any) -> None:
        """Confirm the consumer; nothing has arrived by then."""
        self._receive = receive
        options["callback"](None)

    def basic_ack(self, tag: int) -> None:
        """Note the acknowledgement."""
        self.acknowledged.append(tag)

    def queue_declare(self, name: str, callback: Callable[[Any], None], **_options: Any) -> None:
        """Reply with the number of ready messages, and send the next ones."""
        parts = self._parts if name == "tasks.backlog" else []
        callback(SimpleNamespace(method=SimpleNamespace(message_count=sum(map(len, parts)))))
        for job_id in parts.pop(0) if parts else ():
            self._tags += 1
            body = f'{{"id": "{job_id}", "prompt": "x"}}'.encode()
            self._receive(self, SimpleNamespace(delivery_tag=self._tags), BasicProperties(), body)


def job_ids(count: int) -> list[str]:
    """Return ids of jobs."""
    return [f"019a6f00-0000-7000-8000-{number:012d}" for number in range(count)]


def test_job_that_is_on_its_way_is_found():
    """A dashboard that has just started to receive the backlog can move each of its jobs."""
    first, second = job_ids(2)
    waiting = Backlog(LateBroker([[first], [second]])).take_job(second)
    assert waiting
    assert waiting.job_id == second


def test_cancelling_all_waits_for_jobs_that_are_on_their_way(monkeypatch):
    """All jobs of the backlog are removed: those that have arrived, and those that have not yet."""
    broker, ids = LateBroker([]), job_ids(7)
    monkeypatch.setattr(turns, "Channel", lambda _: broker)
    monkeypatch.setattr(turns, "reader", lambda *_: nothing())
    broker._parts = [ids[:1], [], ids[1:4], ids[4:]]
    publisher = SimpleNamespace(channel=broker)
    removed = list(Turns(lambda: publisher, max_ready=1).remove_waiting())
    assert sorted(job.id for job in removed) == ids
    assert sorted(broker.acknowledged) == list(range(1, 8))


class nothing:  # noqa: N801, a context manager
    """A queue without messages."""

    def __enter__(self) -> Iterator[Any]:
        return iter(())

    def __exit__(self, *_: object) -> None:
        pass
