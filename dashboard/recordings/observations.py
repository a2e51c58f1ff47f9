"""Write observations as differences, and read them back.

An observation is recorded about twice a second and most of it rarely changes, so a recording is
about ten times smaller than with whole observations.
"""

from typing import Any

from pydantic import TypeAdapter

from dashboard.domain.inputs import Observation
from dashboard.recordings.format import ObservationLine
from dashboard.recordings.redaction import redact_all

_adapter = TypeAdapter(Observation)
_EMPTY: dict[str, Any] = _adapter.dump_python(Observation(at=0.0), mode="json", exclude={"at"})


class ObservationWriter:
    """Writes observations as differences from the previous one."""

    def __init__(self) -> None:
        self._previous = _EMPTY

    def write(self, observation: Observation) -> ObservationLine:
        """Return what changed, with addresses and paths redacted."""
        fields = redact_all(_adapter.dump_python(observation, mode="json", exclude={"at"}))
        changes = _difference(self._previous, fields)
        self._previous = fields
        return ObservationLine(at=observation.at, changes=changes)


class ObservationReader:
    """Reads observations back in the order in which they were written."""

    def __init__(self) -> None:
        self._previous = _EMPTY

    def read(self, line: ObservationLine) -> Observation:
        """Return the whole observation; raises pydantic's ValidationError."""
        self._previous = _merge(self._previous, line.changes)
        return _adapter.validate_python(self._previous | {"at": line.at})


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what ``_merge`` needs to make ``after``, which has the same keys, of ``before``."""
    return {
        key: _difference(before[key], value) if _both_dicts(before.get(key), value) else value
        for key, value in after.items()
        if key not in before or before[key] != value
    }


def _merge(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Apply a difference; None is a value and replaces the previous one."""
    return before | {
        key: _merge(before[key], value) if _both_dicts(before.get(key), value) else value
        for key, value in changes.items()
    }


def _both_dicts(before: object, after: object) -> bool:
    return isinstance(before, dict) and isinstance(after, dict)
