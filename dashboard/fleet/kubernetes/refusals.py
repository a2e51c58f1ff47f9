"""Why the cluster refuses to create the pods of wanted workers: quotas, admission, limits.

Sources:
    Kubernetes' Deployment controller copies the condition ReplicaFailure of its ReplicaSets. A
    Job has no such condition, only events with the reason FailedCreate.
"""

import re
from collections.abc import Iterable

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.event_times import last_seen
from dashboard.fleet.kubernetes.values import condition, condition_status, truncate

_CONDITION = "ReplicaFailure"
_FAILED_CREATE = "FailedCreate"
_MAX_AGE_SECONDS = 600.0
"""A Job's controller tries again with pauses of up to six minutes, with an event each time."""
_FORBIDDEN = re.compile(r'^(?:Error creating: )?pods "[^"]*" is forbidden: ')
_REJECTED = re.compile(r"^Error creating: ")


def refusal(
    deployment: Object | None, jobs: Iterable[Object], events: Iterable[Object], now: float
) -> str:
    """Return why pods of the scaler's target are refused; empty if none are.

    Args:
        deployment: the target of a ScaledObject; None without one.
        jobs: the Jobs of a ScaledJob.
        events: those of the namespace.
        now: Unix seconds.

    """
    if deployment and condition_status(deployment, _CONDITION):
        return _describe(condition(deployment, _CONDITION).get("message") or "")
    waiting = {job["metadata"]["name"] for job in jobs if _has_no_pod(job)}
    newest = max(
        (each for each in events if _is_refusal(each, waiting, now)), key=last_seen, default=None
    )
    return _describe(newest.get("message") or "") if newest else ""


def _has_no_pod(job: Object) -> bool:
    status = job.get("status") or {}
    return "name" in job.get("metadata", {}) and not status.get("active")


def _is_refusal(event: Object, jobs: set[str], now: float) -> bool:
    involved = event["involvedObject"]
    is_ours = involved.get("kind") == "Job" and involved.get("name") in jobs
    is_refusal = is_ours and event.get("reason") == _FAILED_CREATE
    return is_refusal and now - last_seen(event) < _MAX_AGE_SECONDS


def _describe(message: str) -> str:
    plain = _REJECTED.sub("", _FORBIDDEN.sub("", message.strip()))
    return truncate(plain or "no reason given")
