"""A zip file that is sent while it is written: no part of it waits in memory or on a disk."""

import zipfile
from datetime import UTC, datetime

_FIRST_YEAR = 1980
"""Zip files cannot contain earlier times."""


class ZipStream:
    """Writes a zip file in parts; files are not compressed, as PNG files already are."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w")

    def add(self, name: str, body: bytes, at: float) -> bytes:
        """Return the part of the archive with one more file; ``at`` is its time in Unix seconds."""
        time = datetime.fromtimestamp(at, UTC)
        date_time = (max(_FIRST_YEAR, time.year), *time.timetuple()[1:6])
        self._zip.writestr(zipfile.ZipInfo(name, date_time), body)
        return self._sink.take()

    def close(self) -> bytes:
        """Return the end of the archive: its directory."""
        self._zip.close()
        return self._sink.take()


class _Sink:
    """A file that ``zipfile`` writes to without seeking, and whose parts can be taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Do nothing: the parts are taken after each file."""

    def close(self) -> None:
        """Do nothing: the last part is taken after the end of the archive."""

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
