"""Conversion of KEDA's objects and the autoscaler to a scaler."""

import pytest

from dashboard.fleet.kubernetes.scaler import convert_scaled_job, convert_scaled_object
from dashboard.fleet.kubernetes.values import seconds
from tests.support.kubernetes_objects import merged, recorded

ACTIVE_AT = "2026-11-23T19:00:00Z"
NOW = seconds(ACTIVE_AT) + 30


def conditions(**statuses):
    """Return conditions as KEDA writes them."""
    return [{"type": name, "status": str(status)} for name, status in statuses.items()]


def keda(annotations=None, spec=None, **status):
    """Return the recorded ScaledObject with a status."""
    return recorded(
        "scaled_object", metadata={"annotations": annotations or {}}, spec=spec or {}, status=status
    )


def hpa(average="1500m", current=4, active="True"):
    """Return an autoscaler with an average of jobs per pod."""
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


def test_scaled_object_fields_are_read():
    """Trigger, value, minimum, maximum, polling interval and cooldown are those of the object."""
    scaler = convert_scaled_object(keda(), (), NOW)
    assert (scaler.kind, scaler.name) == ("ScaledObject", "worker")
    assert (scaler.trigger, scaler.jobs_per_worker) == ("rabbitmq queue tasks", 1)
    assert (scaler.minimum, scaler.maximum) == (0, 8)
    assert (scaler.polling_interval, scaler.cooldown_period) == (5, 150)


def test_missing_fields_have_kedas_defaults():
    """A ScaledObject without optional fields has KEDA's defaults, not zeros."""
    found = keda()
    found["spec"] = {"scaleTargetRef": {"name": "worker"}, "triggers": found["spec"]["triggers"]}
    scaler = convert_scaled_object(found, (), NOW)
    assert (scaler.minimum, scaler.maximum) == (0, 100)
    assert (scaler.polling_interval, scaler.cooldown_period) == (30, 300)


def test_jobs_are_the_autoscalers_average_times_its_pods():
    """The autoscaler reports an average per pod: 1.5 each for 4 pods are 6 jobs."""
    scaler = convert_scaled_object(keda(hpaName="keda-hpa-worker"), (hpa(),), NOW)
    assert scaler.jobs == 6
    assert (scaler.autoscaler.desired, scaler.autoscaler.current) == (6, 4)
    assert scaler.autoscaler.jobs_per_worker == 1.5


def test_inactive_autoscaler_reports_no_jobs():
    """At zero replicas the average is outdated; zero jobs are known only if KEDA is inactive."""
    idle = keda(hpaName="keda-hpa-worker", conditions=conditions(Active=False, Ready=True))
    assert convert_scaled_object(idle, (hpa(active="False"),), NOW).jobs == 0
    active = keda(hpaName="keda-hpa-worker", conditions=conditions(Active=True, Ready=True))
    assert convert_scaled_object(active, (hpa(active="False"),), NOW).jobs is None
    not_ready = keda(conditions=conditions(Active=False, Ready=False))
    assert convert_scaled_object(not_ready, (), NOW).jobs is None


def test_cooldown_counts_from_the_last_active_poll():
    """KEDA scales to zero 150 s after the last active poll; while it is active none is running."""
    idle = conditions(Active=False, Ready=True)
    assert (
        convert_scaled_object(
            keda(lastActiveTime=ACTIVE_AT, conditions=idle), (), NOW
        ).cooldown_left
        == 120
    )
    late = NOW + 1000
    assert (
        convert_scaled_object(
            keda(lastActiveTime=ACTIVE_AT, conditions=idle), (), late
        ).cooldown_left
        == 0
    )
    busy = conditions(Active=True, Ready=True)
    assert (
        convert_scaled_object(
            keda(lastActiveTime=ACTIVE_AT, conditions=busy), (), NOW
        ).cooldown_left
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
def test_pause_annotations_are_read_as_keda_does(annotations, paused):
    """KEDA reads any value that is no boolean as true; a number of replicas pauses too."""
    assert convert_scaled_object(keda(annotations), (), NOW).paused is paused


def test_scaling_can_be_paused_in_one_direction():
    """Pausing to scale in leaves scaling out, and is not shown as a pause of the scaler."""
    paused = convert_scaled_object(keda({"autoscaling.keda.sh/paused-scale-in": "true"}), (), NOW)
    assert (paused.paused, paused.scale_in_paused, paused.scale_out_paused) == (False, True, False)


def test_conditions_keep_their_messages():
    """A condition has KEDA's message; a status that is neither true nor false is unknown."""
    not_ready = [{"type": "Ready", "status": "False", "message": "no such host"}]
    found = keda(conditions=not_ready + conditions(Fallback="Unknown"))
    scaler = convert_scaled_object(found, (), NOW)
    assert [(each.name, each.status, each.message) for each in scaler.conditions] == [
        ("Ready", False, "no such host"),
        ("Fallback", None, ""),
    ]


def test_missing_polls_of_keda_are_reported():
    """Only the age of its last poll shows that KEDA does not run; a paused scaler is not polled."""
    busy = {"lastActiveTime": ACTIVE_AT, "conditions": conditions(Active=True, Ready=True)}

    def ready(annotations=None, now=NOW, **status):
        shown = convert_scaled_object(keda(annotations, **status), (), now).conditions
        return next((each.status, each.message) for each in shown if each.name == "Ready")

    assert ready(**busy) == (True, "")
    silent = "KEDA has not polled the queue for 130 s; is the KEDA operator running?"
    assert ready(now=NOW + 100, **busy) == (False, silent)
    assert ready({"autoscaling.keda.sh/paused": "true"}, now=NOW + 100, **busy) == (True, "")
    assert ready() == (False, "KEDA has not reconciled it yet")
    partly = busy | {"conditions": conditions(Active=True, Ready="Unknown")}
    assert ready(now=NOW + 100, **partly) == (None, "")  # KEDA polls, but notes no time then


def test_scaled_job_has_no_cooldown():
    """Its Jobs end by themselves, and it reports no number of jobs."""
    found = merged(keda(), {"kind": "ScaledJob", "spec": {"maxReplicaCount": 5}})
    scaler = convert_scaled_job(found, NOW)
    assert (scaler.kind, scaler.maximum, scaler.jobs) == ("ScaledJob", 5, None)
    assert (scaler.cooldown_period, scaler.cooldown_left, scaler.autoscaler) == (0, None, None)


@pytest.mark.parametrize(
    ("metadata", "target"),
    [({"queueName": "tasks"}, 20), ({"queueLength": "7"}, 7), ({"value": "0.5"}, 0.5)],
)
def test_target_is_that_of_kedas_scaler(metadata, target):
    """Without a target the queue has KEDA's default of 20; the deprecated name is read, too."""
    trigger = {"type": "rabbitmq", "metadata": {"queueName": "tasks"} | metadata}
    scaler = convert_scaled_object(keda(spec={"triggers": [trigger]}), (), NOW)
    assert scaler.jobs_per_worker == target


def test_trigger_without_a_known_target_is_unknown():
    """No target is invented for a scaler whose fields are not known here."""
    trigger = {"type": "external", "metadata": {"scalerAddress": "scaler:6000"}}
    [read] = convert_scaled_object(keda(spec={"triggers": [trigger]}), (), NOW).triggers
    assert (read.target, read.value, read.demand) == (None, None, None)
    assert read.unknown == "there is no autoscaler yet"
