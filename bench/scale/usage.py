"""What a process uses: processor time and memory."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Usage:
    """What a block took."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def share(self) -> float:
        """Percent of one core."""
        return 100 * self.cpu_seconds / self.seconds


@contextmanager
def measured() -> Iterator[Usage]:
    """Measure a block, with all threads of this process."""
    usage, started, cpu = Usage(), time.monotonic(), time.process_time()
    yield usage
    usage.seconds, usage.cpu_seconds = time.monotonic() - started, time.process_time() - cpu


def resident_megabytes() -> float:
    """Return this process' memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * _PAGE_BYTES / 1e6


def cpu_seconds_of(pid: int) -> float:
    """Return the processor time of another process, from proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / _TICKS_PER_SECOND
