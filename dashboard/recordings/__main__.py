"""`python -m dashboard.recordings`: record without a page, check recordings, make souvenirs."""

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from core import logs
from core.errors import ApplicationError, RecordingError
from core.settings import load_settings
from dashboard import runtime
from dashboard.presentation import formatting
from dashboard.recordings import control
from dashboard.recordings.reader import read
from dashboard.recordings.souvenir.make import souvenir as make_souvenir

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def record(
    file: Annotated[Path, typer.Argument(help="The file to create.")],
    name: Annotated[str, typer.Option(help="Shown in the list of recordings.")] = "Recording",
    seconds: Annotated[float | None, typer.Option(help="Duration; default: until Ctrl+C.")] = None,
) -> None:
    """Record the queue, store and fleet of the settings, without serving pages."""
    settings = load_settings()
    logs.configure(settings.log_format)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        control.start(runtime.start(settings), name, file)
        print(f"Recording to {file}. Ctrl+C stops it.", flush=True)
        stopping.wait(seconds)
    finally:
        progress = control.stop()
        runtime.stop()
    if progress and progress.error:
        raise SystemExit(progress.error)
    check(file)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="A recording.")]) -> None:
    """Read a recording and print a summary."""
    recording = read(file)
    truncated = " Its end is missing: recording was interrupted." if recording.truncated else ""
    pictures = sum(name.endswith(".png") for name in recording.objects)
    print(
        f"“{recording.header.name}”: {formatting.duration(recording.duration)} "
        f"in {recording.header.mode} mode, "
        f"{formatting.pluralize(pictures, 'picture')}, "
        f"{formatting.pluralize(len(recording.steps), 'input')}.{truncated}"
    )


@app.command()
def souvenir(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    output: Annotated[
        Path | None, typer.Argument(help="The file to write; default: beside the recording.")
    ] = None,
) -> None:
    """Write a recording as one HTML file that replays without a server."""
    target = output or file.with_suffix(".html")
    page = make_souvenir(read(file), zone=None)
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise RecordingError(f"{target} cannot be written: {error.strerror}.") from None
    print(f"{target}, {formatting.size(len(page.encode()))}. Open it with any browser.")


if __name__ == "__main__":
    try:
        app()
    except ApplicationError as error:
        sys.exit(str(error))
