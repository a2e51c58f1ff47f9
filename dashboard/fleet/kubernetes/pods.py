"""A worker's pod: its phase, and the reason for it."""

import json
import re
from dataclasses import dataclass

from dashboard.domain.fleet import Phase, Worker
from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import (
    GPU,
    condition,
    condition_status,
    created_at,
    gpus_of,
    optional_seconds,
    seconds,
    truncate,
)

_IMAGE_ERRORS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_OUT_OF_MEMORY = "OOMKilled"
_ONLY_UNSUITABLE_NODES = re.compile(
    r"(\d+ node\(s\) (?!had volume)[^,]*(taint|selector|affinity)[^,]*(, |$))*"
)
"""The scheduler's reasons if every node is for other pods, or if there is no node."""
_KEEP_FAILED_SECONDS = 600.0


@dataclass(frozen=True)
class State:
    """A pod's phase, the reason for it, and its start in Unix seconds."""

    phase: Phase
    reason: str
    since: float


def make_worker(
    pod: Object, view: WorkerView | None, newest_event: str, node_is_ready: bool
) -> Worker:
    """Convert a pod to a worker.

    Args:
        pod: the API's object.
        view: the worker in the pod as its own events describe it; None without events.
        newest_event: the reason of the newest event about the pod, such as ``Pulling``.
        node_is_ready: False if the pod's node is known not to be ready.

    """
    state = _state(pod, view, newest_event, node_is_ready)
    jobs = view.jobs if view and state.phase == "generating" else ()
    return Worker(
        name=pod["metadata"]["name"],
        phase=state.phase,
        reason=state.reason,
        since=state.since,
        node=pod["spec"].get("nodeName"),
        job_id=jobs[0] if jobs else None,
    )


def _state(pod: Object, view: WorkerView | None, newest_event: str, node_is_ready: bool) -> State:
    view = latest_from(pod, view)
    if pod["metadata"].get("deletionTimestamp"):
        return _stopping(pod, view)
    if pod["status"].get("phase") == "Failed":
        return _failed(pod)
    node = pod["spec"].get("nodeName")
    if not node:
        return _unscheduled(pod)
    if not node_is_ready:
        return State("failed", f"its node {node} is not ready", _ready_changed_at(pod))
    return _failed_container(pod) or _starting(pod, newest_event) or _running(pod, view)


def latest_from(pod: Object, view: WorkerView | None) -> WorkerView | None:
    """Return the view of a worker, unless its events are from before the container's restart."""
    running = _container(pod).get("state", {}).get("running", {})
    started_at = optional_seconds(running.get("startedAt"))
    return view if view and started_at is not None and view.last_event_at >= started_at else None


def is_outdated(pod: Object, now: float) -> bool:
    """Return whether a pod has succeeded, or failed some time ago.

    Kubernetes keeps evicted pods, and those of failed Jobs, until its garbage collection.
    """
    phase = pod["status"].get("phase")
    return phase == "Succeeded" or (
        phase == "Failed" and now - _failed(pod).since > _KEEP_FAILED_SECONDS
    )


def scheduled_at(pod: Object) -> float:
    """Return when a pod was assigned to its node, in Unix seconds."""
    return _changed_at(pod, "PodScheduled")


def _ready_changed_at(pod: Object) -> float:
    return _changed_at(pod, "Ready")


def _changed_at(pod: Object, condition_name: str) -> float:
    timestamp = condition(pod, condition_name).get("lastTransitionTime")
    return optional_seconds(timestamp) or created_at(pod)


def _container(pod: Object) -> Object:
    return next(iter(pod["status"].get("containerStatuses") or ()), {})


def _stopping(pod: Object, view: WorkerView | None) -> State:
    metadata = pod["metadata"]
    # The deletion timestamp is when the grace period ends.
    grace_period = metadata.get("deletionGracePeriodSeconds") or 0
    reason = "finishes its jobs" if view and view.jobs else "is about to end"
    return State("stopping", reason, seconds(metadata["deletionTimestamp"]) - grace_period)


