"""The store of the local mode: one file per object in a folder.

A file is written under a hidden temporary name in the same folder, synced to disk and renamed, so
that neither a crash nor a full disk leaves a partial object. Then the folder is synced, which
contains the name.
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
from core.private_files import make_private_folder
from wire.stores.base import Entry, checked_name

_TEMPORARY_PREFIX = ".unfinished-"
_ABANDONED_AFTER_SECONDS = 3600.0
"""Age at which a temporary file belongs to no running process: writing takes moments."""

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class DirectoryStore:
    """Objects as files of a folder, which is created by the first write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cleaned = False

    def put(self, name: str, body: bytes, content_type: str) -> None:  # noqa: ARG002
        """Write an object. Raises StoreFull or StoreUnavailable, and then keeps the old object.

        Files have no content type; the suffix of the name implies it.
        """
        path = self._path(name)
        with self._translated_errors():
            make_private_folder(self._folder)
            self._write_atomically(path, body)

    def get(self, name: str) -> bytes:
        """Read an object. Raises ObjectMissing."""
        path = self._path(name)
        with self._translated_errors():
            try:
                return path.read_bytes()
            except FileNotFoundError:
                raise ObjectMissing(f"The store has no object named {name}.") from None

    def exists(self, name: str) -> bool:
        """Return whether an object of that name exists."""
        return self._exists_for(self._path(name).stat)

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List objects by name, reading the status of each file lazily."""
        for name in self._names(after, prefix):
            if status := self._status(self._path(name)):
                yield Entry(name, status.st_size, status.st_mtime)

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""
        self._exists_for(self._path(name).unlink)

    def check(self) -> None:
        """Raise StoreUnavailable if the folder is not writable."""
        with self._translated_errors():
            make_private_folder(self._folder)
            if not os.access(self._folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "no permission to write")
            self._delete_abandoned_files()

    def _path(self, name: str) -> Path:
        # Slashes are quoted: all objects are files of one folder.
        return self._folder / quote(checked_name(name), safe="")

    def _status(self, path: Path) -> os.stat_result | None:
        """Return the status of a file, or None if it was deleted since the folder was listed."""
        with self._translated_errors():
            try:
                return path.stat()
            except FileNotFoundError:
                return None

    def _names(self, after: str, prefix: str) -> list[str]:
        with self._translated_errors():
            try:
                files = os.listdir(self._folder)  # noqa: PTH208, four times as fast as iterdir
            except FileNotFoundError:
                return []
        # Marks are listed every few seconds among many pictures: only matching names are unquoted.
        quoted_prefix = quote(prefix, safe="")
        matching = (
            file for file in files if file.startswith(quoted_prefix) and not file.startswith(".")
        )
        names = map(unquote, matching)
        return sorted(name for name in names if name > after)

    def _write_atomically(self, path: Path, body: bytes) -> None:
        with NamedTemporaryFile(dir=self._folder, prefix=_TEMPORARY_PREFIX, delete=False) as file:
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

    def _delete_abandoned_files(self) -> None:
        """Delete temporary files of killed processes, once."""
        if self._cleaned:
            return
        self._cleaned = True
        newest_abandoned = time.time() - _ABANDONED_AFTER_SECONDS
        for file in self._folder.glob(f"{_TEMPORARY_PREFIX}*"):
            with suppress(OSError):  # deleted or renamed by another process
                if file.stat().st_mtime < newest_abandoned:
                    file.unlink()

    def _exists_for(self, action: Callable[[], object]) -> bool:
        with self._translated_errors():
            try:
                action()
            except FileNotFoundError:
                return False
        return True

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise StoreFull(
                    f"The disk of {self._folder} is full. Nothing was lost: "
                    "free some space, and work continues."
                ) from None
            raise StoreUnavailable(
                f"The folder {self._folder} cannot be used: {error.strerror}. Its pictures are "
                "kept; check the permissions and the disk."
            ) from None
