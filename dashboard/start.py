"""`python -m dashboard`: check the settings, then run the server in this process.

Arguments are options of `streamlit run`, such as `--server.address 127.0.0.1`.
"""

import os
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path

import click

from core.errors import ApplicationError, SettingsError
from core.private_files import make_private_folder
from core.settings import Settings, load_settings
from dashboard.recordings.reader import read_header

_SERVER = Path(__file__).with_name("server.py")
_MIN_FREE_BYTES = 200 * 2**20
"""Room for SQLite's journal and some pictures."""


def main() -> None:
    """Start the dashboard, or exit with a sentence about what to change."""
    try:
        settings = load_settings()
        _check_port(settings.port)
        _check_data_dir(settings)
        if settings.replay:
            read_header(settings.replay)
    except ApplicationError as error:
        sys.exit(str(error))
    address = f"http://localhost:{settings.port}{settings.base_path}"
    print(f"Open {address} · Ctrl+C stops everything", flush=True)
    _serve(settings)


def _serve(settings: Settings) -> None:
    from streamlit.web import cli

    # The web server would believe any program of this machine what its client's address is;
    # dashboard/routes/middleware.py believes TRUSTED_PROXIES.
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    arguments = ["run", str(_SERVER), "--server.port", str(settings.port), *sys.argv[1:]]
    # Which of them Ctrl+C raises depends on the progress of the server's shutdown.
    with suppress(KeyboardInterrupt, click.Abort):
        cli.main(arguments, standalone_mode=False)
    print("Stopped. The queue and the pictures are kept.", flush=True)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} cannot be used ({error.strerror}). Is a dashboard running already? "
                f"To use another: PORT={port + 1} make demo"
            ) from None


def _check_data_dir(settings: Settings) -> None:
    folder = settings.data_dir
    try:
        make_private_folder(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise SettingsError(f"DATA_DIR {folder} cannot be used: {error.strerror}.") from None
    if not os.access(folder, os.W_OK):
        raise SettingsError(f"DATA_DIR {folder} cannot be written to.")
    if free < _MIN_FREE_BYTES:
        raise SettingsError(
            f"Only {free // 2**20} MB are free on the disk of DATA_DIR {folder}. "
            "Free some space, or set DATA_DIR to another disk. Nothing was deleted."
        )
