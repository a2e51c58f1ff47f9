"""Files and folders that only their owner may read: prompts, pictures and logs are private."""

import os
from pathlib import Path

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


def make_private_folder(folder: Path) -> None:
    """Create a folder for its owner only, with its parents. An existing folder stays as it is.

    Its permissions are a decision of whoever created it. Raises OSError.
    """
    if not folder.parent.exists():
        make_private_folder(folder.parent)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)


def make_private_file(file: Path) -> None:
    """Create a file for its owner only, or take the permissions of others away. Raises OSError."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, _FILE_MODE)
    try:
        status = os.fstat(descriptor)
        if status.st_uid == os.geteuid() and status.st_mode & 0o077:
            os.fchmod(descriptor, _FILE_MODE)
    finally:
        os.close(descriptor)
