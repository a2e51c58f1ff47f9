"""Conversion of a pod to a worker: its phase, and the reason for it."""

import pytest

from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.announcements import newest_announcements
from dashboard.fleet.kubernetes.pods import PodContext, is_outdated, make_worker
from dashboard.fleet.kubernetes.values import seconds
from tests.support.kubernetes_objects import kept, recorded

STARTED = "2026-11-23T18:52:00Z"
ENDED = "2026-11-23T18:53:00Z"
RUNNING = {"running": {"startedAt": STARTED}}


def convert(pod, view=None, event="", node_is_ready=True, announcement=None):
    """Return the worker of a pod."""
    return make_worker(kept("pods", pod), PodContext(view, event, announcement, node_is_ready))


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
    reason = "waits for a GPU node (1 node(s) had untolerated taint(s))"
    assert (worker.phase, worker.reason, worker.node) == ("pending", reason, None)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "0/2 nodes are available: 2 node(s) had untolerated taint(s). preemption: …",
            "a GPU node (2 node(s) had untolerated taint(s))",
        ),
        ("no nodes available to schedule pods", "a GPU node"),
        (
            "0/3 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 node(s) didn't "
            "match Pod's node affinity/selector. preemption: …",
            "a GPU node (1 node(s) had untolerated taint {a: b}, 2 node(s) didn't match Pod's node "
            "affinity/selector)",
        ),
        (
            "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not …",
            "a node (pod has unbound immediate PersistentVolumeClaims)",
        ),
        (
            "0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) had volume "
            "node affinity conflict. preemption: …",
            "a node (1 node(s) had untolerated taint(s), 1 node(s) had volume node affinity "
            "conflict); waiting may not help",
        ),
        (
            "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient nvidia.com/gpu. "
            "preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No "
            "preemption victims found for incoming pod.",
            "a GPU node (1 node(s) were unschedulable, 2 Insufficient nvidia.com/gpu); waiting may "
            "not help",
        ),
        (
            "0/2 nodes are available: 2 Insufficient amd.com/gpu.",
            "a GPU node (2 Insufficient amd.com/gpu)",
        ),
        (
            "0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient nvidia.com/mig-1g.5gb. …",
            "a GPU node (1 Insufficient cpu, 1 Insufficient nvidia.com/mig-1g.5gb)",
        ),
        (
            "0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, …",
            "a GPU node (2 cannot allocate all claims)",
        ),
        (
            'persistentvolumeclaim "models" not found',
            'a node (persistentvolumeclaim "models" not found); waiting may not help',
        ),
        (
            "0/1 nodes are available: 1 Insufficient memory. no new …",
            "a node (1 Insufficient memory)",
        ),
    ],
)
def test_pending_reason_is_read_from_the_schedulers_message(message, reason):
    """All of the scheduler's reasons are quoted, and what only a person can change is marked."""
    unscheduled = {"type": "PodScheduled", "status": "False", "message": message}
    pod = recorded("unplaced_pod", status={"conditions": [unscheduled]})
    assert convert(pod).reason == f"waits for {reason}"


def test_pod_without_gpus_waits_for_a_node():
    """On a cluster without GPUs no reason mentions GPU nodes."""
    pod = recorded("unplaced_pod", spec={"containers": [{"name": "worker"}]})
    assert convert(pod).reason == "waits for a node (1 node(s) had untolerated taint(s))"


GATED = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}


def test_pod_before_the_scheduler_names_what_holds_it():
    """Gates of a queueing system, and pods that have to leave first, are named."""
    gates = {"schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]}
    gated = recorded("unplaced_pod", spec=gates, status={"conditions": [GATED]})
    assert convert(gated).reason == "waits for its scheduling gates: kueue.x-k8s.io/admission"
    nominated = recorded("unplaced_pod", status={"nominatedNodeName": "gpu-2"})
    assert convert(nominated).reason == "waits for other pods to leave gpu-2"


@pytest.mark.parametrize(
    ("reason", "kind", "component", "message", "shown"),
    [
        (
            "TriggeredScaleUp",
            "Normal",
            "cluster-autoscaler",
            "pod triggered scale-up: [{gpu-pool 0->1 (max: 3)}]",
            "the cluster autoscaler adds one: gpu-pool 0->1 (max: 3)",
        ),
        (
            "NotTriggerScaleUp",
            "Normal",
            "cluster-autoscaler",
            "pod didn't trigger scale-up: 1 max node group size reached, 2 Insufficient cpu",
            "the cluster autoscaler adds none: 1 max node group size reached, 2 Insufficient cpu "
            "(1 node(s) had untolerated taint(s))",
        ),
        (
            "FailedScaleUp",
            "Warning",
            "cluster-autoscaler",
            "Node scale up in zones a associated with this pod failed: GCE out of resources.",
            "none could be added: Node scale up in zones a associated with this pod failed: GCE "
            "out of resources. (1 node(s) had untolerated taint(s))",
        ),
        (
            "Nominated",
            "Normal",
            "karpenter",
            "Pod should schedule on: nodeclaim/gpu-6xk2p",
            "Karpenter has one for it: nodeclaim/gpu-6xk2p",
        ),
        (
            "FailedScheduling",
            "Warning",
            "karpenter",
            'all available instance types exceed limits for nodepool: "gpu"',
            "Karpenter adds none: all available instance types exceed "
            'limits for nodepool: "gpu" (1 node(s) had untolerated taint(s))',
        ),
    ],
)
def test_autoscalers_announcement_is_part_of_the_reason(reason, kind, component, message, shown):
    """A pod without a node says whether one is coming, or why its autoscaler adds none."""
    event = {
        "metadata": {"creationTimestamp": ENDED},
        "involvedObject": {"kind": "Pod", "name": "worker-1", "uid": "1"},
        "reason": reason,
        "type": kind,
        "message": message,
        "source": {"component": component},
    }
    scheduler = event | {"reason": "FailedScheduling", "source": {"component": "default-scheduler"}}
    announcement = newest_announcements([event, scheduler])["1"]
    worker = convert(recorded("unplaced_pod"), announcement=announcement)
    assert worker.reason == f"waits for a GPU node; {shown}"


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
    assert (
        crashed(reason="OOMKilled").reason == "it needed more memory than its limit of 4Gi allows"
    )
    assert crashed().reason == "it ended with exit code 3"
    assert crashed(exitCode=139).reason == "it ended with exit code 139 (SIGSEGV)"
    missing = 'exec: "nvidia-smi": executable file not found in $PATH'
    not_started = crashed(reason="StartError", exitCode=128, message=missing)
    assert not_started.reason == f"it could not be started: {missing}"


def test_reason_of_a_failed_start_stays_during_the_next_one():
    """The last line of the log stays until a start succeeds, with the number of the try."""
    last = {"terminated": {"exitCode": 3, "finishedAt": ENDED, "message": "No model there."}}
    container = {"name": "worker", "state": RUNNING, "lastState": last, "restartCount": 3}
    retried = convert(pod_with(container | {"started": False}, ready=False))
    assert (retried.phase, retried.since) == ("failed", seconds(ENDED))
    assert retried.reason == "No model there. It is started again (try 4)."
    assert convert(pod_with(container | {"started": True}, ready=True)).phase == "idle"
    back_off = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}
    waiting = convert(pod_with(container | {"state": back_off}))
    assert waiting.reason == "No model there. (restarted 3 times, with growing pauses)"


