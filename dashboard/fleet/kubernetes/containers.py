"""The containers of a worker's pod: which one failed, why, and how often it was restarted."""

import json

from core.errors import end_sentence
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.state import State
from dashboard.fleet.kubernetes.values import created_at, optional_seconds, truncate

_WORKER = "worker"
_IMAGE_ERRORS = (
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
)
_OUT_OF_MEMORY = "OOMKilled"
_FAILED_TO_START = "StartError"
_SIGNALS = {134: "SIGABRT", 135: "SIGBUS", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}


def worker_container(pod: Object) -> Object:
    """Return the status of the worker's container; empty before the kubelet reports it.

    The kubelet sorts containers by name, and service meshes add theirs.
    """
    statuses = pod["status"].get("containerStatuses") or ()
    named = (status for status in statuses if status.get("name") == _WORKER)
    return next(named, next(iter(statuses), {}))


def failed_container(pod: Object) -> State | None:
    """Return the state of the first container that failed, init containers first."""
    statuses = pod["status"].get("initContainerStatuses") or ()
    for status in (*statuses, *(pod["status"].get("containerStatuses") or ())):
        if state := _failure(status, pod):
            return state
    return None


def retried_start(pod: Object) -> State | None:
    """Return why the worker's last start failed, while the next one is in progress.

    Each start takes longer than the pause before it, so without this the reason would be shown
    only between two starts.
    """
    status = worker_container(pod)
    last = status.get("lastState", {}).get("terminated") or {}
    if status.get("started") or not last.get("exitCode"):
        return None
    state = _terminated(last, status, pod)
    retry = f"It is started again (try {status.get('restartCount', 0) + 1})."
    return State("failed", f"{end_sentence(state.reason)} {retry}", state.since)


def ended_container(pod: Object) -> State | None:
    """Return how the worker's container ended; None if it has not."""
    status = worker_container(pod)
    terminated = status.get("state", {}).get("terminated")
    return _terminated(terminated, status, pod) if terminated else None


def done_container(pod: Object) -> State | None:
    """Return the state of a worker that ended well and is not started again; None for others.

    Its pod runs on while a sidecar does, such as a service mesh's.
    """
    terminated = worker_container(pod).get("state", {}).get("terminated")
    if not terminated or terminated.get("exitCode") or _is_restarted(pod):
        return None
    at = optional_seconds(terminated.get("finishedAt")) or created_at(pod)
    names = _running_containers(pod)
    verb = "runs" if len(names) == 1 else "run"
    return State(
        "stopping", f"is done; {', '.join(names)} still {verb}" if names else "is done", at
    )


def _is_restarted(pod: Object) -> bool:
    # The API server sets the field; Always is its default.
    policy: str = pod["spec"].get("restartPolicy", "Always")
    return policy == "Always"


def _running_containers(pod: Object) -> list[str]:
    statuses = pod["status"].get("containerStatuses") or ()
    return [each["name"] for each in statuses if each.get("state", {}).get("running")]


def running_init_container(pod: Object) -> str | None:
    """Return the name of the init container for which the worker waits; None without one."""
    staying = {
        each["name"]
        for each in pod["spec"].get("initContainers") or ()
        if each.get("restartPolicy") == "Always"
    }
    for status in pod["status"].get("initContainerStatuses") or ():
        has_started = status["name"] in staying and status.get("started")
        if status.get("state", {}).get("running") and not has_started:
            name: str = status["name"]
            return name
    return None


def _failure(status: Object, pod: Object) -> State | None:
    waiting = status.get("state", {}).get("waiting") or {}
    last = status.get("lastState", {}).get("terminated") or {}
    reason = waiting.get("reason", "")
    message = truncate(waiting.get("message") or reason)
    if reason == "CrashLoopBackOff" and last:
        state = _terminated(last, status, pod)
        return State("failed", state.reason + _restarts(status), state.since)
    if reason in _IMAGE_ERRORS:
        return State("failed", f"its image cannot be pulled: {message}", created_at(pod))
    if reason.endswith(("Error", "BackOff")):
        return State("failed", message, created_at(pod))
    terminated = status.get("state", {}).get("terminated")
    if terminated and terminated.get("exitCode"):
        return _terminated(terminated, status, pod)
    return None


def _restarts(status: Object) -> str:
    """Return the words for a container that the kubelet restarts with growing pauses."""
    count = status.get("restartCount", 0)
    return f" (restarted {count} times, with growing pauses)" if count > 1 else ""


def _terminated(terminated: Object, status: Object, pod: Object) -> State:
    at = optional_seconds(terminated.get("finishedAt")) or created_at(pod)
    return State("failed", truncate(_termination_reason(terminated, status, pod)), at)


def _termination_reason(terminated: Object, status: Object, pod: Object) -> str:
    if terminated.get("reason") == _OUT_OF_MEMORY:
        limit = _memory_limit(pod, status.get("name"))
        return f"it needed more memory than its limit {f'of {limit} ' if limit else ''}allows"
    # The last lines of its log, with terminationMessagePolicy: FallbackToLogsOnError.
    lines = (terminated.get("message") or "").strip().splitlines()
    if lines and terminated.get("reason") == _FAILED_TO_START:
        return f"it could not be started: {' '.join(lines)}"
    if lines:
        return _log_message(lines[-1])
    code = terminated.get("exitCode")
    signal = _SIGNALS.get(code or 0)
    return f"it ended with exit code {code}" + (f" ({signal})" if signal else "")


def _memory_limit(pod: Object, name: str | None) -> str | None:
    """Return the memory limit of a container, as it is written; None without one."""
    for container in pod["spec"]["containers"]:
        if container.get("name") == name:
            limits = (container.get("resources") or {}).get("limits") or {}
            limit: str | None = limits.get("memory")
            return limit
    return None


def _log_message(line: str) -> str:
    """Return the message of a log line, which is JSON with LOG_FORMAT=json."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, TypeError, KeyError):
        return line
