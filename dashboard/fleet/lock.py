"""The lock that makes one supervisor per data directory active."""

from pathlib import Path

from filelock import FileLock, Timeout

from core.private_files import make_private_folder


class SupervisorLock:
    """A lock file in the data directory, held until it is released or the process ends."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = FileLock(data_dir / "supervisor.lock", timeout=0, thread_local=False)

    def acquire(self) -> str | None:
        """Acquire the lock, unless it is held already; return a sentence if that fails."""
        if self._lock.is_locked:
            return None
        try:
            make_private_folder(self._data_dir)
            self._lock.acquire()
        except Timeout:
            return "Another process on this data folder runs the workers."
        except OSError as error:
            return f"The lock in {self._data_dir} cannot be acquired: {error.strerror}."
        return None

    def release(self) -> None:
        """Let another supervisor acquire the lock."""
        self._lock.release()
