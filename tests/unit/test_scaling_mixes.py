"""The sentence for a cluster's triggers, from KEDA's objects to the page."""

from typing import Any

import pytest

from dashboard.domain.fleet import FleetReading
from dashboard.domain.queue_counts import QueueCounts
from dashboard.domain.snapshot import Reading
from dashboard.fleet.kubernetes.scaler import convert_scaled_job, convert_scaled_object
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
        "the cpu trigger, 90%, target 60%, wants 3 workers. All 3 are ready."
    )
    alone = scaled_object(CPU)
    assert sentence(alone, hpa(2, cpu), 3) == (
        "Why 3 workers: the cpu trigger, 90%, target 60%, wants 3 workers. All 3 are ready."
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


RATE = {"type": "rabbitmq", "metadata": {"queueName": "tasks", "mode": "MessageRate", "value": "2"}}
PROMETHEUS = {"type": "prometheus", "metadata": {"query": "up", "threshold": "50"}}
OTHER = queue(queueName="other", value="5")
MEMORY = {"type": "memory", "metricType": "AverageValue", "metadata": {"value": "512Mi"}}
CONTAINER_CPU = CPU | {"metadata": {"value": "60", "containerName": "worker"}}
FALLBACK = {"fallback": {"failureThreshold": 3, "replicas": 4}}
FORMULA = {"advanced": {"scalingModifiers": {"formula": "queue + day", "target": "5"}}}


def failing(name: str, failures: int) -> dict[str, Any]:
    return {"health": {name: {"status": "Failing", "numberOfFailures": failures}}}


def container(current: int, target: int) -> tuple[dict, dict]:
    """Return the metric of one container of each pod."""
    names = {"name": "cpu", "container": "worker"}
    target_fields = {"type": "Utilization", "averageUtilization": target}
    kind = {"type": "ContainerResource"}
    return (
        kind | {"containerResource": names | {"target": target_fields}},
        kind | {"containerResource": names | {"current": {"averageUtilization": current}}},
    )


def value_metric(name: str, value: str, target: str) -> tuple[dict, dict]:
    """Return a metric that the autoscaler does not divide by the number of pods."""
    metric = {"metric": {"name": name}}
    return (
        {"type": "External", "external": metric | {"target": {"type": "Value", "value": target}}},
        {"type": "External", "external": metric | {"current": {"value": value}}},
    )


FIRST = "s0-rabbitmq-tasks"

MIXES = {
    "several queues": (
        scaled_object(QUEUE, OTHER),
        hpa(2, external(FIRST, "500m"), external("s1-rabbitmq-other", "7500m", "5")),
        3,
        "Why 3 workers: 1 request at 1 per worker wants 1 worker; the rabbitmq trigger "
        "(queue other), 15 messages at 5 per worker, wants 3 workers. All 3 are ready.",
    ),
    "several queues, the requests decide": (
        scaled_object(QUEUE, OTHER),
        hpa(3, external("s1-rabbitmq-other", "1", "5"), external(FIRST, "1334m")),
        4,
        "Why 4 workers: 4 requests at 1 per worker want 4 workers, the most of 2 triggers. "
        "All 4 are ready.",
    ),
    "the autoscaler still has the metrics of other triggers": (
        scaled_object(QUEUE, OTHER),
        hpa(2, external(CRON_METRIC, "1"), external(TASKS, "0")),
        2,
        "Why 2 workers: what the rabbitmq trigger (queue tasks) wants is unknown, because the "
        "autoscaler reports no value of it; what the rabbitmq trigger (queue other) wants is "
        "unknown, because the autoscaler reports no value of it. Both are ready.",
    ),
    "a queue whose name KEDA escapes": (
        scaled_object(OTHER | {"metadata": OTHER["metadata"] | {"queueName": "gpu/large.v1"}}),
        hpa(2, external("s0-rabbitmq-gpu-2Flarge-v1", "5", "5")),
        2,
        "Why 2 workers: the rabbitmq trigger, 10 messages at 5 per worker, wants 2 workers. "
        "Both are ready.",
    ),
    "rounded averages": (
        scaled_object(QUEUE),
        hpa(3, external(FIRST, "3334m")),
        8,
        "Why 8 workers: 10 requests at 1 per worker want 10 workers; the maximum is 8. "
        "All 8 are ready.",
    ),
    "within the tolerance": (
        scaled_object(queue(value="20")),
        hpa(1, external(FIRST, "21", "20")),
        1,
        "Why 1 worker: 21 requests at 20 per worker are within the autoscaler's tolerance "
        "for 1 worker. It is ready.",
    ),
    "message rate": (
        scaled_object(RATE),
        hpa(2, external(FIRST, "4250m", "2")),
        5,
        "Why 5 workers: the rabbitmq trigger, 8.5 messages/s at 2 per worker, wants 5 workers. "
        "All 5 are ready.",
    ),
    "length and rate of the same queue": (
        scaled_object(QUEUE, RATE),
        hpa(2, external(FIRST, "500m"), external(TASKS, "4250m", "2")),
        5,
        "Why 5 workers: 1 request at 1 per worker wants 1 worker; the rabbitmq trigger "
        "(MessageRate of queue tasks), 8.5 messages/s at 2 per worker, wants 5 workers. "
        "All 5 are ready.",
    ),
    "prometheus decides": (
        scaled_object(QUEUE, PROMETHEUS),
        hpa(1, external(FIRST, "1"), external("s1-prometheus", "120", "50")),
        3,
        "Why 3 workers: 1 request at 1 per worker wants 1 worker; the prometheus trigger, "
        "120 at 50 per worker, wants 3 workers. All 3 are ready.",
    ),
    "prometheus with a target of type Value": (
        scaled_object(PROMETHEUS | {"metricType": "Value"}),
        hpa(2, value_metric("s0-prometheus", "120", "50")),
        5,
        "Why 5 workers: the prometheus trigger, 120, target 50, wants 5 workers. All 5 are ready.",
    ),
    "prometheus is not reported": (
        scaled_object(QUEUE, PROMETHEUS, ready="Unknown"),
        hpa(3, external(FIRST, "334m")),
        3,
        "Why 3 workers: what the prometheus trigger wants is unknown, because the autoscaler "
        "reports no value of it; 1 request at 1 per worker wants 1 worker. All 3 are ready.",
    ),
    "an unknown trigger never hides the known one that suffices": (
        scaled_object(QUEUE, PROMETHEUS, ready="Unknown"),
        hpa(3, external(FIRST, "1")),
        3,
        "Why 3 workers: 3 requests at 1 per worker want 3 workers; "
        "what the prometheus trigger wants is unknown, because the autoscaler reports no value "
        "of it. All 3 are ready.",
    ),
    "memory per worker": (
        scaled_object(MEMORY),
        hpa(
            2,
            resource(
                "memory",
                {"averageValue": "768Mi"},
                {"type": "AverageValue", "averageValue": "512Mi"},
            ),
        ),
        3,
        "Why 3 workers: the memory trigger, 768 MiB per worker, target 512 MiB, wants 3 workers. "
        "All 3 are ready.",
    ),
    "cpu of one container": (
        scaled_object(QUEUE, CONTAINER_CPU),
        hpa(2, external(FIRST, "500m"), container(90, 60)),
        3,
        "Why 3 workers: 1 request at 1 per worker wants 1 worker; "
        "the cpu trigger, 90%, target 60%, wants 3 workers. All 3 are ready.",
    ),
    "cpu alone, without a metrics server": (
        scaled_object(CPU),
        None,
        2,
        "Why 2 workers: what the cpu trigger wants is unknown, because there is no autoscaler "
        "yet. Both are ready.",
    ),
    "a formula": (
        scaled_object(QUEUE | {"name": "queue"}, CRON | {"name": "day"}, spec=FORMULA),
        hpa(2, external("composite-metric", "6", "5")),
        3,
        "Why 3 workers: the formula queue + day, 12 at 5 per worker, wants 3 workers. "
        "All 3 are ready.",
    ),
    "a formula beside cpu": (
        scaled_object(QUEUE | {"name": "queue"}, CPU, spec=FORMULA),
        hpa(
            2,
            resource(
                "cpu", {"averageUtilization": 90}, {"type": "Utilization", "averageUtilization": 60}
            ),
            external("composite-metric", "1", "5"),
        ),
        3,
        "Why 3 workers: the cpu trigger, 90%, target 60%, wants 3 workers. All 3 are ready.",
    ),
    "a formula that is not active": (
        scaled_object(QUEUE | {"name": "queue"}, spec=FORMULA, active=False),
        hpa(1, external("composite-metric", "0", "5")),
        1,
        "Why still 1 worker: the formula queue + day is not active; "
        "the cool-down of 150 s has 120 s left.",
    ),
    "fallback": (
        scaled_object(QUEUE, spec=FALLBACK, **failing(FIRST, 4)),
        hpa(2, external(FIRST, "2")),
        4,
        "Why 4 workers: the rabbitmq trigger cannot be read; the fallback keeps 4 workers. "
        "All 4 are ready.",
    ),
    "fallback of one trigger, another wants more": (
        scaled_object(QUEUE, OTHER, spec=FALLBACK, **failing("s1-rabbitmq-other", 4)),
        hpa(4, external(FIRST, "1500m"), external("s1-rabbitmq-other", "5", "5")),
        6,
        "Why 6 workers: 6 requests at 1 per worker want 6 workers, the most of 2 triggers. "
        "All 6 are ready.",
    ),
    "failures before the fallback": (
        scaled_object(QUEUE, spec=FALLBACK, active=False, **failing(FIRST, 2)),
        hpa(1, external(FIRST, "1")),
        1,
        "Why 1 worker: what the rabbitmq trigger wants is unknown, because KEDA could not read "
        "it (2 failures in a row). It is ready.",
    ),
    "the cron trigger is over, with the queue empty": (
        scaled_object(CRON, QUEUE, active=False, activity={CRON_METRIC: False, TASKS: False}),
        hpa(2, external(CRON_METRIC, "0"), external(TASKS, "0")),
        2,
        "Why still 2 workers: the queue is empty; the cool-down of 150 s has 120 s left.",
    ),
    "initial cool-down": (
        scaled_object(
            QUEUE,
            active=False,
            spec={"initialCooldownPeriod": 600},
            lastActiveTime=None,
        ),
        hpa(1, external(FIRST, "0")),
        1,
        "Why still 1 worker: the queue is empty; the initial cool-down of 600 s has 57 s left.",
    ),
    "activation has no meaning above a minimum": (
        scaled_object(queue(activationValue="5"), active=False, spec={"minReplicaCount": 1}),
        hpa(1, external(FIRST, "3")),
        3,
        "Why 3 workers: 3 requests at 1 per worker want 3 workers. All 3 are ready.",
    ),
    "paused at a number": (
        scaled_object(QUEUE, annotations={"paused_replicas": "2"}),
        None,
        2,
        "Why still 2 workers: the scaler is paused at 2 workers.",
    ),
    "scaling in is paused": (
        scaled_object(
            QUEUE,
            active=False,
            annotations={"paused_scale_in": "true"},
            conditions=[
                {"type": "Ready", "status": "True"},
                {"type": "Active", "status": "False"},
                {"type": "Paused", "status": "True"},
            ],
        ),
        hpa(2, external(FIRST, "0")),
        2,
        "Why still 2 workers: the queue is empty, but scaling in is paused.",
    ),
    "scaling out is paused": (
        scaled_object(QUEUE, annotations={"paused_scale_out": "true"}),
        hpa(1, external(FIRST, "3")),
        1,
        "Why 1 worker: 3 requests at 1 per worker want 3 workers. Scaling out is paused. "
        "It is ready.",
    ),
    "a minimum without idle replicas": (
        scaled_object(QUEUE, active=False, spec={"minReplicaCount": 2}),
        hpa(2, external(FIRST, "0")),
        2,
        "Why 2 workers: the queue is empty; the minimum is 2.",
    ),
    "fallback to the current replicas": (
        scaled_object(
            QUEUE,
            spec={
                "fallback": {"failureThreshold": 3, "replicas": 4, "behavior": "currentReplicas"}
            },
            **failing(FIRST, 4),
        ),
        hpa(2, external(FIRST, "1")),
        2,
        "Why 2 workers: the rabbitmq trigger cannot be read; the fallback keeps 2 workers. "
        "Both are ready.",
    ),
    "fallback of a formula": (
        scaled_object(
            QUEUE | {"name": "queue"}, spec=FORMULA | FALLBACK, active=False, **failing(FIRST, 4)
        ),
        hpa(2, external("composite-metric", "10", "5")),
        4,
        "Why 4 workers: the formula queue + day cannot be read; the fallback keeps 4 workers. "
        "All 4 are ready.",
    ),
    "messages wait, but the rate is zero": (
        scaled_object(RATE, activity={FIRST: True}),
        hpa(1, external(FIRST, "0", "2")),
        1,
        "Why 1 worker: the rabbitmq trigger, 0 messages/s at 2 per worker, wants 0 workers; "
        "an active trigger keeps 1. It is ready.",
    ),
    "a forced formula": (
        scaled_object(
            QUEUE | {"name": "queue"}, spec=FORMULA, annotations={"force_activation": "true"}
        ),
        hpa(1, external("composite-metric", "0", "5")),
        1,
        "Why 1 worker: the formula queue + day is not active; "
        "held active by the force-activation annotation, which keeps 1.",
    ),
    "an old KEDA without activities": (
        scaled_object(CRON, QUEUE, triggersActivity=None),
        hpa(2, external(CRON_METRIC, "1"), external(TASKS, "0")),
        2,
        "Why 2 workers: 0 requests; the cron trigger keeps 2. Both are ready.",
    ),
}


@pytest.mark.parametrize("name", MIXES)
def test_mixes_of_triggers_with_workers(name: str):
    """Each mix of triggers and settings gives the sentence that KEDA's and the HPA's rules give."""
    found, autoscaler, wanted, expected = MIXES[name]
    assert sentence(found, autoscaler, wanted, waiting=None) == expected


AT_ZERO = {
    "the cron trigger is active": (
        scaled_object(CRON, QUEUE, activity={CRON_METRIC: True, TASKS: False}),
        0,
        "the cron trigger is active; a worker starts within 5 s.",
    ),
    "the cron trigger is active, but scaling out is paused": (
        scaled_object(
            CRON,
            QUEUE,
            activity={CRON_METRIC: True, TASKS: False},
            annotations={"paused_scale_out": "true"},
        ),
        0,
        "the cron trigger is active, but scaling out is paused.",
    ),
    "only a cron trigger, which is not active": (
        scaled_object(CRON, active=False),
        3,
        "3 requests waiting, but no trigger counts them; the cron trigger is not active.",
    ),
    "nothing is active": (
        scaled_object(CRON, QUEUE, active=False),
        0,
        "the queue is empty. The next request starts a worker within 5 s.",
    ),
    "the queue is empty, with an activation value": (
        scaled_object(queue(activationValue="5"), active=False),
        0,
        "the queue is empty; more than 5 requests start a worker within 5 s.",
    ),
    "only cpu": (
        scaled_object(CPU),
        0,
        "the cpu trigger is always active; a worker starts within 5 s.",
    ),
    "cpu beside the queue": (
        scaled_object(QUEUE, CPU, active=False),
        0,
        "the queue is empty. The next request starts a worker within 5 s.",
    ),
    "a trigger that could not be read": (
        scaled_object(QUEUE, PROMETHEUS, ready="Unknown"),
        0,
        "the queue is empty; whether the prometheus trigger is active is unknown, because "
        "KEDA could not read all triggers.",
    ),
    "only a trigger that could not be read": (
        scaled_object(CRON, PROMETHEUS, ready="Unknown"),
        3,
        "3 requests waiting, but no trigger counts them; whether the cron trigger is active is "
        "unknown, because KEDA could not read all triggers; whether the prometheus trigger is "
        "active is unknown, because KEDA could not read all triggers.",
    ),
    "KEDA has written only its conditions": (
        scaled_object(CRON, QUEUE, activity={CRON_METRIC: False, TASKS: False}),
        0,
        "the queue is empty; whether the cron trigger is active is unknown, because "
        "KEDA has not reported it.",
    ),
    "failures before the fallback": (
        scaled_object(QUEUE, active=False, spec=FALLBACK, **failing(FIRST, 1)),
        3,
        "what the rabbitmq trigger wants is unknown, because KEDA could not read it "
        "(1 failure in a row).",
    ),
    "fallback": (
        scaled_object(QUEUE, spec=FALLBACK, **failing(FIRST, 4)),
        3,
        "the rabbitmq trigger cannot be read, so the fallback applies; a worker starts within 5 s.",
    ),
    "a minimum that is not there yet": (
        scaled_object(QUEUE, active=False, spec={"minReplicaCount": 2}),
        0,
        "the minimum is 2; a worker starts within 5 s.",
    ),
    "a formula": (
        scaled_object(QUEUE | {"name": "queue"}, spec=FORMULA, active=False),
        3,
        "3 requests waiting; the formula queue + day is not active.",
    ),
}


@pytest.mark.parametrize("name", AT_ZERO)
def test_mixes_of_triggers_without_workers(name: str):
    """At zero the sentence names what would start a worker, or what is unknown."""
    found, waiting, expected = AT_ZERO[name]
    stopped = hpa(0, active="False")
    assert sentence(found, stopped, 0, waiting) == f"Why no workers: {expected}"


def scaled_job(*triggers: dict, calculation: str = "", strategy: str = "", **fields: Any) -> dict:
    """Return a ScaledJob with these triggers."""
    found = scaled_object(*triggers, **fields)
    scaling = {"multipleScalersCalculation": calculation, "strategy": strategy}
    found["spec"]["scalingStrategy"] = {key: value for key, value in scaling.items() if value}
    return found


BOTH = {CRON_METRIC: True, TASKS: True}
JOBS = {
    "max": (
        scaled_job(CRON, QUEUE, activity=BOTH),
        5,
        "Why 5 workers: 5 requests at 1 per Kubernetes Job want 5 Jobs, the highest value of "
        "2 triggers. All 5 are ready.",
    ),
    "sum": (
        scaled_job(CRON, QUEUE, activity=BOTH, calculation="sum"),
        7,
        "Why 7 workers: the cron trigger keeps 2, 5 requests at 1 per Kubernetes Job want 5 Jobs; "
        "their sum is 7 Jobs. All 7 are ready.",
    ),
    "min": (
        scaled_job(CRON, QUEUE, activity=BOTH, calculation="min"),
        2,
        "Why 2 workers: 5 requests at 1 per Kubernetes Job want 5 Jobs; the cron trigger keeps 2. "
        "Both are ready.",
    ),
    "avg": (
        scaled_job(CRON, QUEUE, activity=BOTH, calculation="avg"),
        4,
        "Why 4 workers: the cron trigger keeps 2, 5 requests at 1 per Kubernetes Job want 5 Jobs; "
        "their average is 4 Jobs. All 4 are ready.",
    ),
    "a ScaledJob compares values, not demands": (
        scaled_job(CRON, queue(value="5"), activity=BOTH),
        1,
        "Why 1 worker: 5 requests at 5 per Kubernetes Job want 1 Job, the highest value of "
        "2 triggers. It is ready.",
    ),
    "minimum": (
        scaled_job(QUEUE, spec={"minReplicaCount": 2}),
        7,
        "Why 7 workers: 5 requests at 1 per Kubernetes Job want 5 Jobs; the minimum of 2 is added. "
        "All 7 are ready.",
    ),
    "another strategy": (
        scaled_job(QUEUE, strategy="accurate"),
        7,
        "Why 7 workers: 5 requests at 1 per Kubernetes Job want 5 Jobs; how many more the "
        "accurate strategy starts is unknown. All 7 are ready.",
    ),
    "unknown": (
        scaled_job(QUEUE, PROMETHEUS, activity={FIRST: True, "s1-prometheus": True}),
        7,
        "Why 7 workers: what the prometheus trigger wants is unknown, because KEDA reports no "
        "values of ScaledJobs; 5 requests at 1 per Kubernetes Job want 5 Jobs. All 7 are ready.",
    ),
    "paused": (
        scaled_job(QUEUE, annotations={"paused": "true"}),
        2,
        "Why still 2 workers: the scaler is paused.",
    ),
    "paused replicas mean nothing to a ScaledJob": (
        scaled_job(QUEUE, annotations={"paused_replicas": "1"}),
        5,
        "Why 5 workers: 5 requests at 1 per Kubernetes Job want 5 Jobs. All 5 are ready.",
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_mixes_of_triggers_of_a_scaled_job(name: str):
    """KEDA reports no values of a ScaledJob: known are the queue's count and active schedules."""
    found, wanted, expected = JOBS[name]
    scaler = convert_scaled_job(found, NOW)
    fleet = FleetReading(scaler, wanted, wanted, (), nodes=None)
    assert ": ".join(explain(Reading(fleet, at=NOW), QueueCounts(5, 0), NOW)) == expected


def test_unread_autoscaler_is_a_reason():
    """A trigger's value is unknown, not zero, if the autoscalers could not be listed."""
    scaler = convert_scaled_object(scaled_object(CRON, QUEUE), None, NOW)
    fleet = FleetReading(scaler, 2, 2, (), nodes=None)
    lead, explanation = explain(Reading(fleet, at=NOW), None, NOW)
    assert lead == "Why 2 workers"
    assert explanation.startswith(
        "what the cron trigger wants is unknown, because the autoscaler could not be read; "
        "what the rabbitmq trigger wants is unknown, because the autoscaler could not be read."
    )


@pytest.mark.parametrize(
    ("ready", "expected"),
    [
        (4, "the prometheus trigger, 120, target 50, wants 10 workers; the maximum is 8"),
        (2, "the prometheus trigger, 120, target 50, wants 5 workers"),
    ],
)
def test_only_ready_pods_multiply_a_value(ready, expected):
    """The autoscaler multiplies a value that is no share by the pods that are ready."""
    found = scaled_object(PROMETHEUS | {"metricType": "Value"})
    autoscaler = hpa(4, value_metric("s0-prometheus", "120", "50"))
    scaler = convert_scaled_object(found, (autoscaler,), NOW, ready)
    fleet = FleetReading(scaler, 5, 5, (), nodes=None)
    _, explanation = explain(Reading(fleet, at=NOW), None, NOW)
    assert explanation.startswith(f"{expected}.")


def test_queue_replaces_a_value_that_contradicts_keda():
    """A trigger that KEDA holds for active is not at zero: the autoscaler's value is older."""
    found = scaled_object(QUEUE, activity={FIRST: True}, spec={"minReplicaCount": 2})
    older = hpa(2, external(FIRST, "0"))
    assert sentence(found, older, 2, waiting=1) == (
        "Why 2 workers: 1 request at 1 per worker wants 1 worker; the minimum is 2. Both are ready."
    )
