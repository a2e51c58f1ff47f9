"""The ASGI application: pages, HTTP routes, and one context for all sessions.

Start it with ``python -m dashboard`` from the repository's root.
"""

import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import NoReturn

import streamlit as st
from anyio import to_thread
from starlette.middleware import Middleware
from streamlit import config

from core import logs
from core.errors import ApplicationError
from core.settings import Settings, load_settings
from dashboard import access, runtime
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.urls import serve_below
from dashboard.recordings import control, playback
from dashboard.routes import api, archive, files, health, join, queue, recordings, scripts
from dashboard.routes.base_path import below
from dashboard.routes.browser_cookie import BrowserCookie
from dashboard.routes.changed_elements import ChangedElements
from dashboard.routes.connections import (
    SessionLimit,
    bounds_for,
    raise_file_limit,
)
from dashboard.routes.middleware import BasePath, ClientAddress, KnownHosts
from dashboard.routes.openai import routes as openai
from dashboard.routes.refusals import ApiErrors, IgnoreDisconnects, ShortPaths
from dashboard.routes.security_headers import SecurityHeaders
from dashboard.routes.smaller_files import SmallerFiles
from dashboard.routes.v1 import routes as v1


def _read_settings() -> Settings:
    """Read the settings, and set the base path before Streamlit makes its routes."""
    try:
        settings = load_settings()
    except ApplicationError as error:
        _exit(error)
    serve_below(settings.base_path)
    config.set_option("server.baseUrlPath", settings.base_path.strip("/"))
    return settings


def _start() -> None:
    settings = _settings
    logs.configure(settings.log_format)
    if settings.replay:
        playback.start(settings.replay, settings)
    else:
        runtime.start(settings)
    snapshot = runtime.current().sampler.snapshot()
    access.policy()
    Thread(target=_warm_up, args=(snapshot,), name="warm-up", daemon=True).start()


def _stop() -> None:
    control.stop()
    playback.stop()
    runtime.stop()


def _warm_up(snapshot: Snapshot) -> None:
    """Load and compress in advance what the first visitor would wait for."""
    from dashboard.presentation.timeline import figure

    figure.draw(snapshot, 120).to_json()
    files.compressed_plotly()
    # Excludes the loaded modules from garbage collections, which pause all sessions.
    gc.collect()
    gc.freeze()


def _exit(error: ApplicationError) -> NoReturn:
    # The web server would print a stack trace of an exception. No thread is running yet that
    # a normal exit would stop.
    print(error, file=sys.stderr, flush=True)
    os._exit(1)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Start the context with the server, and stop it with the server."""
    try:
        await to_thread.run_sync(_start)
    except ApplicationError as error:
        _exit(error)
    try:
        yield
    finally:
        await to_thread.run_sync(_stop)


_settings = _read_settings()
_routes = [
    *v1.ROUTES,
    *queue.ROUTES,  # before those of the API, of which the last one matches every path
    *api.ROUTES,
    *archive.ROUTES,
    *files.ROUTES,
    *health.ROUTES,
    *join.ROUTES,
    *openai.ROUTES,
    *recordings.ROUTES,
    *scripts.ROUTES,
]

app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=lifespan,
    routes=below(_settings.base_path, _routes),
    middleware=[
        Middleware(IgnoreDisconnects),
        Middleware(SecurityHeaders),
        Middleware(ApiErrors, base_path=_settings.base_path),
        Middleware(ShortPaths),
        Middleware(ClientAddress, trusted=_settings.proxy_networks),
        Middleware(KnownHosts, settings=_settings),
        Middleware(SessionLimit, maximum=bounds_for(raise_file_limit()).sessions),
        Middleware(BrowserCookie, path=_settings.base_path),
        Middleware(BasePath, path=_settings.base_path),
        Middleware(SmallerFiles, base_path=_settings.base_path),
        Middleware(ChangedElements),
    ],
)
