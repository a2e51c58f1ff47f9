"""Why the cluster refuses to create the pods of workers."""

import pytest

from dashboard.fleet.kubernetes.refusals import refusal
from dashboard.fleet.kubernetes.values import seconds
from tests.support.kubernetes_objects import recorded

AT = "2026-11-23T19:00:00Z"
NOW = seconds(AT) + 60
QUOTA = (
    "exceeded quota: gpus, requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=0, "
    "limited: requests.nvidia.com/gpu=0"
)


def deployment(message, status="True"):
    """Return the recorded Deployment with the condition ReplicaFailure."""
    failure = {"type": "ReplicaFailure", "status": status, "message": message}
    return recorded("deployment", status={"conditions": [failure | {"reason": "FailedCreate"}]})


def failed_create(name, message=QUOTA, kind="Job", at=AT):
    """Return the event of a controller that could not create a pod."""
    return {
        "metadata": {"creationTimestamp": at},
        "involvedObject": {"kind": kind, "name": name},
        "reason": "FailedCreate",
        "type": "Warning",
        "lastTimestamp": at,
        "message": f'Error creating: pods "{name}-x7k2p" is forbidden: {message}',
    }


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f'pods "worker-78bb66c77-x7k2p" is forbidden: {QUOTA}', QUOTA),
        (
            'pods "worker-78bb66c77-" is forbidden: violates PodSecurity "restricted:latest": '
            "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
            'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod must not set '
            "securityContext.runAsNonRoot=false)",
        ),
        (
            'pods "worker-1" is forbidden: unable to validate against any security context '
            "constraint: [.spec.securityContext.fsGroup: Invalid value: []int64{10001}: 10001 is "
            "not an allowed group]",
            "unable to validate against any security context constraint: "
            "[.spec.securityContext.fsGroup: Invalid value: []int64{10001}: 10001 is not an "
            "allowed group]",
        ),
        (
            'admission webhook "validate.kyverno.svc-fail" denied the request: no limits',
            'admission webhook "validate.kyverno.svc-fail" denied the request: no limits',
        ),
        (
            'pods "worker-1" is forbidden: error looking up service account ns/worker: '
            'serviceaccount "worker" not found',
            'error looking up service account ns/worker: serviceaccount "worker" not found',
        ),
        ("", "no reason given"),
    ],
)
def test_refusal_of_a_deployment_is_quoted(message, shown):
    """Quotas, security policies and webhooks are quoted without the pod's random name."""
    assert refusal(deployment(message), (), (), NOW) == shown


def test_deployment_that_is_not_refused_has_no_reason():
    """A condition that has ended is no refusal."""
    assert refusal(deployment(QUOTA, "False"), (), (), NOW) == ""
    assert refusal(None, (), (), NOW) == ""


def test_refusal_of_a_job_is_read_from_its_events():
    """Jobs have no condition for it; events of other objects, and old ones, do not count."""
    job = {"metadata": {"name": "worker-x"}, "status": {}}
    events = [failed_create("worker-x"), failed_create("other")]
    assert refusal(None, [job], events, NOW) == QUOTA
    assert refusal(None, [job], [failed_create("other")], NOW) == ""
    assert refusal(None, [job], [failed_create("worker-x", kind="CronJob")], NOW) == ""
    assert refusal(None, [job], events, NOW + 3600) == ""
    running = job | {"status": {"active": 1}}
    assert refusal(None, [running], events, NOW) == ""