def _failed(pod: Object) -> State:
    terminated = _container(pod).get("state", {}).get("terminated")
    if terminated:
        return _terminated(terminated, created_at(pod))
    reason = pod["status"].get("message") or pod["status"].get("reason") or "its pod failed"
    return State("failed", truncate(reason), _ready_changed_at(pod))


def _unscheduled(pod: Object) -> State:
    since = created_at(pod)
    if condition_status(pod, "PodScheduled") is not False:
        return State("pending", "waits for the scheduler", since)
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("reason") == "SchedulingGated":
        return State("pending", "waits for its scheduling gates", since)
    return State("pending", _unschedulable_reason(pod, scheduled.get("message") or ""), since)


def _unschedulable_reason(pod: Object, message: str) -> str:
    """Return why no node fits, from the scheduler's message."""
    reasons = message.partition("available: ")[2].partition(". ")[0]
    lacks_gpu = f"Insufficient {GPU}" in reasons or _ONLY_UNSUITABLE_NODES.fullmatch(reasons)
    if gpus_of(pod) and lacks_gpu:
        return "waits for a GPU node"
    return truncate(f"waits for a node ({reasons})" if reasons else "waits for a node")


def _failed_container(pod: Object) -> State | None:
    """Return the state of the first container that failed, init containers first."""
    statuses = pod["status"].get("initContainerStatuses") or ()
    for status in (*statuses, *(pod["status"].get("containerStatuses") or ())):
        state = _container_failure(status, created_at(pod))
        if state:
            return state
    return None


def _container_failure(status: Object, created: float) -> State | None:
    waiting = status.get("state", {}).get("waiting") or {}
    last = status.get("lastState", {}).get("terminated") or {}
    reason = waiting.get("reason", "")
    message = truncate(waiting.get("message") or reason)
    if reason == "CrashLoopBackOff" and last:
        return _terminated(last, created)
    if reason in _IMAGE_ERRORS:
        return State("failed", f"its image cannot be pulled: {message}", created)
    if reason.endswith(("Error", "BackOff")):
        return State("failed", message, created)
    terminated = status.get("state", {}).get("terminated")
    if terminated and terminated.get("exitCode"):
        return _terminated(terminated, created)
    return None


def _terminated(terminated: Object, created: float) -> State:
    at = optional_seconds(terminated.get("finishedAt")) or created
    if terminated.get("reason") == _OUT_OF_MEMORY:
        return State("failed", "it needed more memory than its limit allows", at)
    # The last lines of its log, with terminationMessagePolicy: FallbackToLogsOnError.
    lines = (terminated.get("message") or "").strip().splitlines()
    exit_code = f"it ended with exit code {terminated.get('exitCode')}"
    return State("failed", truncate(_log_message(lines[-1]) if lines else exit_code), at)


def _log_message(line: str) -> str:
    """Return the message of a log line, which is JSON with LOG_FORMAT=json."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, TypeError, KeyError):
        return line


def _starting(pod: Object, newest_event: str) -> State | None:
    """Return what happens before the container runs; None once it runs."""
    if _container(pod).get("state", {}).get("running"):
        return None
    since = scheduled_at(pod)
    if newest_event == "Pulling":
        return State("starting", "pulling its image", since)
    if newest_event in ("FailedMount", "FailedAttachVolume"):
        return State("starting", "waits for its volumes", since)
    init_container = _running_init_container(pod)
    if init_container:
        return State("starting", f"runs {init_container} first", since)
    return State("starting", "creating its container", since)


def _running_init_container(pod: Object) -> str | None:
    statuses = pod["status"].get("initContainerStatuses") or ()
    running = (status["name"] for status in statuses if status.get("state", {}).get("running"))
    return next(running, None)


def _running(pod: Object, view: WorkerView | None) -> State:
    if view:
        return State(view.phase, view.reason, view.since)
    if condition_status(pod, "Ready"):
        return State("idle", "waits for a job", _ready_changed_at(pod))
    started_at = _container(pod)["state"]["running"]["startedAt"]
    return State("starting", "loading the model", seconds(started_at))
