"""A reading of a cluster of 100, 1,000 and 10,000 workers, on a real API server.

All objects are listed each time, as without the right to watch; or what changes is watched.
"""

import os
import tempfile
import time
from pathlib import Path

from bench.processes import begin, finish
from bench.report import Figure, show
from bench.scale import SIZES
from bench.scale.cluster_objects import NAMESPACE, change, fill, prepare
from bench.scale.usage import Usage, measured, resident_megabytes
from dashboard.domain.journal import Journal
from dashboard.fleet.kubernetes.client import connect
from dashboard.fleet.kubernetes.cluster import snapshot_of
from dashboard.fleet.kubernetes.fleet import Conversions, KubernetesFleet, make_reading
from dashboard.fleet.kubernetes.kinds import KINDS
from dashboard.fleet.kubernetes.lists import list_kind
from tests.support.cluster.control_plane import ControlPlane
from tests.support.conditions import wait_until

_LISTS = 3
_SECONDS = 10
_CHANGES_PER_SECOND = 20.0
"""Pods that start, end or change, as with 10,000 workers of which each lives eight minutes."""


def main() -> None:
    """Measure each size, in a process of its own whose memory has nothing of the others."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        plane = ControlPlane(Path(folder))
        os.environ["KUBECONFIG"] = str(plane.kubeconfig)
        try:
            plane.etcd.start()
            plane.api_server.start()
            prepare(plane)
            for before, size in zip((0, *SIZES), SIZES, strict=False):
                finish(begin(fill, before, size))
                finish(begin(_measure, size))
        finally:
            plane.stop()


def _measure(size: int) -> None:
    memory = resident_megabytes()
    fleet = KubernetesFleet(NAMESPACE, "worker", Journal())
    with measured() as first:
        wait_until(lambda: len(fleet.read().workers) == size, timeout=120, what="all workers")
    quiet, idle = _read_each_second(fleet)
    changes = begin(change, 0, size, _CHANGES_PER_SECOND, _SECONDS + 5)
    time.sleep(3)
    busy, load = _read_each_second(fleet)
    finish(changes)
    memory = resident_megabytes() - memory
    fleet.close()
    lists = [_list_all() for _ in range(_LISTS)]
    show(
        f"{size:,} workers on {size // 10:,} nodes",
        [
            Figure("a reading, all listed", tuple(1000 * each.seconds for each in lists), "ms"),
            Figure("its processor time", tuple(1000 * each.cpu_seconds for each in lists), "ms"),
            Figure("the first reading, watched", (1000 * first.seconds,), "ms"),
            Figure("a reading, nothing changes", quiet, "ms"),
            Figure("of one core, a reading each second", (idle.share,), "%"),
            Figure(f"a reading, {_CHANGES_PER_SECOND:g} changes a second", busy, "ms"),
            Figure("of one core", (load.share,), "%"),
            Figure("memory of the watched objects", (memory,), "MB"),
        ],
    )


def _list_all() -> Usage:
    api = connect(1)
    with measured() as usage:
        kinds = [kind.of(NAMESPACE, "worker") for kind in KINDS]
        snapshot = snapshot_of({kind.name: list_kind(api, kind) for kind in kinds}, time.time())
        make_reading(snapshot, NAMESPACE, "worker", {}, Conversions())
    return usage


def _read_each_second(fleet: KubernetesFleet) -> tuple[tuple[float, ...], Usage]:
    milliseconds = []
    with measured() as usage:
        for _ in range(_SECONDS):
            started = time.monotonic()
            fleet.read()
            milliseconds.append(1000 * (time.monotonic() - started))
            time.sleep(max(0.0, started + 1 - time.monotonic()))
    return tuple(milliseconds), usage
