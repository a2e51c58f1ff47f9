"""A pod's status in the words of the kubelet, as plain data."""

from datetime import UTC, datetime

from kubernetes.client import V1Container, V1Pod

Status = dict[str, object]


def now() -> str:
    """Return this moment as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def waiting(reason: str, message: str = "") -> dict:
    """Describe a container that does not run."""
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def running(since: str) -> dict:
    """Describe a container that runs."""
    return {"running": {"startedAt": since}}


def terminated(code: int, since: str, message: str) -> dict:
    """Describe a container that ended; a negative code is the signal that ended it."""
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
    """Describe a pod by what its only running container does."""
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
    why = "PodCompleted" if completed else "ContainersNotReady"
    readiness = {
        "status": str(ready_since is not None),
        "lastTransitionTime": ready_since or now(),
        "reason": "" if ready_since else why,
    }
    return [
        {"type": "PodScheduled", "status": "True"},
        {"type": "Initialized", "status": "True"},
        {"type": "ContainersReady", **readiness},
        {"type": "Ready", **readiness},
    ]
