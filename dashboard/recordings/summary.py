"""What a list says of a recording."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import RecordingError
from dashboard.domain.inputs import Observation
from dashboard.recordings.reader import Recording, read


@dataclass(frozen=True)
class Summary:
    """A recording in a few words; ``error`` says why there are none."""

    path: Path
    size: int
    """Bytes."""
    name: str
    at: float | None = None
    """Unix seconds at which it was started."""
    mode: str = ""
    duration: float = 0.0
    """Seconds."""
    peak_workers: int | None = None
    """Most workers that were ready at once; None if that was never known."""
    pictures: int = 0
    """Pictures in the file."""
    cut: bool = False
    error: str | None = None


def summary_of(path: Path) -> Summary | None:
    """Summarise a recording, once for each version of its file; None if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return _remembered(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=200)
def _remembered(path: Path, size: int, _modified: int) -> Summary:
    try:
        return _summary(read(path), size)
    except RecordingError as error:
        return Summary(path, size, path.name, error=str(error))


def _summary(recording: Recording, size: int) -> Summary:
    header = recording.header
    looks = (step.input for step in recording.steps if isinstance(step.input, Observation))
    fleets = (look.fleet.value for look in looks if look.fleet and look.fleet.value)
    return Summary(
        path=recording.path,
        size=size,
        name=header.name,
        at=header.at,
        mode=header.mode,
        duration=recording.duration,
        peak_workers=max((f.ready for f in fleets if f.ready is not None), default=None),
        pictures=sum(name.endswith(".png") for name in recording.places),
        cut=recording.cut,
    )
