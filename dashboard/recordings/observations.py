"""Looks as lines: each says only what changed since the one before.

A fleet is read twice a second and changes rarely, so this makes a recording about ten times
smaller than whole readings would.
"""

from typing import Any

from pydantic import TypeAdapter

from dashboard.domain.inputs import Observation
from dashboard.recordings.format import LookLine
from dashboard.recordings.redaction import redacted

_look = TypeAdapter(Observation)
_EMPTY: dict[str, Any] = _look.dump_python(Observation(at=0.0), mode="json", exclude={"at"})


class LookWriter:
    """Writes looks, one after the other."""

    def __init__(self) -> None:
        self._before = _EMPTY

    def line(self, look: Observation) -> LookLine:
        """Say what changed; sentences lose the addresses that they name."""
        plain = redacted(_look.dump_python(look, mode="json", exclude={"at"}))
        changes = difference(self._before, plain)
        self._before = plain
        return LookLine(at=look.at, changes=changes)


class LookReader:
    """Reads looks back, one after the other."""

    def __init__(self) -> None:
        self._before = _EMPTY

    def look(self, line: LookLine) -> Observation:
        """Return the whole look; raises pydantic's ValidationError."""
        self._before = merged(self._before, line.changes)
        return _look.validate_python(self._before | {"at": line.at})


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
