"""What this process uses of its processors and memory."""

import time
from pathlib import Path

import psutil

from wire.messages.telemetry import Telemetry
from worker.cgroup import CGROUP, processors, total_memory


class ProcessorMeter:
    """Measures the processor time of this process between two readings."""

    def __init__(self, cgroup: Path = CGROUP) -> None:
        self._cgroup = cgroup
        self._process = psutil.Process()
        self._previous: tuple[float, float] | None = None

    def read(self) -> Telemetry:
        """Read this process; the utilization is unknown at the first reading."""
        return Telemetry(
            device="cpu",
            utilization_ratio=self._utilization(),
            memory_used_bytes=self._process.memory_info().rss,
            memory_total_bytes=total_memory(self._cgroup),
        )

    def _utilization(self) -> float | None:
        times = self._process.cpu_times()
        now, used = time.monotonic(), times.user + times.system
        previous, self._previous = self._previous, (now, used)
        if previous is None or now == previous[0]:
            return None
        seconds = (used - previous[1]) / (now - previous[0])
        return round(min(1.0, seconds / processors(self._cgroup)), 3)
