"""The map of the fleet: who decides, where workers are, and where each request is."""

import json
from dataclasses import replace
from datetime import UTC

import pytest

from dashboard.components.fleet import fleet_map
from dashboard.domain.fleet import (
    LOCAL,
    Autoscaler,
    Condition,
    FleetReading,
    Node,
    Phase,
    Scaler,
    Trigger,
    Worker,
)
from dashboard.domain.gpus import DeviceReading
from dashboard.domain.jobs import JobView, State
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation.fleet_map import Fields
from dashboard.presentation.fleet_map.payload import describe
from wire.messages.job import JobRequest, new_job
from wire.messages.telemetry import Telemetry
from wire.queues.base import QueueDepth

NOW = 1_800_000_000.0
LANES = ("requests", "workers", "nodes", "pictures")
REQUESTS = Trigger("rabbitmq", 2.0, subject="queue tasks", measure="requests", value=14.0, demand=7)
SCALER = Scaler(
    kind="ScaledObject",
    trigger="rabbitmq queue tasks",
    jobs=14,
    jobs_per_worker=2.0,
    minimum=0,
    maximum=8,
    polling_interval=5.0,
    cooldown_period=150.0,
    conditions=(Condition("Ready", status=True),),
    name="worker",
    autoscaler=Autoscaler("keda-hpa-worker", 7, 6, 2.3),
    triggers=(REQUESTS,),
)
NODE = Node("gpu-1", "NVIDIA L4", 2, 2, True, NOW, capacity_type="spot", gpus=2, state="ready")


def worker(name: str, phase: Phase = "idle", node: str | None = "gpu-1") -> Worker:
    """Return a worker."""
    return Worker(name, phase, "waits for a job", NOW, node)


def job(state: State, name: str | None = None, at: float = NOW - 60, **fields: object) -> JobView:
    """Return a job that was submitted, and finished, at a time."""
    request = new_job(JobRequest(prompt="a secret prompt"))
    return JobView(request, state, at, worker=name, finished_at=at, **fields)


def snapshot(
    *workers: Worker,
    nodes: tuple[Node, ...] | None = (NODE,),
    jobs: tuple[JobView, ...] = (),
    scaler: Scaler | None = SCALER,
    **fields: object,
) -> Snapshot:
    """Return a snapshot of a fleet with these workers and nodes."""
    fleet = FleetReading(scaler, 7, 6, workers, nodes)
    return Snapshot(
        NOW,
        "cluster",
        LANES,
        queue=Reading(QueueDepth(8, 6), NOW),
        fleet=Reading(fleet, NOW),
        jobs=jobs,
        **fields,
    )


def drawn(shown: Snapshot) -> Fields:
    """Return the map of a snapshot."""
    return describe(shown, UTC)


def boxes(shown: Snapshot) -> dict[str, tuple[list[str], str]]:
    """Return the lines of each deciding box, and what it hands on."""
    return {box["title"]: (box["lines"], box["passes"]) for box in drawn(shown)["decision"]}


def test_decision_leads_from_the_trigger_to_the_deployment():
    """Each box hands on the number by which the next one decides."""
    assert boxes(snapshot()) == {
        "Trigger": (["queue tasks: 14 requests", "polled every 5 s"], "14"),
        "ScaledObject": (["2 per worker, 0 to 8", "Ready, not paused"], "14 ÷ 2"),
        "HPA": (["7 desired, 6 current", "2.3 requests per worker"], "7"),
        "Deployment": (["7 replicas", "6 ready"], ""),
    }


def test_autoscaler_that_may_not_be_read_is_unknown():
    """Without rights to read it, its box says so; nothing is guessed from other numbers."""
    unread = replace(REQUESTS, unknown="the autoscaler could not be read")
    scaler = replace(SCALER, autoscaler=None, triggers=(unread,))
    assert boxes(snapshot(scaler=scaler))["HPA"] == (
        ["unknown", "the autoscaler could not be read"],
        "unknown",
    )


