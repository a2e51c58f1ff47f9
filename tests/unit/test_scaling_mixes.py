"""The sentence for a cluster's triggers, from KEDA's objects to the page."""

from typing import Any

import pytest

from dashboard.domain.fleet import FleetReading
from dashboard.domain.queue_counts import QueueCounts
from dashboard.domain.snapshot import Reading
from dashboard.fleet.kubernetes.scaler import convert_scaled_object
from dashboard.fleet.kubernetes.values import seconds
from dashboard.presentation.scaling_reason import explain
from tests.support.kubernetes_objects import recorded

ACTIVE_AT = "2026-11-23T19:00:00Z"
NOW = seconds(ACTIVE_AT) + 30

QUEUE = {
    "type": "rabbitmq",
    "metadata": {"queueName": "tasks", "mode": "QueueLength", "protocol": "http", "value": "1"},
}
CRON = {
    "type": "cron",
    "metadata": {
        "timezone": "UTC",
        "start": "0 8 * * *",
        "end": "0 18 * * *",
        "desiredReplicas": "2",
    },
}
CPU = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}


def queue(**metadata: str) -> dict[str, Any]:
    return QUEUE | {"metadata": QUEUE["metadata"] | metadata}


def external(name: str, average: str, target: str = "1") -> tuple[dict, dict]:
    """Return an external metric's target and current value."""
    metric = {"metric": {"name": name}}
    return (
        {"type": "External", "external": metric | {"target": _average(target, "AverageValue")}},
        {"type": "External", "external": metric | {"current": _average(average)}},
    )


def _average(value: str, target_type: str | None = None) -> dict[str, str]:
    return {"averageValue": value} | ({"type": target_type} if target_type else {})


def resource(name: str, current: dict, target: dict) -> tuple[dict, dict]:
    """Return a resource metric's target and current value."""
    return (
        {"type": "Resource", "resource": {"name": name, "target": target}},
        {"type": "Resource", "resource": {"name": name, "current": current}},
    )


def hpa(pods: int, *metrics: tuple[dict, dict], active: str = "True") -> dict:
    """Return an autoscaler; its metrics may be in any order."""
    return {
        "metadata": {"name": "keda-hpa-worker"},
        "spec": {"metrics": [target for target, _ in metrics]},
        "status": {
            "currentReplicas": pods,
            "desiredReplicas": pods,
            "conditions": [{"type": "ScalingActive", "status": active}],
            "currentMetrics": [current for _, current in metrics],
        },
    }


def scaled_object(
    *triggers: dict, active: object = True, activity: dict | None = None, **changes: Any
) -> dict:
    """Return a ScaledObject whose triggers KEDA could read."""
    found = recorded("scaled_object")
    statuses = {"Ready": changes.pop("ready", True), "Active": active}
    found["spec"] |= {"triggers": list(triggers)} | changes.pop("spec", {})
    found["metadata"]["annotations"] = {
        f"autoscaling.keda.sh/{name.replace('_', '-')}": value
        for name, value in changes.pop("annotations", {}).items()
    }
    found["status"] = {
        "hpaName": "keda-hpa-worker",
        "lastActiveTime": ACTIVE_AT,
        "conditions": [{"type": key, "status": str(value)} for key, value in statuses.items()],
        "triggersActivity": {
            name: {"isActive": is_active} for name, is_active in (activity or {}).items()
        },
    } | changes
    return found


def sentence(
    found: dict, autoscaler: dict | None, wanted: int, waiting: int | None = 0, generating: int = 0
) -> str:
    """Return the sentence for a ScaledObject whose wanted workers are all ready."""
    scaler = convert_scaled_object(found, (autoscaler,) if autoscaler else (), NOW)
    counts = None if waiting is None else QueueCounts(waiting, generating)
    fleet = FleetReading(scaler, wanted, wanted, (), nodes=None)
    return ": ".join(explain(Reading(fleet, at=NOW), counts, NOW))


TASKS, CRON_METRIC = "s1-rabbitmq-tasks", "s0-cron-UTC-08xxx-018xxx"


def test_cron_before_the_queue_keeps_its_workers():
    """The metrics are matched by name, so a schedule's replicas are not shown as requests (K1)."""
    found = scaled_object(CRON, QUEUE, activity={CRON_METRIC: True, TASKS: False})
    metrics = external(CRON_METRIC, "1"), external(TASKS, "0")
    expected = "Why 2 workers: 0 requests; the cron trigger keeps 2. Both are ready."
    assert sentence(found, hpa(2, *metrics), 2) == expected
    assert sentence(found, hpa(2, *reversed(metrics)), 2) == expected


def test_cpu_beside_the_queue_has_its_own_value_and_target():
    """Each trigger has its own target, and the one that decides is named (K3)."""
    found = scaled_object(queue(value="20"), CPU, activity={"s0-rabbitmq-tasks": True})
    cpu = resource(
        "cpu",
        {"averageUtilization": 90, "averageValue": "900m"},
        {"type": "Utilization", "averageUtilization": 60},
    )
    tasks = external("s0-rabbitmq-tasks", "10", "20")
    assert sentence(found, hpa(2, tasks, cpu), 3) == (
        "Why 3 workers: 20 requests at 20 per worker want 1 worker; "
        "the cpu trigger, 90 %, target 60 %, wants 3 workers. All 3 are ready."
    )
    alone = scaled_object(CPU)
    assert sentence(alone, hpa(2, cpu), 3) == (
        "Why 3 workers: the cpu trigger, 90 %, target 60 %, wants 3 workers. All 3 are ready."
    )


def test_idle_replicas_apply_once_cooled_down():
    """With idle replicas the minimum applies only while a trigger is active (K5)."""
    found = scaled_object(QUEUE, active=False, spec={"idleReplicaCount": 0, "minReplicaCount": 2})
    tasks = external("s0-rabbitmq-tasks", "0")
    assert sentence(found, hpa(2, tasks), 2) == (
        "Why still 2 workers: the queue is empty; the cool-down of 150 s has 120 s left, then 0."
    )


@pytest.mark.parametrize(("requests", "place"), [("3", "below"), ("5", "at")])
def test_requests_below_the_activation_value_start_nothing(requests, place):
    """Too few requests do not start a worker, and the sentence does not promise one (K7)."""
    found = scaled_object(queue(activationValue="5"), active=False)
    assert sentence(found, hpa(0, active="False"), 0, waiting=int(requests)) == (
        f"Why no workers: {requests} requests, {place} the activation value of 5; "
        "more than 5 start a worker within 5 s."
    )
    cooling = hpa(1, external("s0-rabbitmq-tasks", requests))
    assert sentence(found, cooling, 1) == (
        f"Why still 1 worker: {requests} requests, {place} the activation value of 5; "
        "the cool-down of 150 s has 120 s left."
    )


def test_forced_activation_is_named():
    """The annotation, not the queue, keeps the last worker (K10)."""
    found = scaled_object(
        QUEUE, annotations={"force_activation": "true"}, activity={"s0-rabbitmq-tasks": False}
    )
    empty = hpa(1, external("s0-rabbitmq-tasks", "0"))
    held = "the queue is empty; held active by the force-activation annotation"
    assert sentence(found, empty, 1) == f"Why 1 worker: {held}, which keeps 1."
    assert sentence(found, empty, 3) == f"Why 3 workers: {held}, scaling down to 1."
    assert sentence(found, hpa(0, active="False"), 0) == (
        "Why no workers: held active by the force-activation annotation; "
        "a worker starts within 5 s."
    )
