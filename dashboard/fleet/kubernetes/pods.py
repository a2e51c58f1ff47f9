"""A worker's pod: its phase, and the reason for it."""

from dataclasses import dataclass

from dashboard.domain.fleet import Worker
from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.announcements import Announcement
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.containers import (
    done_container,
    ended_container,
    failed_container,
    retried_start,
    running_init_container,
    worker_container,
)
from dashboard.fleet.kubernetes.placement import unscheduled
from dashboard.fleet.kubernetes.state import State
from dashboard.fleet.kubernetes.values import (
    condition,
    condition_status,
    created_at,
    optional_seconds,
    seconds,
    truncate,
)

_KEEP_FAILED_SECONDS = 600.0


@dataclass(frozen=True)
class PodContext:
    """What is known about a pod beside its object."""

    view: WorkerView | None = None
    """The worker in the pod as its own events describe it; None without events."""
    newest_event: str = ""
    """The reason of the newest event about the pod, such as ``Pulling``."""
    announcement: Announcement | None = None
    """What an autoscaler of nodes announced about the pod last."""
    node_is_ready: bool = True
    """False if the pod's node is known not to be ready."""


def make_worker(pod: Object, context: PodContext) -> Worker:
    """Convert a pod to a worker."""
    view = latest_from(pod, context.view)
    state = _state(pod, view, context)
    jobs = view.jobs if view and state.phase == "generating" else ()
    return Worker(
        name=pod["metadata"]["name"],
        phase=state.phase,
        reason=state.reason,
        since=state.since,
        node=pod["spec"].get("nodeName"),
        job_id=jobs[0] if jobs else None,
    )


def _state(pod: Object, view: WorkerView | None, context: PodContext) -> State:
    if pod["metadata"].get("deletionTimestamp"):
        return _stopping(pod, view)
    if pod["status"].get("phase") == "Failed":
        return _failed(pod)
    node = pod["spec"].get("nodeName")
    if not node:
        return unscheduled(pod, context.announcement)
    if not context.node_is_ready or pod["status"].get("reason") == "NodeLost":
        return State("failed", f"its node {node} is not ready", _ready_changed_at(pod))
    not_running = (
        done_container(pod) or failed_container(pod) or _starting(pod, context.newest_event)
    )
    return not_running or _running(pod, view)


def latest_from(pod: Object, view: WorkerView | None) -> WorkerView | None:
    """Return the view of a worker, unless its events are from before the container's restart."""
    running = worker_container(pod).get("state", {}).get("running", {})
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


def _stopping(pod: Object, view: WorkerView | None) -> State:
    metadata = pod["metadata"]
    # The deletion timestamp is when the grace period ends.
    grace_period = metadata.get("deletionGracePeriodSeconds") or 0
    reason = "finishes its jobs" if view and view.jobs else "is about to end"
    if disruption := _disruption(pod):
        reason = f"{reason}: {disruption}"
    return State("stopping", reason, seconds(metadata["deletionTimestamp"]) - grace_period)


def _disruption(pod: Object) -> str:
    """Return why the cluster removes a pod, such as a taint; empty if it does not."""
    if not condition_status(pod, "DisruptionTarget"):
        return ""
    found = condition(pod, "DisruptionTarget")
    return truncate(found.get("message") or found.get("reason"))


def _failed(pod: Object) -> State:
    status = pod["status"]
    # The kubelet and the node's controllers state why they ended a pod; its exit code follows.
    reason = status.get("message") or status.get("reason") or _disruption(pod)
    ended = ended_container(pod)
    if reason:
        return State("failed", truncate(reason), ended.since if ended else _ready_changed_at(pod))
    return (
        failed_container(pod) or ended or State("failed", "its pod failed", _ready_changed_at(pod))
    )


def _starting(pod: Object, newest_event: str) -> State | None:
    """Return what happens before the container runs; None once it runs."""
    if worker_container(pod).get("state", {}).get("running"):
        return None
    since = scheduled_at(pod)
    if newest_event == "Pulling":
        return State("starting", "pulling its image", since)
    if newest_event in ("FailedMount", "FailedAttachVolume", "FailedMapVolume"):
        return State("starting", "waits for its volumes", since)
    if newest_event in ("FailedCreatePodSandBox", "NetworkNotReady"):
        return State("starting", "waits for the node's network", since)
    if newest_event == "FailedPrepareDynamicResources":
        return State("starting", "waits for its GPU: the driver could not prepare it", since)
    init_container = running_init_container(pod)
    if init_container:
        return State("starting", f"runs {init_container} first", since)
    return State("starting", "creating its container", since)


def _running(pod: Object, view: WorkerView | None) -> State:
    is_ready = condition_status(pod, "Ready")
    retried = None if is_ready or (view and view.ready_at) else retried_start(pod)
    if retried:
        return retried
    if view:
        return State(view.phase, view.reason, view.since)
    if is_ready:
        return State("idle", "waits for a job", _ready_changed_at(pod))
    started_at = worker_container(pod)["state"]["running"]["startedAt"]
    return State("starting", "loading the model", seconds(started_at))
