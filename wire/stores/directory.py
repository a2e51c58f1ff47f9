"""The store as a folder: one file per object, for a machine on its own.

A file is written under a hidden name in the same folder and renamed when it is complete
and on the disk, so that a reader, a crash or a full disk never shows half a picture. Then
the folder goes to the disk too, which holds the name.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import quote, unquote

from core.errors import ObjectMissing, StoreFull, StoreUnavailable
from wire.stores.base import Entry, checked_name

_UNFINISHED = ".unfinished-"
_FORGOTTEN_SECONDS = 3600.0
"""Age at which an unfinished file is nobody's any more: writing one takes moments."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class DirectoryStore:
    """Objects as files of one folder, which is made when it is first written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._swept = False

    def put(self, name: str, body: bytes, content_type: str) -> None:  # noqa: ARG002
        """Write an object; raises StoreFull or StoreUnavailable and keeps the former one.

        A file has no content type: its name's ending says it.
        """
        path = self._path(name)
        with self._translated():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._replace(path, body)

    def get(self, name: str) -> bytes:
        """Read an object; raises ObjectMissing."""
        path = self._path(name)
        with self._translated():
            try:
                return path.read_bytes()
            except FileNotFoundError:
                raise ObjectMissing(f"The store holds no object named {name}.") from None

    def exists(self, name: str) -> bool:
        """Tell whether an object has that name."""
        return self._found(self._path(name).stat)

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List objects after ``after`` in order of name; each is looked at when its turn comes."""
        for name in self._names(after, prefix):
            path = self._path(name)
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # deleted since the folder was read
            yield Entry(name, status.st_size, status.st_mtime)

    def delete(self, name: str) -> None:
        """Remove an object; nothing happens if there is none."""
        self._found(self._path(name).unlink)

    def check(self) -> None:
        """Return if the folder can be written to, raise StoreUnavailable if not."""
        with self._translated():
            self._folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self._folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "no permission to write")
            self._sweep_once()

    def _path(self, name: str) -> Path:
        # A slash in a name is part of the name here, not a folder of its own.
        return self._folder / quote(checked_name(name), safe="")

    def _names(self, after: str, prefix: str) -> list[str]:
        with self._translated():
            try:
                files = os.listdir(self._folder)  # noqa: PTH208, four times as fast as iterdir
            except FileNotFoundError:
                return []
        # Marks are listed every few seconds among many pictures: only their names are decoded.
        begin = quote(prefix, safe="")
        found = (file for file in files if file.startswith(begin) and not file.startswith("."))
        names = map(unquote, found)
        return sorted(name for name in names if name > after)

    def _replace(self, path: Path, body: bytes) -> None:
        with NamedTemporaryFile(dir=self._folder, prefix=_UNFINISHED, delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _sweep_once(self) -> None:
        """Remove what processes left that were killed while they wrote."""
        if self._swept:
            return
        self._swept = True
        youngest = time.time() - _FORGOTTEN_SECONDS
        for file in self._folder.glob(f"{_UNFINISHED}*"):
            with suppress(OSError):  # another process sweeps too, or has just renamed it
                if file.stat().st_mtime < youngest:
                    file.unlink()

    def _found(self, action: Callable[[], object]) -> bool:
        with self._translated():
            try:
                action()
            except FileNotFoundError:
                return False
        return True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StoreFull(
                    f"The disk of {self._folder} is full. Nothing was lost: "
                    "free some space and the work goes on."
                ) from None
            raise StoreUnavailable(
                f"The folder {self._folder} cannot be used: {error.strerror}."
            ) from None
