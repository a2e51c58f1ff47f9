"""`python -m dashboard.recordings`: record without a page, and look into recordings."""

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from core import logs
from core.errors import ApplicationError
from core.settings import load_settings
from dashboard import runtime
from dashboard.presentation import formatting
from dashboard.recordings import control
from dashboard.recordings.reader import read

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def record(
    file: Annotated[Path, typer.Argument(help="The file to make.")],
    name: Annotated[str, typer.Option(help="What people call it.")] = "Recording",
    seconds: Annotated[float | None, typer.Option(help="How long; else until Ctrl+C.")] = None,
) -> None:
    """Record what the settings' queue, store and fleet do, with no page."""
    settings = load_settings()
    logs.configure(settings.log_format)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        control.start(runtime.start(settings), name, file)
        print(f"Recording to {file}. Ctrl+C ends it.", flush=True)
        ended.wait(seconds)
    finally:
        progress = control.stop()
        runtime.stop()
    if progress.error:
        raise SystemExit(progress.error)
    check(file)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="A recording.")]) -> None:
    """Read a whole recording and say what it holds."""
    found = read(file)
    cut = " Its end is missing: the recorder was interrupted." if found.cut else ""
    pictures = sum(name.endswith(".png") for name in found.places)
    print(
        f"“{found.header.name}”: {formatting.duration(found.duration)} "
        f"in {found.header.mode} mode, "
        f"{formatting.pluralize(pictures, 'picture')}, "
        f"{formatting.pluralize(len(found.steps), 'reading')}.{cut}"
    )


if __name__ == "__main__":
    try:
        app()
    except ApplicationError as error:
        sys.exit(str(error))
