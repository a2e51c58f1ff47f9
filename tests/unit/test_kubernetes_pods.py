"""Conversion of a pod to a worker: its phase, and the reason for it."""

import pytest

from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.pods import is_outdated, make_worker
from dashboard.fleet.kubernetes.values import seconds
from tests.support.kubernetes_objects import recorded

STARTED = "2026-11-23T18:52:00Z"
ENDED = "2026-11-23T18:53:00Z"
RUNNING = {"running": {"startedAt": STARTED}}


def convert(pod, view=None, event="", node_is_ready=True):
    """Return the worker of a pod."""
    return make_worker(pod, view, event, node_is_ready)


def pod_with(container=None, ready=None, initial=None, **changes):
    """Return a pod on a node, with a container in this state."""
    status = {"containerStatuses": [container]} if container else {}
    if initial:
        status["initContainerStatuses"] = [initial]
    if ready is not None:
        since = {"lastTransitionTime": ENDED}
        status["conditions"] = [{"type": "Ready", "status": str(ready)} | since]
    return recorded("placed_pod", status=status, **changes)


def view_of(phase="generating", jobs=("job-1",), at=ENDED):
    """Return the worker in the pod as its events describe it."""
    return WorkerView("worker", phase, "step 2 of 4", seconds(at), seconds(at), jobs)


def test_unschedulable_pod_waits_for_a_gpu_node():
    """A pod that the scheduler could not place for lack of GPUs is pending, with that reason."""
    worker = convert(recorded("unplaced_pod"))
    assert (worker.phase, worker.reason, worker.node) == ("pending", "waits for a GPU node", None)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "0/2 nodes are available: 2 node(s) had untolerated taint(s). preemption: …",
            "a GPU node",
        ),
        ("no nodes available to schedule pods", "a GPU node"),
        (
            "0/3 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 node(s) didn't "
            "match Pod's node affinity/selector. preemption: …",
            "a GPU node",
        ),
        (
            "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not …",
            "a node (pod has unbound immediate PersistentVolumeClaims)",
        ),
        (
            "0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) had volume "
            "node affinity conflict. preemption: …",
            "a node (1 node(s) had untolerated taint(s), 1 node(s) had volume node affinity "
            "conflict)",
        ),
        (
            "0/1 nodes are available: 1 Insufficient memory. no new …",
            "a node (1 Insufficient memory)",
        ),
    ],
)
def test_pending_reason_is_read_from_the_schedulers_message(message, reason):
    """If only unsuitable nodes are left the pod waits for a GPU node; other reasons are quoted."""
    unscheduled = {"type": "PodScheduled", "status": "False", "message": message}
    pod = recorded("unplaced_pod", status={"conditions": [unscheduled]})
    assert convert(pod).reason == f"waits for {reason}"


def test_pod_without_gpus_waits_for_a_node():
    """On a cluster without GPUs no reason mentions GPU nodes."""
    pod = recorded("unplaced_pod", spec={"containers": [{"name": "worker"}]})
    assert convert(pod).reason == "waits for a node (1 node(s) had untolerated taint(s))"


def test_scheduled_pod_is_creating_its_container():
    """A scheduled pod is starting, since it was assigned to its node."""
    worker = convert(recorded("placed_pod"))
    assert (worker.phase, worker.reason, worker.node) == (
        "starting",
        "creating its container",
        "gpu-1",
    )


def test_newest_event_explains_the_start():
    """Only events show that an image is pulled or a volume cannot be mounted."""
    waiting = {"name": "worker", "state": {"waiting": {"reason": "ContainerCreating"}}}
    assert convert(pod_with(waiting), event="Pulling").reason == "pulling its image"
    assert convert(pod_with(waiting), event="Pulled").reason == "creating its container"
    assert convert(pod_with(waiting), event="FailedMount").reason == "waits for its volumes"


def test_running_init_container_is_named():
    """While an init container runs, the reason has its name."""
    pod = pod_with(initial={"name": "fetch-model", "state": RUNNING})
    assert convert(pod).reason == "runs fetch-model first"


