"""The log files of local workers: kept small, and read for a worker's last words."""

import json
import re
from pathlib import Path
from typing import BinaryIO

_LARGEST = 1024 * 1024
_TAIL = 16 * 1024
"""Bytes."""
_LONGEST_SENTENCE = 300
_TEXT_LINE = re.compile(r"\d\d:\d\d:\d\d [A-Z]+ +\S+ (?:\[\S+\] )?(?P<message>.*)")
"""A line of wire.logs.TextFormatter."""


def open_log(path: Path) -> BinaryIO:
    """Open a log to write on at its end; a large one becomes ``….log.1`` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LARGEST:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def last_sentence(path: Path, start: int) -> str | None:
    """Return the last line of a log that was written at or after byte ``start``."""
    try:
        with path.open("rb") as log:
            log.seek(max(start, path.stat().st_size - _TAIL))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    last = next((line.strip() for line in reversed(lines) if line.strip()), None)
    return _message(last)[:_LONGEST_SENTENCE] if last else None


def _message(line: str) -> str:
    """Take the message out of a log line; other lines are messages as they are."""
    if match := _TEXT_LINE.fullmatch(line):
        return match["message"]
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    return str(fields.get("message", line)) if isinstance(fields, dict) else line
