"""The processors and memory that this process may use, within its container's limits."""

import math
import os
from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")
"""Of a container, its own limits: https://docs.kernel.org/admin-guide/cgroup-v2.html; version 1 has
https://docs.kernel.org/scheduler/sched-bwc.html."""


def processors(cgroup: Path = CGROUP) -> float:
    """Return the number of processors, of which a quota may allow a part."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(float(affinity or 1), _quota(cgroup))


def threads(cgroup: Path = CGROUP) -> int:
    """Return the threads that can compute at once; with fewer, a part of the quota is unused."""
    return max(1, math.ceil(processors(cgroup)))


def total_memory(cgroup: Path = CGROUP) -> int:
    """Return the bytes of the machine's memory, or of the limit if that is lower."""
    machine = int(psutil.virtual_memory().total)
    limit = read_limit(cgroup, "memory.max")[0]
    return min(machine, int(limit)) if limit.isdecimal() else machine


def read_limit(cgroup: Path, name: str) -> list[str]:
    """Return the words of a file with a limit; ``max`` without such a file."""
    try:
        return (cgroup / name).read_text().split()
    except OSError:
        return ["max"]


def _quota(cgroup: Path) -> float:
    version_1 = (read_limit(cgroup, f"cpu/cpu.cfs_{name}_us")[0] for name in ("quota", "period"))
    for quota, *period in (read_limit(cgroup, "cpu.max"), list(version_1)):
        if quota.isdecimal():  # unlimited is "max", and -1 in version 1
            return int(quota) / int(period[0])
    return math.inf
