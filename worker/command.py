"""What `python -m worker` does, from its settings to its exit code."""

import logging
import os
import sys
from contextlib import ExitStack, closing
from functools import partial

import typer

from core.errors import ApplicationError, ModelUnavailable, SettingsError
from core.logs import configure
from core.settings import Settings, load_settings
from wire.backends import open_events, open_queue, open_store
from wire.events.base import Events
from wire.messages.event import Event, Kind
from worker.shutdown import ShutdownSignal, on_signal, stop_with_parent

log = logging.getLogger(__name__)


def main() -> None:
    """Paint the jobs of the queue that the settings name, until SIGTERM or Ctrl+C.

    README lists the settings: environment variables, or lines in .env.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        configure("text")
        raise typer.Exit(_complain(error)) from None
    configure(settings.log_format)
    try:
        _run(settings)
    except ApplicationError as error:
        raise typer.Exit(_complain(error)) from None


def _run(settings: Settings) -> None:
    shutdown = ShutdownSignal(settings.grace_period)
    on_signal(partial(_leave, shutdown))
    if os.environ.get("STOP_WITH_PARENT") == "1":
        stop_with_parent()
    with ExitStack() as stack:
        _serve(settings, stack)
        context = _open(settings, shutdown, stack)
        # From here on there may be jobs to finish.
        on_signal(shutdown.request)
        from worker.loop import work

        work(context)


def _leave(shutdown: ShutdownSignal) -> None:
    """Stop at once: no job was taken yet."""
    shutdown.request()
    sys.exit(0)


def _serve(settings: Settings, stack: ExitStack) -> None:
    if settings.worker_port:
        from worker.http import serve

        server = serve(settings.worker_port)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)


def _open(settings: Settings, shutdown: ShutdownSignal, stack: ExitStack):
    from worker.context import WorkerContext
    from worker.retry import retry_transient

    events = retry_transient(lambda: open_events(settings), shutdown)
    stack.enter_context(closing(events))
    stack.callback(_tell, events, settings, "stopped")
    generator = _load(settings, events)
    queue = retry_transient(lambda: open_queue(settings), shutdown)
    stack.enter_context(closing(queue))
    return WorkerContext(queue, events, open_store(settings), generator, settings, shutdown)


def _load(settings: Settings, events: Events):
    _tell(events, settings, "loading", settings.model_id)
    log.info("Loading %s.", settings.model_id)
    from worker.generator_diffusers import load
    from worker.metrics import MODEL_LOADED

    generator = load(settings.model_id, settings.device)
    MODEL_LOADED.set(1)
    _tell(events, settings, "ready", settings.model_id)
    log.info("Ready on %s.", generator.model.device)
    return generator


def _tell(events: Events, settings: Settings, kind: Kind, detail: str | None = None) -> None:
    from worker.context import worker_name

    events.publish(Event(kind=kind, worker=worker_name(settings), detail=detail))


def _complain(error: ApplicationError) -> int:
    log.error("%s", error)
    if isinstance(error, SettingsError):
        return 2
    return 3 if isinstance(error, ModelUnavailable) else 4
