"""A worker's pod: which phase it is in, and why."""

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
    gpus_of,
    seconds,
    truncate,
)

_NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_OUT_OF_MEMORY = "OOMKilled"
_NO_OTHER_NODE = re.compile(
    r"(\d+ node\(s\) (?!had volume)[^,]*(taint|selector|affinity)[^,]*(, |$))*"
)
"""What the scheduler says of nodes that are not meant for the pod; also of no node at all."""
_REMEMBERED = 600.0
"""Seconds for which a pod that failed is shown."""


@dataclass(frozen=True)
class State:
    """What a pod does, and since when (Unix seconds)."""

    phase: Phase
    reason: str
    since: float


def worker(pod: Object, view: WorkerView | None, newest_event: str, node_answers: bool) -> Worker:
    """Tell a pod as a worker.

    Args:
        pod: the API's object.
        view: what the worker in it said of itself, if it was heard.
        newest_event: the reason of the newest event about the pod, such as ``Pulling``.
        node_answers: False if its node is known not to be ready.

    """
    state = _state(pod, view, newest_event, node_answers)
    jobs = view.jobs if view and state.phase == "generating" else ()
    return Worker(
        name=pod["metadata"]["name"],
        phase=state.phase,
        reason=state.reason,
        since=state.since,
        node=pod["spec"].get("nodeName"),
        job_id=jobs[0] if jobs else None,
    )


def _state(pod: Object, view: WorkerView | None, newest_event: str, node_answers: bool) -> State:
    view = latest_from(pod, view)
    if pod["metadata"].get("deletionTimestamp"):
        return _stopping(pod, view)
    if pod["status"].get("phase") == "Failed":
        return _ended(pod)
    if not pod["spec"].get("nodeName"):
        return _unplaced(pod)
    if not node_answers:
        return State(
            "failed", f"its node {pod['spec']['nodeName']} does not answer", _ready_at(pod)
        )
    return _trouble(pod) or _waiting(pod, newest_event) or _running(pod, view)


def latest_from(pod: Object, view: WorkerView | None) -> WorkerView | None:
    """Return what the container that runs now said; not what one before its restart said."""
    running = _container(pod).get("state", {}).get("running", {})
    started = seconds(running.get("startedAt"))
    return view if view and started is not None and view.last_event_at >= started else None


def is_forgotten(pod: Object, now: float) -> bool:
    """Tell whether a pod is history: it has done its work, or failed some time ago.

    Kubernetes keeps evicted pods, and those of failed Jobs, for as long as there is room.
    """
    phase = pod["status"].get("phase")
    return phase == "Succeeded" or (phase == "Failed" and now - _ended(pod).since > _REMEMBERED)


def placed_at(pod: Object) -> float:
    """Return when a pod got its node, in Unix seconds."""
    placed = condition(pod["status"].get("conditions"), "PodScheduled")
    return seconds(placed.get("lastTransitionTime")) or _created(pod)


def _container(pod: Object) -> Object:
    return next(iter(pod["status"].get("containerStatuses") or ()), {})


def _created(pod: Object) -> float:
    return seconds(pod["metadata"]["creationTimestamp"])


def _ready_at(pod: Object) -> float:
    ready = condition(pod["status"].get("conditions"), "Ready")
    return seconds(ready.get("lastTransitionTime")) or _created(pod)


def _stopping(pod: Object, view: WorkerView | None) -> State:
    metadata = pod["metadata"]
    # The timestamp is the one at which it must have ended.
    grace = metadata.get("deletionGracePeriodSeconds") or 0
    why = "finishes what it has" if view and view.jobs else "is about to end"
    return State("stopping", why, seconds(metadata["deletionTimestamp"]) - grace)


def _ended(pod: Object) -> State:
    terminated = _container(pod).get("state", {}).get("terminated")
    if terminated:
        return _died(terminated, _created(pod))
    why = pod["status"].get("message") or pod["status"].get("reason") or "its pod failed"
    return State("failed", truncate(why), _ready_at(pod))


def _unplaced(pod: Object) -> State:
    placed = condition(pod["status"].get("conditions"), "PodScheduled")
    if condition_status(placed.get("status")) is not False:
        return State("pending", "waits for the scheduler", _created(pod))
    if placed.get("reason") == "SchedulingGated":
        return State("pending", "waits for its scheduling gates", _created(pod))
    return State("pending", no_node(pod, placed.get("message") or ""), _created(pod))


def no_node(pod: Object, message: str) -> str:
    """Say why the scheduler found no node, from its message."""
    reasons = message.partition("available: ")[2].partition(". ")[0]
    if gpus_of(pod) and (f"Insufficient {GPU}" in reasons or _NO_OTHER_NODE.fullmatch(reasons)):
        return "waits for a GPU node"
    return truncate(f"waits for a node ({reasons})" if reasons else "waits for a node")


def _trouble(pod: Object) -> State | None:
    """Tell what goes wrong in the pod's containers, the initial ones first."""
    statuses = pod["status"].get("initContainerStatuses") or ()
    for status in (*statuses, *(pod["status"].get("containerStatuses") or ())):
        state = _container_trouble(status, _created(pod))
        if state:
            return state
    return None


def _container_trouble(status: Object, created: float) -> State | None:
    waiting = status.get("state", {}).get("waiting") or {}
    last = status.get("lastState", {}).get("terminated") or {}
    reason = waiting.get("reason", "")
    if reason == "CrashLoopBackOff" and last:
        return _died(last, created)
    if reason in _NO_IMAGE:
        said = waiting.get("message") or reason
        return State("failed", f"its image cannot be pulled: {truncate(said)}", created)
    if reason.endswith(("Error", "BackOff")):
        return State("failed", truncate(waiting.get("message") or reason), created)
    ended = status.get("state", {}).get("terminated")
    return _died(ended, created) if ended and ended.get("exitCode") else None


def _died(terminated: Object, created: float) -> State:
    at = seconds(terminated.get("finishedAt")) or created
    if terminated.get("reason") == _OUT_OF_MEMORY:
        return State("failed", "it needed more memory than its limit allows", at)
    # The last line of its log, where the pod says terminationMessagePolicy as ours do.
    said = (terminated.get("message") or "").strip().splitlines()
    why = _sentence(said[-1]) if said else f"it ended with exit code {terminated.get('exitCode')}"
    return State("failed", truncate(why), at)


def _sentence(line: str) -> str:
    """Return what a line of a worker's log says, which is JSON with LOG_FORMAT=json."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, TypeError, KeyError):
        return line


def _waiting(pod: Object, newest_event: str) -> State | None:
    """Tell what comes before the container runs."""
    if _container(pod).get("state", {}).get("running"):
        return None
    since = placed_at(pod)
    if newest_event == "Pulling":
        return State("starting", "pulling its image", since)
    if newest_event in ("FailedMount", "FailedAttachVolume"):
        return State("starting", "waits for its volumes", since)
    prepares = _preparing(pod)
    return State(
        "starting", f"runs {prepares} first" if prepares else "creating its container", since
    )


def _preparing(pod: Object) -> str | None:
    initial = pod["status"].get("initContainerStatuses") or ()
    return next((one["name"] for one in initial if one.get("state", {}).get("running")), None)


def _running(pod: Object, view: WorkerView | None) -> State:
    ready = condition(pod["status"].get("conditions"), "Ready")
    if view:
        return State(view.phase, view.reason, view.since)
    if condition_status(ready.get("status")):
        return State("idle", "waits for a job", _ready_at(pod))
    started = _container(pod)["state"]["running"]["startedAt"]
    return State("starting", "loading the model", seconds(started))
