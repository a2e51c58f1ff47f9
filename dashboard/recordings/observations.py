"""Write observations as differences, and read them back.

A fleet is read twice a second and changes rarely, so this makes a recording about ten times
smaller than whole readings would.
"""

from typing import Any

from pydantic import TypeAdapter

from dashboard.domain.inputs import Observation
from dashboard.recordings.format import ObservationLine
from dashboard.recordings.redaction import redacted

_adapter = TypeAdapter(Observation)
_EMPTY: dict[str, Any] = _adapter.dump_python(Observation(at=0.0), mode="json", exclude={"at"})


class ObservationWriter:
    """Writes observations as differences from the previous one."""

    def __init__(self) -> None:
        self._before = _EMPTY

    def write(self, observation: Observation) -> ObservationLine:
        """Return what changed; addresses in sentences are redacted."""
        plain = redacted(_adapter.dump_python(observation, mode="json", exclude={"at"}))
        changes = difference(self._before, plain)
        self._before = plain
        return ObservationLine(at=observation.at, changes=changes)


class ObservationReader:
    """Reads observations back in the order in which they were written."""

    def __init__(self) -> None:
        self._before = _EMPTY

    def read(self, line: ObservationLine) -> Observation:
        """Return the whole observation; raises pydantic's ValidationError."""
        self._before = merged(self._before, line.changes)
        return _adapter.validate_python(self._before | {"at": line.at})


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Say what to change in ``before`` to get ``after``, which has the same keys."""
    return {
        key: difference(before[key], value) if _goes_deeper(before.get(key), value) else value
        for key, value in after.items()
        if key not in before or before[key] != value
    }


def merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Change ``before`` as a difference says; null is a value: unknown."""
    return before | {
        key: merged(before[key], value) if _goes_deeper(before.get(key), value) else value
        for key, value in changes.items()
    }


def _goes_deeper(before: object, after: object) -> bool:
    return isinstance(before, dict) and isinstance(after, dict)
