"""The log files of local workers: kept small, and read for a worker's last words."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import BinaryIO

_LARGEST = 1024 * 1024
_LARGEST_IN_USE = 4 * 1024 * 1024
_TAIL = 16 * 1024
"""Bytes."""
_LONGEST_SENTENCE = 300
_TEXT_LINE = re.compile(r"\d\d:\d\d:\d\d [A-Z]+ +\S+ (?:\[\S+\] )?(?P<message>.*)")
"""A line of core.logs.TextFormatter."""


def open_log(path: Path) -> BinaryIO:
    """Open a log to write on at its end; a large one becomes ``….log.1`` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LARGEST:
        path.replace(_older(path))
    return path.open("ab")


def emptied(path: Path) -> bool:
    """Empty a log that a process writes on once it is large; tell whether that was done.

    What it held becomes ``….log.1``. The process goes on at the beginning, since it appends;
    a line that it writes between the two steps is lost. A log that cannot be copied stays.
    """
    try:
        if path.stat().st_size <= _LARGEST_IN_USE:
            return False
        shutil.copyfile(path, _older(path))
        os.truncate(path, 0)
    except OSError:
        return False
    return True


def _older(path: Path) -> Path:
    return path.with_suffix(".log.1")


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
