"""The faults that can be injected now, and the one place that injects them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from core.settings import Settings
from dashboard.chaos.base import CUT_SECONDS, FleetFaults, QueueFaults
from dashboard.chaos.kubernetes import KubernetesFaults
from dashboard.chaos.local import LocalFaults
from dashboard.chaos.rabbitmq import RabbitFaults
from dashboard.chaos.sqlite import SqliteFaults
from dashboard.domain.fleet import LOCAL, FleetReading, Node, Worker
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.formatting import pluralize
from dashboard.runtime.context import AppContext
from wire.messages.event import Event, FaultTarget

Name = Literal["kill", "drain", "uncordon", "pause", "resume", "cut"]

_TARGETS: dict[Name, FaultTarget] = {
    "kill": "worker",
    "drain": "node",
    "pause": "scaler",
    "cut": "queue",
}
"""What each fault hits; the others end one."""


@dataclass(frozen=True)
class Injection:
    """A fault that can be injected now, or the end of one."""

    name: Name
    label: str
    """The text of its button."""
    effect: str
    """What will happen, as a sentence."""
    subject: str = ""
    """The worker, the node, or the kind of scaler."""


def available(snapshot: Snapshot) -> tuple[Injection, ...]:
    """Return what can be done with the fleet and the queue of a snapshot."""
    fleet = snapshot.fleet.value if snapshot.fleet else None
    return (*(_of_fleet(fleet) if fleet else ()), _cut(snapshot))


def _of_fleet(fleet: FleetReading) -> Iterator[Injection]:
    if victim := _victim(fleet.workers):
        yield _kill(victim)
    yield from _of_nodes(fleet)
    scaler = fleet.scaler
    if scaler is None:
        return
    name = _scaler(scaler.kind)
    if scaler.paused:
        effect = "The number of workers follows the queue again."
        yield Injection("resume", f"Resume {name}", effect, scaler.kind)
    else:
        effect = f"The number of workers stays as it is until {name} is resumed."
        yield Injection("pause", f"Pause {name}", effect, scaler.kind)


def _victim(workers: tuple[Worker, ...]) -> Worker | None:
    """Return the worker to kill: one that generates, so that there is something to lose."""
    order = {"generating": 0, "idle": 1, "starting": 2}
    running = [worker for worker in workers if worker.phase in order]
    return min(running, key=lambda worker: (order[worker.phase], worker.name), default=None)


def _kill(worker: Worker) -> Injection:
    job = "Its request is delivered again to another worker." if worker.job_id else ""
    effect = f"{worker.name} ends at once. {job}".strip()
    return Injection("kill", f"Kill {worker.name}", effect, worker.name)


def _of_nodes(fleet: FleetReading) -> Iterator[Injection]:
    nodes = fleet.nodes or ()
    placed = [worker.node for worker in fleet.workers if worker.phase != "stopping"]
    drained = max(
        (node for node in nodes if node.ready and node.name in placed),
        key=lambda node: placed.count(node.name),
        default=None,
    )
    if drained:
        count = pluralize(placed.count(drained.name), "worker")
        effect = f"{drained.name} is cordoned, and its {count} evicted."
        yield Injection("drain", f"Drain {drained.name}", effect, drained.name)
    for node in filter(_is_cordoned, nodes):
        effect = f"{node.name} takes workers again."
        yield Injection("uncordon", f"Uncordon {node.name}", effect, node.name)


def _is_cordoned(node: Node) -> bool:
    return "cordoned" in node.state


def _cut(snapshot: Snapshot) -> Injection:
    what = "no job can be sent, taken or finished"
    effect = f"For {CUT_SECONDS:g} s {what}; workers and dashboard try again by themselves."
    place = "the queue" if snapshot.mode == "laptop" else "the broker"
    return Injection("cut", f"Cut {place} for {CUT_SECONDS:g} s", effect)


def inject(context: AppContext, injection: Injection) -> str:
    """Inject a fault and mark it on the timeline; return what was done, as a clause.

    What could not be done follows a colon.

    Raises ApplicationError with a sentence if nothing was done.
    """
    at, job_id = time.time(), _job_of(context.sampler.snapshot(), injection.subject)
    text = _apply(context, injection)
    if target := _TARGETS.get(injection.name):
        done = text.partition(": ")[0]  # what could not be done is for the presenter
        context.publish(Event(kind="fault", at=at, target=target, detail=done, job_id=job_id))
    return text


def _job_of(snapshot: Snapshot, worker: str) -> str | None:
    """Return the job that a worker has; None if the subject is no worker, or has none."""
    fleet = snapshot.fleet.value if snapshot.fleet else None
    workers = fleet.workers if fleet else ()
    return next((each.job_id for each in workers if each.name == worker), None)


def _apply(context: AppContext, injection: Injection) -> str:
    subject = injection.subject
    match injection.name:
        case "kill":
            _fleet(context).kill(subject)
            return f"{subject} killed"
        case "drain":
            return _cluster(context.settings).drain(subject)
        case "uncordon":
            _cluster(context.settings).uncordon(subject)
            return f"{subject} uncordoned"
        case "pause" | "resume":
            _fleet(context).set_paused(injection.name == "pause")
            return f"{_scaler(subject)} {injection.name}d"
        case "cut":
            return _queue(context.settings).cut()


def _fleet(context: AppContext) -> FleetFaults:
    return LocalFaults(context.supervisor) if context.supervisor else _cluster(context.settings)


def _cluster(settings: Settings) -> KubernetesFaults:
    return KubernetesFaults(settings.kube_namespace, settings.scaler_name)


def _scaler(kind: str) -> str:
    return "the autoscaler" if kind == LOCAL else "KEDA"


@cache
def _queue(settings: Settings) -> QueueFaults:
    """Return the faults of a queue; the same object each time, since it holds the cut."""
    return RabbitFaults(settings) if settings.rabbitmq_url else SqliteFaults(settings.data_dir)