@pytest.mark.parametrize(
    ("waiting", "reason"),
    [
        (
            {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "a/b:1"'},
            'its image cannot be pulled: Back-off pulling image "a/b:1"',
        ),
        (
            {"reason": "CreateContainerConfigError", "message": 'secret "rabbitmq" not found'},
            'secret "rabbitmq" not found',
        ),
    ],
)
def test_container_that_cannot_start_has_the_kubelets_message(waiting, reason):
    """The kubelet's message is the reason of the failure."""
    worker = convert(pod_with({"name": "worker", "state": {"waiting": waiting}}))
    assert (worker.phase, worker.reason) == ("failed", reason)


def test_crash_loop_has_the_last_log_message():
    """The reason is the last line of the log; else the memory limit or the exit code."""
    back_off = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}

    def crashed(**last):
        ended = {"terminated": {"exitCode": 3, "finishedAt": ENDED} | last}
        return convert(pod_with({"name": "worker", "state": back_off, "lastState": ended}))

    logged = crashed(message="loading\nThere is no model in models/demo.\n")
    assert (logged.phase, logged.since) == ("failed", seconds(ENDED))
    assert logged.reason == "There is no model in models/demo."
    line = '{"at": "2026", "level": "error", "message": "There is no \\"model\\"."}'
    assert crashed(message=f"loading\n{line}\n").reason == 'There is no "model".'
    assert crashed(reason="OOMKilled").reason == "it needed more memory than its limit allows"
    assert crashed().reason == "it ended with exit code 3"


def test_running_pod_loads_its_model_until_it_is_ready():
    """Before the startup probe succeeds the model is loading; afterwards the worker is idle."""
    container = {"name": "worker", "state": RUNNING}
    loading = convert(pod_with(container, ready=False))
    assert (loading.phase, loading.reason) == ("starting", "loading the model")
    assert loading.since == seconds(STARTED)
    ready = convert(pod_with(container, ready=True))
    assert (ready.phase, ready.reason, ready.since) == ("idle", "waits for a job", seconds(ENDED))


def test_generating_pod_has_its_job():
    """Phase, reason and job come from the worker's events, by the pod's name."""
    generating = convert(pod_with({"name": "worker", "state": RUNNING}, ready=True), view_of())
    assert (generating.phase, generating.reason, generating.job_id) == (
        "generating",
        "step 2 of 4",
        "job-1",
    )


def test_events_from_before_a_restart_are_ignored():
    """A restarted container does not have the job of the container before it."""
    pod = pod_with({"name": "worker", "state": RUNNING}, ready=False)
    worker = convert(pod, view_of(at="2026-11-23T18:51:00Z"))
    assert (worker.phase, worker.job_id) == ("starting", None)


def test_terminating_pod_finishes_its_jobs():
    """A pod is stopping since its deletion was requested, not since the end of the grace period."""
    deletion = {"deletionTimestamp": ENDED, "deletionGracePeriodSeconds": 60}
    pod = pod_with({"name": "worker", "state": RUNNING}, ready=True, metadata=deletion)
    worker = convert(pod, view_of())
    assert (worker.phase, worker.reason) == ("stopping", "finishes its jobs")
    assert worker.since == seconds(ENDED) - 60
    assert convert(pod).reason == "is about to end"


def test_pod_on_an_unready_node_has_failed():
    """Pods of a deleted spot node look ready for a while, but are shown as failed."""
    worker = convert(
        pod_with({"name": "worker", "state": RUNNING}, ready=True), node_is_ready=False
    )
    assert (worker.phase, worker.reason) == ("failed", "its node gpu-1 is not ready")


def test_finished_pods_are_outdated():
    """A pod that succeeded is not shown; one that failed is shown for ten minutes."""
    assert is_outdated(recorded("placed_pod", status={"phase": "Succeeded"}), now=0)
    terminated = {"terminated": {"exitCode": 1, "finishedAt": ENDED}}
    status = {"phase": "Failed", "containerStatuses": [{"name": "worker", "state": terminated}]}
    failed = recorded("placed_pod", status=status)
    assert convert(failed).phase == "failed"
    assert not is_outdated(failed, seconds(ENDED) + 599)
    assert is_outdated(failed, seconds(ENDED) + 601)


def test_evicted_pod_has_the_kubelets_message():
    """The reason of an evicted pod is the kubelet's message."""
    message = "The node was low on resource: ephemeral-storage."
    evicted = recorded("placed_pod", status={"phase": "Failed", "message": message})
    assert convert(evicted).reason == message


def test_long_message_is_truncated():
    """A message is shown on one line of limited length."""
    waiting = {"reason": "CreateContainerError", "message": "so\n" + "long " * 200}
    reason = convert(pod_with({"name": "worker", "state": {"waiting": waiting}})).reason
    assert reason.startswith("so long long")
    assert len(reason) < 310