def test_autoscaler_is_inactive_at_zero():
    """While KEDA keeps the workers at zero, the autoscaler's old numbers are not shown."""
    shown = snapshot()
    reading = replace(shown.fleet.value, wanted=0)
    shown = replace(shown, fleet=Reading(reading, NOW))
    assert boxes(shown)["HPA"] == (["inactive at zero", "KEDA starts the first"], "")


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"kind": LOCAL, "name": None}, ["queue", "KEDA's rule", ""]),
        ({"kind": "ScaledJob"}, ["rabbitmq", "worker", ""]),
    ],
)
def test_other_scalers_have_no_autoscaler(changes: dict[str, object], names: list[str]):
    """The local supervisor and a ScaledJob hand the number of workers on themselves."""
    decision = drawn(snapshot(scaler=replace(SCALER, autoscaler=None, **changes)))["decision"]
    assert [box["name"] for box in decision] == names
    assert decision[1]["passes"] == "7"


def test_pauses_and_conditions_are_on_the_scalers_box():
    """A pause, in one direction too, and a scaler that is not ready are visible."""
    paused = replace(SCALER, paused=True, conditions=(Condition("Ready", status=False),))
    assert boxes(snapshot(scaler=paused))["ScaledObject"][0][1] == "not Ready, paused"
    scale_in = replace(SCALER, scale_in_paused=True, conditions=())
    assert boxes(snapshot(scaler=scale_in))["ScaledObject"][0][1] == "scaling in paused"


def test_workers_are_in_the_boxes_of_their_nodes():
    """Each node has its workers and free slots; those without a node have a box of their own."""
    waiting = replace(worker("worker-3", "pending", None), reason="waits for a GPU node")
    cordoned = replace(NODE, name="gpu-2", ready=False, state="cordoned")
    places = drawn(snapshot(worker("worker-1"), waiting, nodes=(NODE, cordoned)))["places"]
    assert [(place["title"], place["detail"], place["free"]) for place in places] == [
        ("gpu-1", "NVIDIA L4, spot", 1),
        ("gpu-2", "NVIDIA L4, spot, cordoned", 0),
        ("No node yet", "waits for a GPU node", 0),
    ]
    assert (places[1]["unready"], places[2]["waiting"]) == (True, True)
    assert places[0]["pods"] == [{"name": "worker-1", "phase": "idle", "text": "waits for a job"}]


def test_nodes_that_may_not_be_read_have_the_names_of_their_workers():
    """Without rights to list nodes, the map has the nodes that the pods name, and says so."""
    shown = drawn(snapshot(worker("worker-1", node="gpu-9"), nodes=None))
    assert [(place["title"], place["detail"]) for place in shown["places"]] == [
        ("gpu-9", "node not listed")
    ]
    assert shown["note"] == "The nodes could not be read."


def test_local_workers_are_on_this_machine():
    """Without Kubernetes there is one box, also for workers that use its GPU."""
    scaler = replace(SCALER, kind=LOCAL, autoscaler=None, triggers=())
    local = (worker("worker-1@host", node=None), worker("worker-2", "starting", None))
    [place] = drawn(snapshot(*local, nodes=None, scaler=scaler))["places"]
    assert (place["title"], [pod["name"] for pod in place["pods"]]) == (
        "This machine",
        ["worker-1", "worker-2"],
    )
    [place] = drawn(snapshot(*local, scaler=scaler))["places"]
    assert (place["title"], place["free"], len(place["pods"])) == ("gpu-1", 0, 2)


def test_workers_without_a_fleet_are_those_that_are_connected():
    """With FLEET=none nobody decides, and the workers that send events are shown."""
    shown = Snapshot(NOW, "compose", (), reported_workers=(worker("worker-1", node=None),))
    described = drawn(shown)
    assert (described["decision"], described["places"][0]["title"]) == ([], "Connected workers")
    assert described["queue"] == {"waiting": None, "taken": None}
    assert drawn(replace(shown, reported_workers=()))["note"] == "No worker is running."


