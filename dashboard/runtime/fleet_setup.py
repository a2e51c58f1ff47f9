"""Set up the fleet that the settings select."""

import os
from dataclasses import dataclass

from core.settings import Settings
from dashboard.domain.fleet import FleetReading
from dashboard.domain.journal import Journal
from dashboard.fleet.gpus import usable_gpus
from dashboard.fleet.kubernetes.fleet import KubernetesFleet
from dashboard.fleet.local import LocalFleet, gpu_nodes
from dashboard.fleet.supervisor import Supervisor
from dashboard.sampling.source import Source
from wire.queues.base import Queue


@dataclass(frozen=True)
class FleetSetup:
    """Where workers run, and how their state is read."""

    mode: str
    """``laptop``, ``compose`` or ``cluster``."""
    lanes: tuple[str, ...]
    """The lanes of the timeline, top to bottom."""
    source: Source[FleetReading] | None = None
    """None where the state of workers is unknown."""
    supervisor: Supervisor | None = None
    """None where the workers run elsewhere."""


def set_up_fleet(settings: Settings, queue: Queue, journal: Journal) -> FleetSetup:
    """Build the fleet that the settings select, without starting it."""
    if settings.fleet_kind == "local":
        supervisor = Supervisor(settings, queue, journal, usable_gpus(settings))
        return _local(supervisor, journal)
    if settings.fleet_kind == "kubernetes":
        fleet = KubernetesFleet(settings.kube_namespace, settings.scaler_name, journal)
        source = Source("the cluster", fleet.read, every=1.0, answer_within=10.0, close=fleet.close)
        return FleetSetup("cluster", ("requests", "workers", "nodes", "pictures"), source)
    return FleetSetup(_mode(settings), ("requests", "pictures"))


def _local(supervisor: Supervisor, journal: Journal) -> FleetSetup:
    nodes = ("nodes",) if gpu_nodes() else ()
    lanes = ("requests", "workers", *nodes, "pictures")
    source = Source("the supervisor", LocalFleet(supervisor, journal).read, every=0.25)
    return FleetSetup("laptop", lanes, source, supervisor)


def _mode(settings: Settings) -> str:
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return "cluster"
    return "compose" if settings.rabbitmq_url else "laptop"
