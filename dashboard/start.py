"""`python -m dashboard`: check the settings, then run the server in this process.

Arguments are options of `streamlit run`, such as `--server.address 127.0.0.1`.
"""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

import click

from core.data_dir import check_data_dir
from core.errors import ApplicationError, SettingsError
from core.settings import Settings, load_settings
from dashboard.recordings.reader import read_header

_SERVER = Path(__file__).with_name("server.py")


def main() -> None:
    """Start the dashboard, or exit with a sentence about what to change."""
    try:
        settings = load_settings()
        check_port(settings.port)
        check_data_dir(settings.data_dir)
        if settings.replay:
            read_header(settings.replay)
    except ApplicationError as error:
        sys.exit(str(error))
    address = f"http://localhost:{settings.port}{settings.base_path}"
    print(f"Open {address} · Ctrl+C stops everything", flush=True)
    _serve(settings)


def _serve(settings: Settings) -> None:
    from streamlit.web import cli

    from dashboard.routes.connections import bound_requests, bounds_for, raise_file_limit

    bound_requests(bounds_for(raise_file_limit()))
    # The web server would accept its client's address from any program of this machine;
    # dashboard/routes/middleware.py accepts it from TRUSTED_PROXIES.
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    arguments = ["run", str(_SERVER), "--server.port", str(settings.port), *sys.argv[1:]]
    # Which of them Ctrl+C raises depends on the progress of the server's shutdown.
    with suppress(KeyboardInterrupt, click.Abort):
        cli.main(arguments, standalone_mode=False)
    print("Stopped. The queue and the pictures are kept.", flush=True)


def check_port(port: int) -> None:
    """Raise SettingsError if no server can listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} cannot be used ({error.strerror}). Is a dashboard running already? "
                f"To use another: PORT={port + 1} make demo"
            ) from None
