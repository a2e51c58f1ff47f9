"""Events of many workers in one dashboard: what one takes, and the rate that it keeps up with."""

import time
from collections import Counter
from contextlib import closing

from pika import BlockingConnection, URLParameters

from bench.processes import begin, finish
from bench.report import Figure, show
from bench.scale import SIZES
from bench.scale.usage import measured
from bench.servers import rabbitmq_server
from core.settings import Settings
from dashboard.domain.journal import Journal
from tests.support.rabbitmq_server import RabbitServer
from wire.backends import open_events
from wire.events.base import decode_or_skip
from wire.events.rabbitmq import properties_of
from wire.messages import names
from wire.messages.event import Event, encode_event
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name
from wire.messages.telemetry import Telemetry

_STEPS = 8
_EVENTS = 20_000
_PER_SECOND = 10_000
_TOO_MANY_PER_SECOND = 25_000
_SECONDS = 10
_SILENCE_SECONDS = 5.0
"""After this no further event is awaited: the publisher starts within it, too."""
_BURST_SECONDS = 0.02
_WORKER_TIMEOUT_SECONDS = 900.0


def main() -> None:
    """Measure decoding and recording at each size, then the way through RabbitMQ."""
    for size in SIZES:
        _measure_record(size)
    with rabbitmq_server() as server:
        for size in SIZES:
            _measure_broker(server, size, _PER_SECOND)
        for expires in (False, True):
            _measure_broker(server, SIZES[-1], _TOO_MANY_PER_SECOND, expires=expires)


def _events_of(workers: int, count: int) -> list[Event]:
    """Return events of workers that take turns: a job of each, and telemetry."""
    now, events = time.time(), list[Event]()
    for index in range(count // (_STEPS + 4)):
        job, worker = new_job(JobRequest(prompt="yellow submarine")), f"worker-{index % workers:05}"
        own = {"worker": worker, "job_id": job.id, "at": now}
        events += [
            Event(kind="received", job=job, **own),
            *(
                Event(kind="step", picture=0, step=n + 1, steps=_STEPS, **own)
                for n in range(_STEPS)
            ),
            Event(kind="stored", picture=0, name=picture_name(job.id, 0), **own),
            Event(kind="done", **own),
            Event(kind="telemetry", worker=worker, at=now, telemetry=_TELEMETRY),
        ]
    return events


_TELEMETRY = Telemetry(
    device="NVIDIA L4",
    utilization_ratio=0.9,
    memory_used_bytes=9 << 30,
    memory_total_bytes=22 << 30,
)


def _measure_record(workers: int) -> None:
    journal = _journal(workers)
    bodies = [encode_event(event) for event in _events_of(workers, _EVENTS)]
    with measured() as decoding:
        events = [event for body in bodies if (event := decode_or_skip(body))]
    with measured() as recording:
        for event in events:
            journal.record(event)
    each = 1e6 / len(events)
    show(
        f"One event of {workers:,} workers",
        [
            Figure("to decode", (decoding.cpu_seconds * each,), "µs"),
            Figure("to record", (recording.cpu_seconds * each,), "µs"),
        ],
    )


def _journal(workers: int) -> Journal:
    journal, now = Journal(worker_timeout=_WORKER_TIMEOUT_SECONDS), time.time()
    for number in range(workers):
        worker = f"worker-{number:05}"
        journal.record(Event(kind="ready", worker=worker, at=now))
        journal.record(Event(kind="telemetry", worker=worker, at=now, telemetry=_TELEMETRY))
    return journal


def _measure_broker(
    server: RabbitServer, workers: int, per_second: int, *, expires: bool = True
) -> None:
    """Publish for some seconds; what a dashboard does not keep up with, the broker drops."""
    url, journal, kinds = server.amqp_url("%2F"), _journal(workers), Counter[str]()
    with closing(open_events(Settings(_env_file=None, rabbitmq_url=url))) as events:
        events.receive(0)  # subscribes
        with measured() as usage:
            publisher = begin(_publish, url, workers, per_second, expires)
            while batch := events.receive(timeout=_SILENCE_SECONDS):
                for event in batch:
                    journal.record(event)
                    kinds[event.kind] += 1
        finish(publisher)
    received, jobs = kinds.total(), per_second * _SECONDS / (_STEPS + 4)
    words = "outdated ones expire" if expires else "none expires"
    show(
        f"{per_second:,} events a second of {workers:,} workers through RabbitMQ, {words}",
        [
            Figure("steps received", (100 * kinds["step"] / jobs / _STEPS,), "%"),
            Figure("ends of jobs received", (100 * kinds["done"] / jobs,), "%"),
            Figure("processor time of an event", (1e6 * usage.cpu_seconds / received,), "µs"),
            Figure("so one core takes", (received / usage.cpu_seconds,), "events/s"),
        ],
    )


def _publish(url: str, workers: int, per_second: int, expires: bool) -> None:
    messages = [
        (encode_event(event), properties_of(event) if expires else None)
        for event in _events_of(workers, _EVENTS)
    ]
    with closing(BlockingConnection(URLParameters(url))) as connection:
        channel, began, sent = connection.channel(), time.monotonic(), 0
        while sent < per_second * _SECONDS:
            due = min(per_second * _SECONDS, int(per_second * (time.monotonic() - began)))
            for index in range(sent, due):
                body, properties = messages[index % len(messages)]
                channel.basic_publish(names.EVENTS_EXCHANGE, "", body, properties)
            sent = due
            time.sleep(_BURST_SECONDS)
