"""KEDA's objects and the autoscaler, told as a scaler."""

import pytest

from dashboard.fleet.kubernetes.scaler import scaled_job, scaled_object
from dashboard.fleet.kubernetes.values import seconds
from tests.support.kubernetes_objects import merged, recorded

ACTIVE_AT = "2026-11-23T19:00:00Z"
NOW = seconds(ACTIVE_AT) + 30


def conditions(**holds):
    """Return conditions as KEDA writes them."""
    return [{"type": name, "status": str(status)} for name, status in holds.items()]


def keda(annotations=None, spec=None, **status):
    """Return the recorded ScaledObject with a status."""
    return recorded(
        "scaled_object", metadata={"annotations": annotations or {}}, spec=spec or {}, status=status
    )


def hpa(average="1500m", current=4, active="True"):
    """Return an autoscaler that counted jobs per pod."""
    metric = {"metric": {"name": "s0-rabbitmq-tasks"}, "current": {"averageValue": average}}
    return {
        "metadata": {"name": "keda-hpa-worker"},
        "status": {
            "currentReplicas": current,
            "desiredReplicas": 6,
            "conditions": [{"type": "ScalingActive", "status": active, "message": "fine"}],
            "currentMetrics": [{"type": "External", "external": metric}],
        },
    }


def test_the_numbers_of_a_scaled_object_are_told():
    """Trigger, value, minimum, maximum, polling and cool-down are those of the file."""
    scaler = scaled_object(keda(), (), NOW)
    assert (scaler.kind, scaler.name) == ("ScaledObject", "worker")
    assert (scaler.trigger, scaler.jobs_per_worker) == ("rabbitmq queue tasks", 1)
    assert (scaler.minimum, scaler.maximum) == (0, 8)
    assert (scaler.polling_interval, scaler.cooldown_period) == (5, 150)


def test_what_a_file_leaves_out_is_kedas_default():
    """A ScaledObject of one line has KEDA's defaults, not zeros."""
    found = keda()
    found["spec"] = {"scaleTargetRef": {"name": "worker"}, "triggers": found["spec"]["triggers"]}
    scaler = scaled_object(found, (), NOW)
    assert (scaler.minimum, scaler.maximum) == (0, 100)
    assert (scaler.polling_interval, scaler.cooldown_period) == (30, 300)


def test_jobs_are_those_that_the_autoscaler_counted():
    """The autoscaler tells an average per pod: 1.5 each for 4 pods are 6 jobs."""
    scaler = scaled_object(keda(hpaName="keda-hpa-worker"), (hpa(),), NOW)
    assert scaler.jobs == 6
    assert (scaler.autoscaler.desired, scaler.autoscaler.current) == (6, 4)
    assert scaler.autoscaler.jobs_per_worker == 1.5


def test_an_autoscaler_that_does_not_look_tells_no_jobs():
    """At zero replicas its last average is stale; KEDA's own word for idle is none."""
    idle = keda(hpaName="keda-hpa-worker", conditions=conditions(Active=False, Ready=True))
    assert scaled_object(idle, (hpa(active="False"),), NOW).jobs == 0
    unsure = keda(hpaName="keda-hpa-worker", conditions=conditions(Active=True, Ready=True))
    assert scaled_object(unsure, (hpa(active="False"),), NOW).jobs is None
    broken = keda(conditions=conditions(Active=False, Ready=False))
    assert scaled_object(broken, (), NOW).jobs is None


def test_the_cooldown_counts_from_the_last_active_look():
    """150 s after the last active look KEDA scales to zero; it is told while that is ahead."""
    idle = conditions(Active=False, Ready=True)
    assert (
        scaled_object(keda(lastActiveTime=ACTIVE_AT, conditions=idle), (), NOW).cooldown_left == 120
    )
    late = NOW + 1000
    assert (
        scaled_object(keda(lastActiveTime=ACTIVE_AT, conditions=idle), (), late).cooldown_left == 0
    )
    busy = conditions(Active=True, Ready=True)
    assert (
        scaled_object(keda(lastActiveTime=ACTIVE_AT, conditions=busy), (), NOW).cooldown_left
        is None
    )


@pytest.mark.parametrize(
    ("annotations", "paused"),
    [
        ({}, False),
        ({"autoscaling.keda.sh/paused": "true"}, True),
        ({"autoscaling.keda.sh/paused": "false"}, False),
        ({"autoscaling.keda.sh/paused": "yes please"}, True),
        ({"autoscaling.keda.sh/paused-replicas": "2"}, True),
    ],
)
def test_a_pause_is_told_as_keda_reads_it(annotations, paused):
    """KEDA takes everything for a yes that is no boolean; a count pauses too."""
    assert scaled_object(keda(annotations), (), NOW).paused is paused


def test_half_a_pause_is_told_by_its_direction():
    """Scaling may be paused in one direction only."""
    held = scaled_object(keda({"autoscaling.keda.sh/paused-scale-in": "true"}), (), NOW)
    assert (held.paused, held.scale_in_paused, held.scale_out_paused) == (False, True, False)


def test_conditions_keep_their_words():
    """What KEDA says of itself is told; neither true nor false is unknown."""
    said = [{"type": "Ready", "status": "False", "message": "no such host"}]
    told = scaled_object(keda(conditions=said + conditions(Fallback="Unknown")), (), NOW).conditions
    assert [(one.name, one.status, one.message) for one in told] == [
        ("Ready", False, "no such host"),
        ("Fallback", None, ""),
    ]


def test_a_keda_that_fell_silent_is_told():
    """Nothing but the age of its last look shows that KEDA is away; a pause is no silence."""
    busy = {"lastActiveTime": ACTIVE_AT, "conditions": conditions(Active=True, Ready=True)}

    def ready(annotations=None, now=NOW, **status):
        told = scaled_object(keda(annotations, **status), (), now).conditions
        return next((one.status, one.message) for one in told if one.name == "Ready")

    assert ready(**busy) == (True, "")
    away = "KEDA has not looked at the queue for 130 s; its operator may be away"
    assert ready(now=NOW + 100, **busy) == (False, away)
    assert ready({"autoscaling.keda.sh/paused": "true"}, now=NOW + 100, **busy) == (True, "")
    assert ready() == (False, "KEDA has not looked at it yet")


def test_a_scaled_job_has_no_cooldown():
    """Its Jobs end by themselves, and it counts no queue."""
    found = merged(keda(), {"kind": "ScaledJob", "spec": {"maxReplicaCount": 5}})
    scaler = scaled_job(found, NOW)
    assert (scaler.kind, scaler.maximum, scaler.jobs) == ("ScaledJob", 5, None)
    assert (scaler.cooldown_period, scaler.cooldown_left, scaler.autoscaler) == (0, None, None)
