"""Probes and Prometheus' metrics."""

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard import runtime
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.routes import metrics
from dashboard.routes.errors import NO_STORE, json_route, with_refusals
from dashboard.runtime.context import AppContext

_STALE_AFTER_SECONDS = 15.0
"""The age at which a reading no longer proves that its source responds."""


def newest_context() -> AppContext:
    """Return the context of the live run, whatever pages show; the replay's without one."""
    return runtime.live() or runtime.current()


async def alive(_request: Request) -> Response:
    """Answer 200 as long as the process runs."""
    return JSONResponse({"status": "alive"}, headers=NO_STORE)


async def ready(_request: Request) -> Response:
    """Answer 200 only while queue and store respond and have room."""
    context = newest_context()
    unavailable = _unavailable_sources(context.sampler.snapshot(), context.now())
    if reasons := (*unavailable, *context.full_reasons()):
        raise HTTPException(503, " ".join(reasons))
    return JSONResponse({"status": "ready"}, headers=NO_STORE)


async def read_metrics(_request: Request) -> Response:
    """Return the latest readings in Prometheus' text format."""
    context = newest_context()
    dead_letters = context.sources.dead_letters.reading().value if context.sources else None
    text = metrics.exposition(context.sampler.snapshot(), context.now(), dead_letters)
    return PlainTextResponse(text, media_type=CONTENT_TYPE_LATEST)


def _unavailable_sources(snapshot: Snapshot, now: float) -> list[str]:
    """Return which of queue and store do not respond and why, in sentences."""
    readings: dict[str, Reading[Any]] = {"queue": snapshot.queue, "store": snapshot.store}
    return [
        " ".join(filter(None, (f"No answer from the {name}.", reading.error)))
        for name, reading in readings.items()
        if not _responds(reading, now)
    ]


def _responds(reading: Reading[Any], now: float) -> bool:
    age = reading.age(now)
    return reading.error is None and age is not None and age < _STALE_AFTER_SECONDS


ROUTES = with_refusals(
    json_route("/healthz", alive),
    json_route("/readyz", ready),
    json_route("/metrics", read_metrics),
)
