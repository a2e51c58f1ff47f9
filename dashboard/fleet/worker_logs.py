"""Log files of local workers: limit their size, and find a worker's last message."""

import json
import os
import re
import shutil
from pathlib import Path
from textwrap import shorten
from typing import BinaryIO

from core.private_files import make_private_folder

_MAX_BYTES_AT_START = 1024 * 1024
_MAX_BYTES_IN_USE = 4 * 1024 * 1024
_TAIL_BYTES = 16 * 1024
_MAX_MESSAGE_LENGTH = 300
_TEXT_LINE = re.compile(r"\d\d:\d\d:\d\d [A-Z]+ +\S+ (?:\[\S+\] )?(?P<message>.*)")
"""A line of core.logs.TextFormatter."""


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to it; a large log is first renamed to ``….log.1``."""
    make_private_folder(path.parent)
    if path.exists() and path.stat().st_size > _MAX_BYTES_AT_START:
        path.replace(_backup(path))
    return path.open("ab")


def truncate_large_log(path: Path) -> bool:
    """Copy a large log to ``….log.1`` and truncate it; return whether that was done.

    The process that has the log open continues at its beginning, since it appends. A line that
    it writes between the two steps is lost. If the copy fails, the log is left as it is.
    """
    try:
        if path.stat().st_size <= _MAX_BYTES_IN_USE:
            return False
        shutil.copyfile(path, _backup(path))
        os.truncate(path, 0)
    except OSError:
        return False
    return True


def _backup(path: Path) -> Path:
    return path.with_suffix(".log.1")


def last_message(path: Path, start: int) -> str | None:
    """Return the message of the last line that was logged at or after byte ``start``."""
    try:
        with path.open("rb") as log:
            log.seek(max(start, path.stat().st_size - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    last = next((line.strip() for line in reversed(lines) if line.strip()), None)
    return shorten(_message(last), _MAX_MESSAGE_LENGTH, placeholder=" …") if last else None


def _message(line: str) -> str:
    """Return the message of a formatted log line; any other line is returned whole."""
    if match := _TEXT_LINE.fullmatch(line):
        return match["message"]
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    return str(fields.get("message", line)) if isinstance(fields, dict) else line
