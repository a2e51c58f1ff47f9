"""KEDA's rule as we have written it down, held against KEDA and the autoscaler themselves.

Nothing takes the jobs here, so the queue is exactly as long as the test makes it.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pika
import pytest
import yaml
from kubernetes.client import AppsV1Api

from dashboard.fleet.scaling_rule import (
    Behaviour,
    RatePolicy,
    ScalerState,
    ScalingPolicy,
    decide,
)
from tests.support.cluster.cluster import Cluster
from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.credentials import secrets_of
from tests.support.conditions import wait_until
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer, settings_for
from wire.backends import open_queue
from wire.messages.job import JobRequest, encode, new_job
from wire.messages.names import QUEUE

_OVERLAY = Path(__file__).parents[2] / "k8s" / "overlays" / "cpu" / "scaledobject"
_NAMESPACE = "rule"
_QUEUE_LENGTHS = (3, 20, 5, 0)
_LOOK_EVERY = 2.0
"""Seconds between two looks of the autoscaler."""
_PERIOD = 5
"""Seconds; no multiple of the looks, so that no step is just at its end."""
_POLICY = ScalingPolicy(
    maximum=8,
    cooldown=16.0,
    up=Behaviour(0.0, RatePolicy(workers=8, percent=0, period=_PERIOD)),
    down=Behaviour(0.0, RatePolicy(workers=2, percent=0, period=_PERIOD)),
)


@pytest.fixture
def vhost(rabbitmq: RabbitServer) -> Iterator[str]:
    """Make a vhost whose queue nobody reads."""
    rabbitmq.api("PUT", f"vhosts/{_NAMESPACE}")
    yield _NAMESPACE
    rabbitmq.api("DELETE", f"vhosts/{_NAMESPACE}")


@pytest.fixture
def target(cluster: Cluster, vhost: str, minio_server: MinioServer) -> Iterator[AppsV1Api]:
    """Apply the ScaledObject of the manifests, for pods that do nothing."""
    plane = cluster.control_plane
    plane.kubectl("create", "namespace", _NAMESPACE)
    plane.apply(secrets_of(_NAMESPACE, vhost, minio_server))
    plane.apply({"apiVersion": "v1", "kind": "List", "items": [_idle_workers(), *_scaler(plane)]})
    yield AppsV1Api(cluster.client())
    plane.kubectl("delete", "namespace", _NAMESPACE, "--wait=false")


def _scaler(plane: ControlPlane) -> Iterator[dict]:
    """Yield what scales, with the waits of the policy above."""
    down = {"type": "Pods", "value": 2, "periodSeconds": _PERIOD}
    up = {"type": "Pods", "value": 8, "periodSeconds": _PERIOD}
    behaviour = {
        "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [up]},
        "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [down]},
    }
    for one in yaml.safe_load_all(plane.kubectl("kustomize", str(_OVERLAY))):
        if one["kind"] == "ScaledObject":
            one["spec"] |= {"pollingInterval": 1, "cooldownPeriod": 16}
            one["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] = behaviour
        if one["kind"] in ("ScaledObject", "TriggerAuthentication"):
            yield one | {"metadata": one["metadata"] | {"namespace": _NAMESPACE}}


def _idle_workers() -> dict:
    labels = {"app.kubernetes.io/name": "worker"}
    container = {"name": "pause", "image": "pause"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "worker", "namespace": _NAMESPACE},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def test_same_queue_lengths_same_replica_counts(
    target: AppsV1Api, rabbitmq: RabbitServer, vhost: str
) -> None:
    """For each length of the queue the real autoscaler takes the steps that our rule takes."""
    state = ScalerState()
    for length in _QUEUE_LENGTHS:
        before = state.workers
        expected, state = _steps(state, length)
        _make_as_long(rabbitmq, vhost, length)
        assert _seen(target, before, expected[-1]) == expected, f"{length} jobs"


def _steps(state: ScalerState, jobs: int) -> tuple[list[int], ScalerState]:
    """Follow our rule until it is at rest: the counts that it goes through, and its end."""
    counts, now = [state.workers], state.last_active or 0.0
    for look in range(20):
        state = decide(_POLICY, state, jobs, now + look * _LOOK_EVERY)
        if state.workers != counts[-1]:
            counts.append(state.workers)
    return counts[1:], state


def _seen(target: AppsV1Api, before: int, end: int) -> list[int]:
    """Watch the replicas until they have rested at their end for as long as steps count."""
    counts, changed_at = [before], time.monotonic()

    def rests() -> bool:
        nonlocal changed_at
        if (count := _replicas(target)) != counts[-1]:
            counts.append(count)
            changed_at = time.monotonic()
        return count == end and time.monotonic() - changed_at > _PERIOD + _LOOK_EVERY

    wait_until(rests, 90, f"{end} replicas")
    return counts[1:]


def _replicas(target: AppsV1Api) -> int:
    return target.read_namespaced_deployment("worker", _NAMESPACE).spec.replicas


def _send(connection: pika.BlockingConnection, number: int) -> None:
    """Send jobs that nobody paints, in one go: KEDA shall not see a part of them."""
    channel = connection.channel()
    for _ in range(number):
        job = new_job(JobRequest(prompt="nobody paints this"))
        channel.basic_publish("", QUEUE, encode(job), pika.BasicProperties(message_id=job.id))


def _make_as_long(rabbitmq: RabbitServer, vhost: str, length: int) -> None:
    url = rabbitmq.amqp_url(vhost)
    with (
        closing(open_queue(settings_for(rabbitmq, url))) as queue,
        # A message that a new queue's leader has not taken yet is lost with its connection.
        closing(pika.BlockingConnection(pika.URLParameters(url))) as connection,
    ):
        _send(connection, length - queue.depth().ready)
        wait_until(lambda: queue.depth().ready >= length, what="all jobs are on the queue")
        surplus = queue.depth().ready - length
        for delivery in queue.receive(surplus, timeout=5) if surplus > 0 else ():
            queue.acknowledge(delivery)
