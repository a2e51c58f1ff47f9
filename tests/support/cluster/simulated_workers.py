"""Workers that generate nothing: each ready pod holds one job for some seconds, then ends it.

One thread plays all of them, so that ten workers cost this machine as little as one.
"""

import threading
import time
from contextlib import closing
from dataclasses import dataclass, field

import pika
from kubernetes.client import CoreV1Api, V1Pod
from pika.adapters.blocking_connection import BlockingChannel

from core.settings import Settings
from wire.backends import open_events
from wire.events.base import Events
from wire.messages.event import Event
from wire.messages.job import Job, decode
from wire.messages.names import QUEUE

_TICK_SECONDS = 0.1


@dataclass(frozen=True)
class _Held:
    job: Job
    delivery_tag: int
    ends: float


@dataclass
class _Playing:
    """The workers that are ready, and what they hold."""

    channel: BlockingChannel
    events: Events
    seconds: float
    ready: set[str] = field(default_factory=set)
    held: dict[str, _Held] = field(default_factory=dict)

    def tick(self, ready: set[str]) -> None:
        """End jobs whose time is over, and give one to each worker that is free."""
        for worker in sorted(ready - self.ready):
            self.events.publish(Event(kind="loading", worker=worker))
            self.events.publish(Event(kind="ready", worker=worker))
        self.ready = ready
        for worker in [name for name, held in self.held.items() if held.ends <= time.time()]:
            self._end(worker, self.held.pop(worker))
        for worker in sorted(ready - self.held.keys()):
            if not self._receive(worker):
                return

    def _receive(self, worker: str) -> bool:
        delivery, _, body = self.channel.basic_get(QUEUE)
        if delivery is None:
            return False
        job = decode(body)
        self.held[worker] = _Held(job, delivery.delivery_tag, time.time() + self.seconds)
        self.events.publish(Event(kind="received", worker=worker, job_id=job.id, job=job))
        return True

    def _end(self, worker: str, held: _Held) -> None:
        self.channel.basic_ack(held.delivery_tag)
        self.events.publish(Event(kind="done", worker=worker, job_id=held.job.id))


class SimulatedWorkers:
    """Plays the pods of a namespace from start to stop.

    Args:
        api: the cluster's.
        namespace: the pods'.
        settings: of the broker.
        seconds: for which a job is held.

    """

    def __init__(self, api: CoreV1Api, namespace: str, settings: Settings, seconds: float) -> None:
        self._api = api
        self._namespace = namespace
        self._settings = settings
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated workers", daemon=True)

    def __enter__(self) -> "SimulatedWorkers":
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; the broker delivers again what is held."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        url = pika.URLParameters(self._settings.rabbitmq_url.get_secret_value())
        with (
            closing(open_events(self._settings)) as events,
            closing(pika.BlockingConnection(url)) as connection,
        ):
            playing = _Playing(connection.channel(), events, self._seconds)
            while not self._stopping.wait(_TICK_SECONDS):
                playing.tick(self._ready())

    def _ready(self) -> set[str]:
        pods = self._api.list_namespaced_pod(self._namespace).items
        return {pod.metadata.name for pod in pods if _is_ready(pod)}


def _is_ready(pod: V1Pod) -> bool:
    conditions = pod.status.conditions or ()
    return pod.metadata.deletion_timestamp is None and any(
        condition.type == "Ready" and condition.status == "True" for condition in conditions
    )
