"""Compare the scaling rule of local workers with KEDA and the autoscaler themselves.

No worker receives jobs here, so the test decides the length of the queue.
"""

import time
from collections.abc import Iterator
from contextlib import closing

import pika
import pytest
from kubernetes.client import AppsV1Api
from pika.adapters.blocking_connection import BlockingChannel

from dashboard.domain.scaling_rules import RateLimit, ScalingRules
from dashboard.fleet.scaling_rule import (
    ScalerState,
    ScalingPolicy,
    decide,
)
from tests.support.cluster.bare_scaler import bare_scaler
from tests.support.cluster.cluster import Cluster
from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.credentials import secrets_of
from tests.support.cluster.idle_workers import idle_workers
from tests.support.conditions import wait_until
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer, settings_for
from wire.backends import open_queue
from wire.messages.job import JobRequest, encode, new_job
from wire.messages.names import QUEUE

_NAMESPACE = "rule"
_QUEUE_LENGTHS = (3, 20, 5, 0)
_SYNC_PERIOD = 2.0
"""Seconds between two syncs of the autoscaler."""
_PERIOD = 5
"""Seconds; no multiple of the sync period, so that no policy period ends just at a sync."""
_POLICY = ScalingPolicy(
    maximum=8,
    cooldown=16.0,
    up=ScalingRules(0.0, (RateLimit("Pods", 8, _PERIOD),)),
    down=ScalingRules(0.0, (RateLimit("Pods", 2, _PERIOD),)),
)


@pytest.fixture
def vhost(rabbitmq: RabbitServer) -> Iterator[str]:
    """Create a vhost whose queue has no consumer."""
    rabbitmq.api("PUT", f"vhosts/{_NAMESPACE}")
    yield _NAMESPACE
    rabbitmq.api("DELETE", f"vhosts/{_NAMESPACE}")


@pytest.fixture
def target(
    cluster: Cluster, vhost: str, rabbitmq: RabbitServer, minio_server: MinioServer
) -> Iterator[AppsV1Api]:
    """Apply the ScaledObject of the manifests, for idle pods."""
    plane = cluster.control_plane
    plane.kubectl("create", "namespace", _NAMESPACE)
    plane.apply(secrets_of(_NAMESPACE, vhost, rabbitmq, minio_server))
    plane.apply(
        {"apiVersion": "v1", "kind": "List", "items": [idle_workers(_NAMESPACE), *_scaler(plane)]}
    )
    yield AppsV1Api(cluster.client())
    plane.kubectl("delete", "namespace", _NAMESPACE, "--wait=false")


def _scaler(plane: ControlPlane) -> list[dict]:
    """Return the scaler's objects, with the periods of the policy above."""
    down = {"type": "Pods", "value": 2, "periodSeconds": _PERIOD}
    up = {"type": "Pods", "value": 8, "periodSeconds": _PERIOD}
    behavior = {
        "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [up]},
        "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [down]},
    }
    return bare_scaler(plane, _NAMESPACE, behavior, pollingInterval=1, cooldownPeriod=16)


def test_rule_takes_the_autoscalers_steps(
    target: AppsV1Api, rabbitmq: RabbitServer, vhost: str
) -> None:
    """For each length of the queue, the real autoscaler takes the same steps as the rule."""
    state = ScalerState()
    for length in _QUEUE_LENGTHS:
        before = state.workers
        expected, state = _steps(state, length)
        _set_length(rabbitmq, vhost, length)
        assert _observed_steps(target, before, expected[-1]) == expected, f"{length} jobs"


def _steps(state: ScalerState, jobs: int) -> tuple[list[int], ScalerState]:
    """Apply the rule until it is stable; return its worker counts and its last state."""
    counts, now = [state.workers], state.last_active or 0.0
    for sync in range(20):
        state = decide(_POLICY, state, jobs, now + sync * _SYNC_PERIOD)
        if state.workers != counts[-1]:
            counts.append(state.workers)
    return counts[1:], state


def _observed_steps(target: AppsV1Api, before: int, end: int) -> list[int]:
    """Poll the replicas until they have been stable at `end`; return their counts."""
    counts, changed_at = [before], time.monotonic()

    def is_stable() -> bool:
        nonlocal changed_at
        if (count := _replicas(target)) != counts[-1]:
            counts.append(count)
            changed_at = time.monotonic()
        return count == end and time.monotonic() - changed_at > _PERIOD + _SYNC_PERIOD

    wait_until(is_stable, what=f"{end} replicas")
    return counts[1:]


def _replicas(target: AppsV1Api) -> int:
    return target.read_namespaced_deployment("worker", _NAMESPACE).spec.replicas


def _set_length(rabbitmq: RabbitServer, vhost: str, length: int) -> None:
    """Bring the queue to `length` jobs in one step, so that KEDA never counts a part of it."""
    url = rabbitmq.amqp_url(vhost)
    with (
        closing(open_queue(settings_for(rabbitmq, url))) as queue,
        # A message that a new queue's leader has not accepted yet is lost with its connection.
        closing(pika.BlockingConnection(pika.URLParameters(url))) as connection,
    ):
        channel, ready = connection.channel(), queue.depth().ready
        _publish(channel, length - ready)
        _remove(channel, ready - length)
        wait_until(lambda: queue.depth().ready == length, what=f"{length} jobs on the queue")


def _publish(channel: BlockingChannel, number: int) -> None:
    for _ in range(number):
        job = new_job(JobRequest(prompt="never generated"))
        channel.basic_publish("", QUEUE, encode(job), pika.BasicProperties(message_id=job.id))


def _remove(channel: BlockingChannel, number: int) -> None:
    """Receive messages, then acknowledge them at once; KEDA counts the unacknowledged, too."""
    for _ in range(number):
        delivery, _, _ = channel.basic_get(QUEUE)
    if number > 0:
        channel.basic_ack(delivery.delivery_tag, multiple=True)
