"""Read and validate a recording."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from core.errors import RecordingError
from core.validation import first_error
from dashboard.domain.inputs import Input
from dashboard.recordings.format import (
    FORMAT,
    VERSION,
    Header,
    ObjectLine,
    ObservationLine,
    decode,
    to_input,
)
from dashboard.recordings.migration import upgrade
from dashboard.recordings.observations import ObservationReader

_MAX_LINE_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Step:
    """An input and its time of arrival."""

    at: float
    """Unix seconds."""
    input: Input


@dataclass(frozen=True)
class ObjectLocation:
    """The position of an object in the file."""

    offset: int
    """Of its line, in bytes."""
    size: int
    """Of its line, in bytes."""
    at: float
    """Unix seconds at which it was recorded."""


@dataclass(frozen=True)
class Recording:
    """A validated recording."""

    path: Path
    header: Header
    steps: tuple[Step, ...]
    """In order of arrival."""
    objects: dict[str, ObjectLocation]
    """By the object's name."""
    truncated: bool
    """Whether the last line is incomplete: the recorder was interrupted."""

    @property
    def start(self) -> float:
        """Return the Unix seconds at which it was started."""
        return self.header.at

    @property
    def end(self) -> float:
        """Return the Unix seconds of its last input."""
        return self.steps[-1].at if self.steps else self.header.at

    @property
    def duration(self) -> float:
        """Return its duration in seconds."""
        return self.end - self.start

    def read_object(self, name: str) -> bytes | None:
        """Read an object; None if the recording does not hold it or the file is gone."""
        location = self.objects.get(name)
        return _object_at(self.path, location.offset) if location else None


def read(path: Path) -> Recording:
    """Read a whole recording; raises RecordingError, which names an invalid line."""
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}.") from None


def read_header(path: Path) -> Header:
    """Read the first line of a recording; raises RecordingError."""
    try:
        with path.open("rb") as file:
            return _header(path, file.readline(_MAX_LINE_BYTES))
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}.") from None


@dataclass
class _Content:
    """The lines that were read so far."""

    version: int
    steps: list[Step] = field(default_factory=list)
    objects: dict[str, ObjectLocation] = field(default_factory=dict)
    observations: ObservationReader = field(default_factory=ObservationReader)

    def add(self, text: bytes, offset: int) -> None:
        line = decode(upgrade(text, self.version))
        if isinstance(line, ObjectLine):
            base64.b64decode(line.data, validate=True)
            self.objects[line.name] = ObjectLocation(offset, len(text), line.at)
            return
        if isinstance(line, ObservationLine):
            value: Input = self.observations.read(line)
        else:
            value = to_input(line)
        # Inputs of two threads may be recorded in another order than that of their times.
        at = max(line.at, self.steps[-1].at) if self.steps else line.at
        self.steps.append(Step(at, value))


def _read(path: Path, file: BinaryIO) -> Recording:
    header = _header(path, file.readline(_MAX_LINE_BYTES))
    content, truncated = _Content(header.version), False
    for number, offset, text in _lines(file):
        try:
            content.add(text, offset)
        except ValueError as error:
            if file.read(1):
                raise RecordingError(f"Line {number} of {path} {_fault(error)}") from None
            truncated = True
    return Recording(path, header, tuple(content.steps), content.objects, truncated)


def _object_at(path: Path, offset: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            line = decode(file.readline(_MAX_LINE_BYTES))
    except (OSError, ValidationError):
        return None
    return base64.b64decode(line.data) if isinstance(line, ObjectLine) else None


def _lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, offset and text of each line after the first."""
    number, offset = 2, file.tell()
    while text := file.readline(_MAX_LINE_BYTES):
        yield number, offset, text
        number, offset = number + 1, offset + len(text)


def _header(path: Path, text: bytes) -> Header:
    no_recording = RecordingError(f"{path} is not a recording: its first line is no header.")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise no_recording from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise no_recording
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        raise RecordingError(
            f"{path} was made by a newer version of this project (format {version}; this one "
            f"plays up to {VERSION}). Update to play it."
        )
    try:
        return Header.model_validate(fields)
    except ValidationError as error:
        raise RecordingError(f"Line 1 of {path} {_fault(error)}") from None


def _fault(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        name, reason = first_error(error)
        return f"is damaged: {name or 'it'} {reason}."
    return "is damaged: the bytes of its object are incomplete."
