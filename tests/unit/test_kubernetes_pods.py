"""A worker's pod, told as a worker: which phase, and why."""

import pytest

from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.pods import is_forgotten, worker
from dashboard.fleet.kubernetes.values import seconds
from tests.support.kubernetes_objects import recorded

STARTED = "2026-11-23T18:52:00Z"
ENDED = "2026-11-23T18:53:00Z"
RUNNING = {"running": {"startedAt": STARTED}}


def told(pod, view=None, event="", node_answers=True):
    """Tell a pod, of which nothing else is known."""
    return worker(pod, view, event, node_answers)


def pod_with(container=None, ready=None, initial=None, **changes):
    """Return a pod that has its node, with a container in this state."""
    status = {"containerStatuses": [container]} if container else {}
    if initial:
        status["initContainerStatuses"] = [initial]
    if ready is not None:
        since = {"lastTransitionTime": ENDED}
        status["conditions"] = [{"type": "Ready", "status": str(ready)} | since]
    return recorded("placed_pod", status=status, **changes)


def heard(phase="generating", jobs=("job-1",), at=ENDED):
    """Return what the worker in the pod said."""
    return WorkerView("worker", phase, "step 2 of 4", seconds(at), seconds(at), jobs)


def test_a_pod_without_a_free_gpu_waits_for_a_gpu_node():
    """The scheduler's own object says that machines are missing, and the sentence says so."""
    one = told(recorded("unplaced_pod"))
    assert (one.phase, one.reason, one.node) == ("pending", "waits for a GPU node", None)


@pytest.mark.parametrize(
    ("message", "why"),
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
def test_what_a_pod_waits_for_is_read_from_the_schedulers_message(message, why):
    """A lack of memory is told as such; a pod that wants a GPU and fits nowhere lacks its node."""
    told_by_scheduler = {"type": "PodScheduled", "status": "False", "message": message}
    pod = recorded("unplaced_pod", status={"conditions": [told_by_scheduler]})
    assert told(pod).reason == f"waits for {why}"


def test_a_pod_without_gpus_waits_for_a_node():
    """On a cluster without GPUs nobody is told of GPU nodes."""
    pod = recorded("unplaced_pod", spec={"containers": [{"name": "worker"}]})
    assert told(pod).reason == "waits for a node (1 node(s) had untolerated taint(s))"


def test_a_placed_pod_is_being_created():
    """Once it has its node, its container is made, since the moment it was placed."""
    one = told(recorded("placed_pod"))
    assert (one.phase, one.reason, one.node) == ("starting", "creating its container", "gpu-1")


def test_a_large_image_that_comes_is_told():
    """The wait for an image is the longest one, and only an event tells of it."""
    waiting = {"name": "worker", "state": {"waiting": {"reason": "ContainerCreating"}}}
    assert told(pod_with(waiting), event="Pulling").reason == "pulling its image"
    assert told(pod_with(waiting), event="Pulled").reason == "creating its container"
    assert told(pod_with(waiting), event="FailedMount").reason == "waits for its volumes"


def test_an_initial_container_is_named():
    """A pod that prepares something first says what runs."""
    pod = pod_with(initial={"name": "fetch-model", "state": RUNNING})
    assert told(pod).reason == "runs fetch-model first"


@pytest.mark.parametrize(
    ("waiting", "why"),
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
def test_a_container_that_cannot_start_says_why(waiting, why):
    """The kubelet's own words reach the page."""
    one = told(pod_with({"name": "worker", "state": {"waiting": waiting}}))
    assert (one.phase, one.reason) == ("failed", why)


def test_a_crash_loop_tells_the_last_words():
    """The worker's last line is the reason; out of memory and silence have their own words."""
    back_off = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}

    def crashed(**last):
        ended = {"terminated": {"exitCode": 3, "finishedAt": ENDED} | last}
        return told(pod_with({"name": "worker", "state": back_off, "lastState": ended}))

    spoken = crashed(message="loading\nThere is no model in models/demo.\n")
    assert (spoken.phase, spoken.since) == ("failed", seconds(ENDED))
    assert spoken.reason == "There is no model in models/demo."
    line = '{"at": "2026", "level": "error", "message": "There is no \\"model\\"."}'
    assert crashed(message=f"loading\n{line}\n").reason == 'There is no "model".'
    assert crashed(reason="OOMKilled").reason == "it needed more memory than its limit allows"
    assert crashed().reason == "it ended with exit code 3"


def test_a_running_pod_loads_until_it_is_ready():
    """Before the start-up probe answers, the model is loaded; after it, the worker is idle."""
    container = {"name": "worker", "state": RUNNING}
    loading = told(pod_with(container, ready=False))
    assert (loading.phase, loading.reason) == ("starting", "loading the model")
    assert loading.since == seconds(STARTED)
    ready = told(pod_with(container, ready=True))
    assert (ready.phase, ready.reason, ready.since) == ("idle", "waits for a job", seconds(ENDED))


def test_a_pod_that_paints_says_which_job():
    """The worker's events, by the pod's name, tell what no object of the cluster knows."""
    painting = told(pod_with({"name": "worker", "state": RUNNING}, ready=True), heard())
    assert (painting.phase, painting.reason, painting.job_id) == (
        "generating",
        "step 2 of 4",
        "job-1",
    )


def test_words_from_before_a_restart_are_not_believed():
    """A container that was started again is not painting what its forerunner painted."""
    pod = pod_with({"name": "worker", "state": RUNNING}, ready=False)
    one = told(pod, heard(at="2026-11-23T18:51:00Z"))
    assert (one.phase, one.job_id) == ("starting", None)


def test_a_pod_that_is_taken_away_finishes_first():
    """Terminating is told since the moment it was asked, not since the one it must end at."""
    leaving = {"deletionTimestamp": ENDED, "deletionGracePeriodSeconds": 60}
    pod = pod_with({"name": "worker", "state": RUNNING}, ready=True, metadata=leaving)
    one = told(pod, heard())
    assert (one.phase, one.reason) == ("stopping", "finishes what it has")
    assert one.since == seconds(ENDED) - 60
    assert told(pod).reason == "is about to end"


def test_a_pod_on_a_node_that_is_gone_has_failed():
    """A spot node that was taken away takes its pods' readiness for a while with it."""
    one = told(pod_with({"name": "worker", "state": RUNNING}, ready=True), node_answers=False)
    assert (one.phase, one.reason) == ("failed", "its node gpu-1 does not answer")


def test_finished_pods_are_history():
    """What has done its work is no worker; what failed is shown for ten minutes."""
    assert is_forgotten(recorded("placed_pod", status={"phase": "Succeeded"}), now=0)
    gone = {"terminated": {"exitCode": 1, "finishedAt": ENDED}}
    status = {"phase": "Failed", "containerStatuses": [{"name": "worker", "state": gone}]}
    failed = recorded("placed_pod", status=status)
    assert told(failed).phase == "failed"
    assert not is_forgotten(failed, seconds(ENDED) + 599)
    assert is_forgotten(failed, seconds(ENDED) + 601)


def test_an_evicted_pod_says_why():
    """A pod that the kubelet threw out tells the kubelet's reason."""
    message = "The node was low on resource: ephemeral-storage."
    evicted = recorded("placed_pod", status={"phase": "Failed", "message": message})
    assert told(evicted).reason == message


def test_a_long_message_is_cut():
    """What a cluster says is truncate, and in one line."""
    waiting = {"reason": "CreateContainerError", "message": "so\n" + "long " * 200}
    why = told(pod_with({"name": "worker", "state": {"waiting": waiting}})).reason
    assert why.startswith("so long long")
    assert len(why) < 310
