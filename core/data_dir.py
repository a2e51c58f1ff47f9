"""Check DATA_DIR: it can be written, and its disk has room."""

import os
import shutil
from pathlib import Path

from core.errors import SettingsError
from core.private_files import make_private_folder

MIN_FREE_BYTES = 200 * 2**20
"""For a start: room for SQLite's journal and some pictures."""
FULL_BELOW_BYTES = 50 * 2**20
"""For a running process: with less, a job may be refused at any moment."""


def check_data_dir(folder: Path, min_free: int = MIN_FREE_BYTES) -> int:
    """Create the folder if it is missing; return the free bytes of its disk.

    Raises SettingsError if it cannot be written, or if less than ``min_free`` bytes are free.
    """
    try:
        make_private_folder(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise SettingsError(f"DATA_DIR {folder} cannot be used: {error.strerror}.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(
            f"DATA_DIR {folder} cannot be written to. Change its owner or permissions, or set "
            "DATA_DIR to another folder."
        )
    if free < min_free:
        raise SettingsError(
            f"Only {free // 2**20} MB are free on the disk of DATA_DIR {folder}. "
            "Free some space, or set DATA_DIR to another disk. Nothing was deleted."
        )
    return free
