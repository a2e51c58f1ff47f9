"""What this process uses of the machine's processors and memory, within its container's limits."""

import time
from pathlib import Path

import psutil

from wire.messages.telemetry import Telemetry

_CGROUP = Path("/sys/fs/cgroup")
"""Of a container, its own limits: https://docs.kernel.org/admin-guide/cgroup-v2.html."""


class ProcessorMeter:
    """Measures the processor time of this process between two readings."""

    def __init__(self, cgroup: Path = _CGROUP) -> None:
        self._cgroup = cgroup
        self._process = psutil.Process()
        self._previous: tuple[float, float] | None = None

    def read(self) -> Telemetry:
        """Read this process; the utilization is unknown at the first reading."""
        return Telemetry(
            device="cpu",
            utilization_ratio=self._utilization(),
            memory_used_bytes=self._process.memory_info().rss,
            memory_total_bytes=self._memory_total(),
        )

    def _utilization(self) -> float | None:
        times = self._process.cpu_times()
        now, used = time.monotonic(), times.user + times.system
        previous, self._previous = self._previous, (now, used)
        if previous is None or now == previous[0]:
            return None
        seconds = (used - previous[1]) / (now - previous[0])
        return round(min(1.0, seconds / self._processors()), 3)

    def _processors(self) -> float:
        """Return the processors that this process may use, as the cgroup's quota or all."""
        available = float(psutil.cpu_count() or 1)
        quota, *period = self._limit("cpu.max")
        return min(available, int(quota) / int(period[0])) if quota.isdecimal() else available

    def _memory_total(self) -> int:
        machine = int(psutil.virtual_memory().total)
        limit, *_ = self._limit("memory.max")
        return min(machine, int(limit)) if limit.isdecimal() else machine

    def _limit(self, name: str) -> list[str]:
        try:
            return (self._cgroup / name).read_text().split()
        except OSError:  # no cgroup v2
            return ["max"]
