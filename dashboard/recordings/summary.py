"""Summarize recordings for a list."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import RecordingError
from dashboard.domain.inputs import Observation
from dashboard.recordings.reader import Recording, read


@dataclass(frozen=True)
class Summary:
    """Facts about a recording; none but path, size and name if ``error`` is set."""

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
    """Most workers that were ready at once; None if unknown."""
    pictures: int = 0
    """Pictures in the file."""
    truncated: bool = False
    error: str | None = None
    """Why it cannot be played, as a sentence."""


def summary_of(path: Path) -> Summary | None:
    """Summarize a recording, once for each version of its file; None if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return _cached_summary(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=200)
def _cached_summary(path: Path, size: int, _modified: int) -> Summary:
    try:
        return _summarize(read(path), size)
    except RecordingError as error:
        return Summary(path, size, path.name, error=str(error))


def _summarize(recording: Recording, size: int) -> Summary:
    header = recording.header
    observations = (step.input for step in recording.steps if isinstance(step.input, Observation))
    fleets = (each.fleet.value for each in observations if each.fleet and each.fleet.value)
    return Summary(
        path=recording.path,
        size=size,
        name=header.name,
        at=header.at,
        mode=header.mode,
        duration=recording.duration,
        peak_workers=max((f.ready for f in fleets if f.ready is not None), default=None),
        pictures=sum(name.endswith(".png") for name in recording.objects),
        truncated=recording.truncated,
    )
