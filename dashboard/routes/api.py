"""The HTTP API for programs: jobs and state."""

from dataclasses import asdict, is_dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard import access, runtime
from dashboard.domain.gpus import DeviceReading, current
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation.urls import absolute
from dashboard.routes import submissions
from dashboard.routes.errors import METHODS, NO_STORE, json_route, with_refusals
from dashboard.routes.health import newest_context
from dashboard.routes.jobs import requested_job
from dashboard.routes.requests import program_of, program_role


def _respond(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, headers=NO_STORE)


async def create_job(request: Request) -> Response:
    """Publish a job, or with ``separate`` a job for each picture."""
    program = program_of(request)
    if not access.allowed(program.role, "submit"):
        raise HTTPException(401, "Login required: send the header Authorization: Bearer <key>.")
    fields = await submissions.read_fields(request)
    jobs = await submissions.submit(request, program, fields)
    links = [{"id": job.id, "url": absolute(f"/api/jobs/{job.id}")} for job in jobs]
    return _respond({"jobs": links} if fields.get("separate") else links[0], 202)


async def read_job(request: Request) -> Response:
    """Return a job's state and pictures."""
    view, context = await requested_job(request), runtime.current()
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
    context = newest_context()
    return _respond(state_fields(context.sampler.snapshot(), context.now()))


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
    ),
    # Streamlit would answer with a page.
    json_route("/api", refuse_unknown, *METHODS),
    json_route("/api/{path:path}", refuse_unknown, *METHODS),
]
