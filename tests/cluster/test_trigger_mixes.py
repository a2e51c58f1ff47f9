"""The sentence about the number of workers agrees with the real KEDA, for mixes of triggers.

One ScaledObject is changed from mix to mix. No worker receives jobs here, so the test decides the
length of the queues.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from dashboard.domain.journal import Journal
from dashboard.domain.queue_counts import QueueCounts
from dashboard.domain.snapshot import Reading
from dashboard.fleet.kubernetes.fleet import KubernetesFleet
from dashboard.presentation.scaling_reason import explain
from tests.support.cluster.cluster import Cluster
from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.credentials import secrets_of
from tests.support.cluster.idle_workers import idle_workers
from tests.support.conditions import wait_until
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer

_NAMESPACE = "mixes"
_OTHER = "other"
_COOLDOWN = 10
_TIMEOUT_SECONDS = 60
_AUTHENTICATION = {"authenticationRef": {"name": "rabbitmq"}}
_CRON = {
    "type": "cron",
    "name": "year",
    "metadata": {
        "timezone": "UTC",
        "start": "0 0 1 1 *",
        "end": "59 23 31 12 *",
        "desiredReplicas": "2",
    },
}
_CPU = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}


def _queue(name: str = "tasks", value: str = "1", activation: str = "0") -> dict:
    metadata = {"queueName": name, "mode": "QueueLength", "protocol": "http"}
    numbers = {"value": value, "activationValue": activation}
    trigger = {"type": "rabbitmq", "name": name, "metadata": metadata | numbers}
    return trigger | _AUTHENTICATION


@dataclass(frozen=True)
class Mix:
    """Triggers and settings, and what KEDA and the page make of them."""

    triggers: list[dict]
    workers: int
    sentence: str
    """Part of it."""
    tasks: int = 0
    other: int = 0
    annotations: dict[str, str] = field(default_factory=dict)
    spec: dict = field(default_factory=dict)


_MIXES = (
    Mix(
        [_queue(activation="5")],
        0,
        "Why no workers: 3 requests, below the activation value of 5; more than 5 start a worker",
        tasks=3,
    ),
    Mix([_CRON, _queue()], 2, "Why 2 workers: 0 requests; the cron trigger keeps 2."),
    Mix(
        [_queue(), _queue(_OTHER, "5")],
        3,
        "1 request at 1 per worker wants 1 worker; the rabbitmq trigger (queue other), "
        "15 messages at 5 per worker, wants 3 workers.",
        tasks=1,
        other=15,
    ),
    Mix(
        [_queue(), _CPU],
        5,
        "5 requests at 1 per worker want 5 workers; what the cpu trigger wants is unknown, "
        "because the autoscaler reports no value of it.",
        tasks=5,
    ),
    Mix(
        [_queue("missing")],
        3,
        "the rabbitmq trigger cannot be read; the fallback keeps 3 workers.",
        spec={"fallback": {"failureThreshold": 1, "replicas": 3}},
    ),
    Mix(
        [_queue()], 2, "the scaler is paused at 2 workers.", 5, annotations={"paused-replicas": "2"}
    ),
    Mix(
        [_queue()],
        1,
        "Why 1 worker: the queue is empty; held active by the force-activation annotation, "
        "which keeps 1.",
        annotations={"force-activation": "true"},
    ),
    Mix(
        [_queue()],
        2,
        "Why 2 workers: 1 request at 1 per worker wants 1 worker; the minimum is 2.",
        tasks=1,
        spec={"minReplicaCount": 2, "idleReplicaCount": 0},
    ),
    Mix(
        [_queue()],
        2,
        f"Why still 2 workers: the queue is empty; the cool-down of {_COOLDOWN} s has ",
        spec={"minReplicaCount": 2, "idleReplicaCount": 0},
    ),
    Mix(
        [_queue()],
        0,
        "Why no workers: the queue is empty. The next request starts a worker within 1 s.",
        spec={"minReplicaCount": 2, "idleReplicaCount": 0},
    ),
    # The last one: the API server refuses to remove a formula that KEDA has read.
    Mix(
        [_queue(), _queue(_OTHER, "5")],
        4,
        "the formula tasks + other, 16 at 4 per worker, wants 4 workers.",
        tasks=1,
        other=15,
        spec={"advanced": {"scalingModifiers": {"formula": "tasks + other", "target": "4"}}},
    ),
)


@pytest.fixture
def plane(
    cluster: Cluster, rabbitmq: RabbitServer, minio_server: MinioServer
) -> Iterator[ControlPlane]:
    """Create a namespace with idle workers, and a vhost with two queues."""
    plane = cluster.control_plane
    rabbitmq.api("PUT", f"vhosts/{_NAMESPACE}")
    for name in ("tasks", _OTHER):
        rabbitmq.api("PUT", f"queues/{_NAMESPACE}/{name}", json={"durable": True})
    plane.kubectl("create", "namespace", _NAMESPACE)
    plane.apply(secrets_of(_NAMESPACE, _NAMESPACE, rabbitmq, minio_server))
    plane.apply(
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [idle_workers(_NAMESPACE, requests={"cpu": "1m"}), _authentication()],
        }
    )
    yield plane
    plane.kubectl("delete", "namespace", _NAMESPACE, "--wait=false")
    rabbitmq.api("DELETE", f"vhosts/{_NAMESPACE}")


def _authentication() -> dict:
    host = {"parameter": "host", "name": "rabbitmq", "key": "management-url"}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": {"name": "rabbitmq", "namespace": _NAMESPACE},
        "spec": {"secretTargetRef": [host]},
    }


def _scaled_object(mix: Mix) -> dict:
    at_once = {"stabilizationWindowSeconds": 0}
    behavior = {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": at_once}}}
    annotations = {f"autoscaling.keda.sh/{name}": text for name, text in mix.annotations.items()}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "worker", "namespace": _NAMESPACE, "annotations": annotations},
        "spec": mix.spec
        | {
            "scaleTargetRef": {"name": "worker"},
            "pollingInterval": 1,
            "cooldownPeriod": _COOLDOWN,
            "maxReplicaCount": 8,
            "triggers": mix.triggers,
            "advanced": behavior | mix.spec.get("advanced", {}),
        },
    }


def test_sentences_agree_with_keda(
    plane: ControlPlane, rabbitmq: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each mix KEDA wants the number of workers that the sentence explains."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    fleet = KubernetesFleet(_NAMESPACE, "worker", Journal())
    for mix in _MIXES:
        _set_length(rabbitmq, "tasks", mix.tasks)
        _set_length(rabbitmq, _OTHER, mix.other)
        plane.apply(_scaled_object(mix))
        seen: list[str] = []
        try:
            wait_until(_agrees(fleet, mix, seen), _TIMEOUT_SECONDS, mix.sentence)
        finally:  # pytest shows it if a mix fails
            print(*seen, sep="\n")
    fleet.close()


def _agrees(fleet: KubernetesFleet, mix: Mix, seen: list[str]) -> Callable[[], bool]:
    """Return a condition, which adds each new sentence to those that were seen."""

    def agrees() -> bool:
        reading = fleet.read()
        fresh = Reading(reading, at=0.0)
        sentence = ": ".join(explain(fresh, QueueCounts(mix.tasks, 0), now=0.0))
        if [f"{reading.wanted} {sentence}"] != seen[-1:]:
            seen.append(f"{reading.wanted} {sentence}")
        return reading.wanted == mix.workers and mix.sentence in sentence

    return agrees


def _set_length(rabbitmq: RabbitServer, queue: str, length: int) -> None:
    """Replace the messages of a queue."""
    rabbitmq.api("DELETE", f"queues/{_NAMESPACE}/{queue}/contents")
    body = {"properties": {}, "routing_key": queue, "payload": "{}", "payload_encoding": "string"}
    for _ in range(length):
        rabbitmq.api("POST", f"exchanges/{_NAMESPACE}/amq.default/publish", json=body)