def test_container_of_a_service_mesh_is_not_the_worker():
    """The kubelet sorts containers by name, and a sidecar that runs is no worker that runs."""
    sidecar = {"name": "istio-proxy", "state": RUNNING, "ready": True}
    worker = {"name": "worker", "state": {"waiting": {"reason": "ContainerCreating"}}}
    pod = pod_with()
    pod["status"]["containerStatuses"] = [sidecar, worker]
    assert convert(pod, event="Pulling").reason == "pulling its image"
    stays = {"initContainers": [{"name": "proxy", "restartPolicy": "Always"}]}
    started = {"name": "proxy", "state": RUNNING, "started": True}
    pod = pod_with(worker, initial=started, spec=stays)
    assert convert(pod).reason == "creating its container"


DONE = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": ENDED}}
CRASHING = {"waiting": {"reason": "CrashLoopBackOff"}}


@pytest.mark.parametrize(
    ("policy", "sidecars", "phase", "reason"),
    [
        ("Never", {}, "stopping", "is done"),
        ("Never", {"istio-proxy": RUNNING}, "stopping", "is done; istio-proxy still runs"),
        (
            "OnFailure",
            {"istio-proxy": RUNNING, "vault-agent": RUNNING},
            "stopping",
            "is done; istio-proxy, vault-agent still run",
        ),
        ("Never", {"istio-proxy": DONE, "log": RUNNING}, "stopping", "is done; log still runs"),
        ("Never", {"istio-proxy": CRASHING}, "stopping", "is done"),
        # A Deployment's worker is started again.
        ("Always", {"istio-proxy": RUNNING}, "starting", "creating its container"),
    ],
)
def test_worker_that_is_done_beside_a_sidecar(policy, sidecars, phase, reason):
    """A Job's worker that ended well does not start, although its sidecar keeps the pod running."""
    pod = pod_with(ready=False)
    pod["spec"]["restartPolicy"] = policy
    pod["status"]["phase"] = "Running"
    statuses = {"worker": DONE} | sidecars
    pod["status"]["containerStatuses"] = [
        {"name": name, "state": state} for name, state in sorted(statuses.items())
    ]
    worker = convert(pod, view_of(phase="idle", jobs=()))
    assert (worker.phase, worker.reason) == (phase, reason)
    if policy != "Always":
        assert worker.since == seconds(ENDED)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("FailedAttachVolume", "waits for its volumes"),
        ("FailedCreatePodSandBox", "waits for the node's network"),
        (
            "FailedPrepareDynamicResources",
            "waits for its GPU: the driver could not prepare it",
        ),
    ],
)
def test_newest_event_names_what_a_start_waits_for(event, reason):
    """Volumes, the network and dynamic resources show in events only."""
    waiting = {"name": "worker", "state": {"waiting": {"reason": "ContainerCreating"}}}
    assert convert(pod_with(waiting), event=event).reason == reason


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
    message = "Eviction API: evicting"
    disrupted = {"type": "DisruptionTarget", "status": "True", "message": message}
    pod["status"]["conditions"].append(disrupted)
    assert convert(pod).reason == f"is about to end: {message}"


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
    killed = {"name": "worker", "state": {"terminated": {"exitCode": 137, "finishedAt": ENDED}}}
    evicted["status"]["containerStatuses"] = [killed]
    assert (convert(evicted).reason, convert(evicted).since) == (message, seconds(ENDED))
    refused = {"phase": "Failed", "reason": "UnexpectedAdmissionError"}
    no_gpu = "Allocate failed due to no healthy devices present; cannot allocate nvidia.com/gpu"
    pod = recorded("placed_pod", status=refused | {"message": no_gpu})
    assert convert(pod).reason == no_gpu


def test_long_message_is_truncated():
    """A message is shown on one line of limited length."""
    waiting = {"reason": "CreateContainerError", "message": "so\n" + "long " * 200}
    reason = convert(pod_with({"name": "worker", "state": {"waiting": waiting}})).reason
    assert reason.startswith("so long long")
    assert len(reason) < 310
