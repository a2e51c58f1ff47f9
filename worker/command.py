"""The command `python -m worker`: settings, signal handlers, exit codes."""

import logging
import os
import sys
import time
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from core.errors import (
    ApplicationError,
    ModelUnavailable,
    SettingsError,
    StoreError,
    first_line,
)
from core.logs import configure
from core.settings import Settings, load_settings
from wire.backends import open_events, open_queue, open_store
from wire.events.base import Events
from wire.messages.event import Event, Kind
from wire.messages.model import ModelCapabilities
from wire.stores.base import Store
from wire.stores.capabilities import write_capabilities
from worker.health import Health
from worker.shutdown import ShutdownSignal, on_signal, stop_with_parent

if TYPE_CHECKING:
    from worker.context import WorkerContext
    from worker.generator import Generator

log = logging.getLogger(__name__)


def main() -> None:
    """Process the jobs of the configured queue until SIGTERM or Ctrl+C.

    Settings are environment variables, or lines in .env; see the documentation.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        configure("text")
        raise typer.Exit(_log_error(error)) from None
    configure(settings.log_format)
    _export_hub_token(settings)
    try:
        _run(settings)
    except ApplicationError as error:
        raise typer.Exit(_log_error(error)) from None


def _export_hub_token(settings: Settings) -> None:
    # huggingface_hub reads its token from the environment, which lines of .env are not part of.
    if settings.hf_token:
        os.environ["HF_TOKEN"] = settings.hf_token.get_secret_value()


def _run(settings: Settings) -> None:
    shutdown = ShutdownSignal(settings.grace_period)
    on_signal(partial(_exit, shutdown))
    if os.environ.get("STOP_WITH_PARENT") == "1":
        stop_with_parent()
    with ExitStack() as stack:
        health = Health()
        _start_http(settings, health, stack)
        context = _build_context(settings, shutdown, health, stack)
        # From here on, jobs may be in progress.
        on_signal(shutdown.request)
        from worker.stages.run import run
        from worker.telemetry import publish_telemetry

        stack.enter_context(publish_telemetry(context))
        run(context)


def _exit(shutdown: ShutdownSignal) -> None:
    """Exit at once: no job was received yet."""
    shutdown.request()
    sys.exit(0)


def _start_http(settings: Settings, health: Health, stack: ExitStack) -> None:
    if settings.worker_port:
        from worker.http import serve

        server = serve(settings.worker_port, health)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)


def _build_context(
    settings: Settings, shutdown: ShutdownSignal, health: Health, stack: ExitStack
) -> "WorkerContext":
    from worker.context import WorkerContext
    from worker.loading_time import LoadingTime
    from worker.retry import retry_transient

    events = retry_transient(lambda: open_events(settings), shutdown)
    stack.enter_context(closing(events))
    stack.callback(_emit, events, settings, "stopped")
    loading_started_at = time.time()
    generator = _load(settings, events)
    loading = LoadingTime(loading_started_at, time.time())
    store = open_store(settings)
    _announce(generator.model.capabilities, events, store, settings)
    queue = retry_transient(lambda: open_queue(settings), shutdown)
    stack.enter_context(closing(queue))
    return WorkerContext(queue, events, store, generator, settings, shutdown, health, loading)


def _load(settings: Settings, events: Events) -> "Generator":
    _emit(events, settings, "loading", settings.model_id)
    log.info("Loading %s.", settings.model_id)
    from worker.metrics import MODEL_LOADED

    try:
        from worker.pipeline import hub_client, loras
        from worker.pipeline.load import load
        from worker.pipeline.read import LoadOptions
    except (ImportError, OSError) as error:  # OSError: a shared library of PyTorch
        raise ModelUnavailable(
            f"The worker's packages are incomplete: {first_line(error)}"
        ) from None

    hub_client.use_environment()
    options = LoadOptions(
        dtype=settings.dtype,
        quantize=settings.quantize,
        safety_checker=settings.safety_checker,
        vae=settings.vae,
        compile=settings.compile,
        lora_sources=loras.sources(settings),
        previews=settings.previews,
    )
    generator = load(settings.model_id, settings.device, options)
    MODEL_LOADED.set(1)
    log.info("Ready on %s.", generator.model.device)
    return generator


def _announce(
    capabilities: ModelCapabilities, events: Events, store: Store, settings: Settings
) -> None:
    """Publish what the model accepts, and store it for dashboards that start later."""
    _emit(events, settings, "ready", settings.model_id, model=capabilities)
    try:
        write_capabilities(store, capabilities)
    except StoreError as error:
        log.warning("The model's capabilities were not stored: %s", error)


def _emit(
    events: Events, settings: Settings, kind: Kind, detail: str | None = None, **fields: Any
) -> None:
    from worker.context import worker_name

    events.publish(Event(kind=kind, worker=worker_name(settings), detail=detail, **fields))


def _log_error(error: ApplicationError) -> int:
    log.error("%s", error)
    if isinstance(error, SettingsError):
        return 2
    return 3 if isinstance(error, ModelUnavailable) else 4
