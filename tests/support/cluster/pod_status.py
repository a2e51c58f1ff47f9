"""Build pod statuses like those of the kubelet."""

from datetime import UTC, datetime

from kubernetes.client import V1Container, V1Pod

Status = dict[str, object]


def now() -> str:
    """Return the current time in the format of the API."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def waiting(reason: str, message: str = "") -> dict:
    """Return the state of a waiting container."""
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def running(since: str) -> dict:
    """Return the state of a running container."""
    return {"running": {"startedAt": since}}


def terminated(code: int, since: str, message: str) -> dict:
    """Return the state of a terminated container; a negative code is minus the signal."""
    return {
        "terminated": {
            "exitCode": code if code >= 0 else 128 - code,
            "reason": "Completed" if code == 0 else "Error",
            "message": message,
            "startedAt": since,
            "finishedAt": now(),
        }
    }


def pod_status(
    pod: V1Pod,
    phase: str,
    state: dict,
    *,
    ready_since: str | None = None,
    restarts: int = 0,
    last_state: dict | None = None,
) -> Status:
    """Return the status of a pod by the state of its container."""
    statuses = [
        _container_status(container, state, ready_since is not None, restarts, last_state or {})
        for container in pod.spec.containers
    ]
    return {
        "phase": phase,
        "startTime": str(pod.metadata.creation_timestamp.isoformat()),
        "conditions": _conditions(ready_since, phase == "Succeeded"),
        "containerStatuses": statuses,
    }


def _container_status(
    container: V1Container, state: dict, ready: bool, restarts: int, last_state: dict
) -> dict:
    return {
        "name": container.name,
        "image": container.image,
        "imageID": "",
        "ready": ready,
        "started": "running" in state,
        "restartCount": restarts,
        "state": state,
        "lastState": last_state,
    }


def _conditions(ready_since: str | None, completed: bool) -> list[dict]:
    reason = "PodCompleted" if completed else "ContainersNotReady"
    readiness = {
        "status": str(ready_since is not None),
        "lastTransitionTime": ready_since or now(),
        "reason": "" if ready_since else reason,
    }
    return [
        {"type": "PodScheduled", "status": "True"},
        {"type": "Initialized", "status": "True"},
        {"type": "ContainersReady", **readiness},
        {"type": "Ready", **readiness},
    ]
