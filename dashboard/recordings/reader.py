"""Reading a recording back: checked whole before anything of it is played."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
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
    LookLine,
    ObjectLine,
    decode,
    input_of,
)
from dashboard.recordings.observations import LookReader

LONGEST_LINE = 8 * 2**20
"""Bytes; a line of ours is far shorter."""


@dataclass(frozen=True)
class Step:
    """One input, and when it entered."""

    at: float
    """Unix seconds."""
    input: Input


@dataclass(frozen=True)
class ObjectLocation:
    """Where in the file an object lies."""

    offset: int
    """Of its line, in bytes."""
    size: int
    """Of its line, in bytes."""
    at: float
    """Unix seconds at which it was recorded."""


@dataclass(frozen=True)
class Recording:
    """A run, ready to be played."""

    path: Path
    header: Header
    steps: tuple[Step, ...]
    """In the order in which they entered."""
    places: dict[str, ObjectLocation]
    """The objects in the file, by name."""
    cut: bool
    """Whether the last line was incomplete: whatever recorded it ended in the middle."""

    @property
    def start(self) -> float:
        """Unix seconds at which it was started."""
        return self.header.at

    @property
    def end(self) -> float:
        """Unix seconds of the last thing in it."""
        return self.steps[-1].at if self.steps else self.header.at

    @property
    def duration(self) -> float:
        """Seconds that it lasts."""
        return self.end - self.start

    def object(self, name: str) -> bytes | None:
        """Read an object from the file; None if it is not in it, or the file is gone."""
        place = self.places.get(name)
        return None if place is None else _object_at(self.path, place.offset)


def read(path: Path) -> Recording:
    """Read a whole recording; raises RecordingError with a sentence that names the line."""
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}.") from None


def read_header(path: Path) -> Header:
    """Read only what a recording says of itself; raises RecordingError."""
    try:
        with path.open("rb") as file:
            return _header(path, file.readline(LONGEST_LINE))
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}.") from None


@dataclass
class _Pages:
    """What was read so far."""

    steps: list[Step]
    places: dict[str, ObjectLocation]
    looks: LookReader

    def add(self, text: bytes, offset: int) -> None:
        line = decode(text)
        if isinstance(line, ObjectLine):
            base64.b64decode(line.data, validate=True)
            self.places[line.name] = ObjectLocation(offset, len(text), line.at)
            return
        one = self.looks.look(line) if isinstance(line, LookLine) else input_of(line)
        # Two threads may tell of things in another order than they took the time.
        at = max(line.at, self.steps[-1].at) if self.steps else line.at
        self.steps.append(Step(at, one))


def _read(path: Path, file: BinaryIO) -> Recording:
    header = _header(path, file.readline(LONGEST_LINE))
    pages, cut = _Pages([], {}, LookReader()), False
    for number, offset, text in _lines(file):
        try:
            pages.add(text, offset)
        except ValueError as error:
            if file.read(1):
                raise RecordingError(f"Line {number} of {path} {_fault(error)}") from None
            cut = True
    return Recording(path, header, tuple(pages.steps), pages.places, cut)


def _object_at(path: Path, offset: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            line = decode(file.readline(LONGEST_LINE))
    except (OSError, ValidationError):
        return None
    return base64.b64decode(line.data) if isinstance(line, ObjectLine) else None


def _lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, offset and text of each line after the first."""
    number, offset = 2, file.tell()
    while text := file.readline(LONGEST_LINE):
        yield number, offset, text
        number, offset = number + 1, offset + len(text)


def _header(path: Path, text: bytes) -> Header:
    foreign = RecordingError(f"{path} is not a recording: its first line does not say so.")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise foreign from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise foreign
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
        field, reason = first_error(error)
        return f"is damaged: {field or 'it'} {reason}."
    return "is damaged: the bytes of its object are incomplete."
