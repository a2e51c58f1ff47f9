"""Files and folders that only their owner may read: prompts, pictures and logs are private."""

import os
import threading
from pathlib import Path

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_creating = threading.Lock()
"""Another thread of this process uses a file only once this one has closed it."""


def make_private_folder(folder: Path) -> None:
    """Create a folder for its owner only, with its parents. An existing folder stays as it is.

    Its permissions are a decision of whoever created it. Raises OSError.
    """
    if not folder.parent.exists():
        make_private_folder(folder.parent)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)


def make_private_file(file: Path) -> None:
    """Create a file for its owner only, or take the permissions of others away. Raises OSError.

    An existing file is not opened: closing it would drop all locks that this process has on it,
    SQLite's among them.
    """
    with _creating:
        if not file.exists():
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, _FILE_MODE))
    status = file.stat()
    if status.st_uid == os.geteuid() and status.st_mode & 0o077:
        file.chmod(_FILE_MODE)
