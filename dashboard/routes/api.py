"""The HTTP API for programs: jobs, state, health and metrics."""

from dataclasses import asdict, is_dataclass
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard import access, runtime
from dashboard.domain.gpus import DeviceReading, current
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation.urls import absolute
from dashboard.routes import metrics, submissions
from dashboard.routes.errors import METHODS, NO_STORE, json_route, with_refusals
from dashboard.routes.jobs import find_job
from dashboard.routes.requests import program_role
from dashboard.runtime.context import AppContext
from wire.messages.object_names import metadata_name, parse_metadata_name

_STALE_AFTER_SECONDS = 15.0
"""The age at which a reading no longer proves that its source responds."""


def _respond(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, headers=NO_STORE)


async def create_job(request: Request) -> Response:
    """Publish a job, or with ``separate`` a job for each picture."""
    role = program_role(request)
    if not access.allowed(role, "submit"):
        raise HTTPException(401, "Login required: send the header Authorization: Bearer <key>.")
    fields = await submissions.read_fields(request)
    jobs = await submissions.submit(request, role, fields)
    links = [{"id": job.id, "url": absolute(f"/api/jobs/{job.id}")} for job in jobs]
    return _respond({"jobs": links} if fields.get("separate") else links[0], 202)


async def read_job(request: Request) -> Response:
    """Return a job's state and pictures."""
    job_id = request.path_params["id"]
    # The id becomes part of an object's name: nothing else may reach the store.
    is_id = parse_metadata_name(metadata_name(job_id)) is not None
    view = await find_job(job_id) if is_id else None
    if view is None:
        raise HTTPException(404, "There is no job with this id.")
    context = runtime.current()
    shown = view if program_role(request) == "presenter" else context.shown_job(view)
    return _respond(job_fields(shown, context.shown_pictures(view)))


def job_fields(view: JobView, pictures: tuple[str, ...]) -> dict[str, Any]:
    """Convert a job and the pictures that may be shown to JSON fields."""
    return {
        "id": view.job.id,
        "state": view.state,
        "prompt": view.job.prompt,
        "count": view.job.count,
        "pictures": [absolute(f"/pictures/{name}") for name in pictures],
        "withheld": list(view.withheld),
        "submitted_at": view.submitted_at,
        "received_at": view.received_at,
        "finished_at": view.finished_at,
        "worker": view.worker,
        "picture": view.picture,
        "step": view.step,
        "steps": view.steps,
        "attempt": view.attempt,
        "retry_at": view.retry_at,
        "detail": view.detail,
    }


async def read_state(_request: Request) -> Response:
    """Return the latest readings, each with its age; null where unknown."""
    return _respond(state_fields(*_latest()))


def state_fields(snapshot: Snapshot, now: float) -> dict[str, Any]:
    """Convert a snapshot to JSON fields.

    Ages are relative to ``now``, not to the snapshot, which may be old itself.
    """
    fleet = snapshot.fleet
    return {
        "at": snapshot.at,
        "mode": snapshot.mode,
        "queue": _reading_fields(snapshot.queue, now),
        "counts": asdict(snapshot.counts) if snapshot.counts else None,
        "store": _reading_fields(snapshot.store, now),
        "fleet": _reading_fields(fleet, now) if fleet else None,
        "devices": [_device_fields(reading, now) for reading in snapshot.devices],
        "pictures_total": snapshot.pictures_total,
        "pictures_stored": snapshot.pictures_stored,
        "model": snapshot.model.model_dump() if snapshot.model else None,
    }


def _reading_fields(reading: Reading[Any], now: float) -> dict[str, Any]:
    value = reading.value
    plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    return {"value": plain, "age": reading.age(now), "error": reading.error}


def _device_fields(reading: DeviceReading, now: float) -> dict[str, Any]:
    telemetry = current(reading, now)
    return {
        "worker": reading.worker,
        "value": telemetry.model_dump() if telemetry else None,
        "age": max(0.0, now - reading.at),
    }


def _latest() -> tuple[Snapshot, float]:
    """Return the newest snapshot and the time, of the live run where there is one."""
    context = _newest_context()
    return context.sampler.snapshot(), context.now()


def _newest_context() -> AppContext:
    return runtime.live() or runtime.current()


async def alive(_request: Request) -> Response:
    """Answer 200 as long as the process runs."""
    return _respond({"status": "alive"})


async def ready(_request: Request) -> Response:
    """Answer 200 only while queue and store respond and have room."""
    context = runtime.live() or runtime.current()
    reasons = (*unavailable_sources(*_latest()), *context.full_reasons())
    if reasons:
        raise HTTPException(503, " ".join(reasons))
    return _respond({"status": "ready"})


def unavailable_sources(snapshot: Snapshot, now: float) -> list[str]:
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


async def read_metrics(_request: Request) -> Response:
    """Return the latest readings in Prometheus' text format."""
    context = _newest_context()
    dead_letters = context.sources.dead_letters.reading().value if context.sources else None
    text = metrics.exposition(context.sampler.snapshot(), context.now(), dead_letters)
    return PlainTextResponse(text, media_type=CONTENT_TYPE_LATEST)


async def refuse_unknown(request: Request) -> Response:
    """Answer 404 to requests that the API does not have."""
    raise HTTPException(
        404, f"There is no {request.method} {request.url.path}; docs/api.md lists the requests."
    )


ROUTES = [
    *with_refusals(
        json_route("/api/jobs", create_job, "POST"),
        json_route("/api/jobs/{id}", read_job),
        json_route("/api/state", read_state),
        json_route("/healthz", alive),
        json_route("/readyz", ready),
        json_route("/metrics", read_metrics),
    ),
    # Streamlit would answer with a page.
    json_route("/api", refuse_unknown, *METHODS),
    json_route("/api/{path:path}", refuse_unknown, *METHODS),
]