def test_silent_cluster_is_unknown():
    """A cluster that does not answer has a note with its last reading's time, and no boxes."""
    silent = replace(snapshot(), fleet=Reading(None, NOW - 9, "It does not answer."))
    shown = drawn(silent)
    assert (shown["decision"], shown["places"]) == ([], [])
    assert shown["note"] == "Workers and nodes are unknown: no reading since 07:59:51."


def test_nothing_running_is_scaled_to_zero():
    """An empty fleet is not an empty map."""
    assert drawn(snapshot(nodes=()))["note"].endswith("scaled to zero, nothing is billed.")


def test_gauges_are_those_of_the_workers_gpus():
    """A node's gauges come from its workers' telemetry; without it there are none."""
    gib = 2**30
    telemetry = Telemetry(
        device="NVIDIA L4",
        gpu_uuid="GPU-1",
        utilization_ratio=0.97,
        memory_used_bytes=18 * gib,
        memory_total_bytes=24 * gib,
    )
    devices = (DeviceReading("worker-1", NOW, telemetry),)
    [place] = drawn(snapshot(worker("worker-1"), devices=devices))["places"]
    assert [(meter["percent"], meter["text"]) for meter in place["meters"]] == [
        (97, "97%"),
        (75, "18.0 of 24.0 GiB"),
    ]
    partial = replace(devices[0], telemetry=Telemetry(device="NVIDIA L4", gpu_uuid="GPU-1"))
    [place] = drawn(snapshot(worker("worker-1"), devices=(partial,)))["places"]
    assert place["meters"] == []


def test_requests_are_where_their_events_have_them():
    """A request that was just sent, taken or done has its place; old ones are left out."""
    jobs = (
        job("waiting", at=NOW - 1),
        job("generating", "worker-2", step=3, steps=8, received_at=NOW - 3),
        job("done", "worker-1", at=NOW - 2),
        job("done", "worker-1"),
        job("starting", "worker-gone"),
    )
    ids = [view.job.id[-8:] for view in jobs]
    busy = replace(worker("worker-2", "generating"), job_id=jobs[1].job.id)
    shown = drawn(snapshot(worker("worker-1"), busy, jobs=jobs))
    assert shown["sent"] == [ids[0], ids[2]]
    assert shown["received"] == [ids[1]]
    assert shown["taken"] == {ids[1]: (0, 1), ids[4]: None}
    assert shown["done"] == {ids[2]: (0, 0)}
    pod = shown["places"][0]["pods"][1]
    assert (pod["step"], pod["steps"], pod["text"]) == (3, 8, "step 3 of 8")


def large_fleet(nodes: int, workers_each: int) -> Snapshot:
    """Return a busy fleet in which each worker has a request."""
    names = [f"gke-gpu-pool-a1b2c3d4-{number:04}" for number in range(nodes)]
    workers = tuple(
        worker(f"worker-757755b55b-{name[-4:]}{slot}", "generating", name)
        for name in names
        for slot in range(workers_each)
    )
    jobs = tuple(job("generating", each.name) for each in workers)
    return snapshot(*workers, nodes=tuple(replace(NODE, name=name) for name in names), jobs=jobs)


def test_large_fleets_are_summed_up():
    """With many nodes each worker is a letter, and nodes beyond forty are counted."""
    shown = drawn(large_fleet(60, 5))
    assert not shown["detailed"]
    assert (len(shown["places"]), shown["places"][0]["phases"]) == (40, "ggggg")
    assert shown["more"] == "20 nodes more, 100 workers"
    assert shown["summary"] == "8 requests waiting, 6 generating; 300 workers on 60 nodes."


def test_map_is_small_and_the_same_while_nothing_happens():
    """A hundred workers take some kilobytes; the time alone changes nothing; no prompt is in it."""
    shown = large_fleet(20, 5)
    text = fleet_map.encode(shown, UTC)
    assert len(text) < 5000
    assert fleet_map.encode(replace(shown, at=NOW + 1), UTC) == text
    assert "secret" not in text
    assert json.loads(text)["detailed"] is False
