"""The HTTP interface for programs: jobs, state, health and metrics."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from anyio import to_thread
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import ApplicationError, MessageError, PromptRefused, QueueError, StoreError
from dashboard import access, runtime
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.routes import metrics
from dashboard.runtime import submission
from wire.messages.job import MAX_MESSAGE
from wire.messages.picture import metadata_name, parse_metadata_name

_NEVER_CACHED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_SILENT_AFTER = 15.0
"""Seconds after which a reading no longer says that its source answers."""

Handler = Callable[[Request], Awaitable[Response]]


class Refused(ApplicationError):
    """The request is answered with a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def _answer(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, headers=_NEVER_CACHED)


def _status(error: ApplicationError) -> int:
    if isinstance(error, Refused):
        return error.status
    if isinstance(error, access.LockedOut):
        return 429
    if isinstance(error, MessageError | PromptRefused):
        return 422
    return 503 if isinstance(error, QueueError | StoreError) else 500


def _with_sentences(handler: Handler) -> Handler:
    """Answer the errors that this project knows with their sentences."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except ApplicationError as error:
            answer = _answer({"error": str(error)}, _status(error))
            if isinstance(error, access.LockedOut):
                answer.headers["Retry-After"] = str(error.seconds)
            return answer

    return handle


@_with_sentences
async def create_job(request: Request) -> Response:
    """Put a job on the queue."""
    authorization = request.headers.get("authorization", "")
    if not access.program_may_submit(access.policy(), authorization, _peer(request)):
        raise Refused(401, "Members submit here: send the header Authorization: Bearer <key>.")
    fields = _json_object(await _body(request))
    job = await to_thread.run_sync(submission.submit, fields)
    return _answer({"id": job.id, "url": f"/api/jobs/{job.id}"}, 202)


def _peer(request: Request) -> str:
    return request.client.host if request.client else "nowhere"


async def _body(request: Request) -> bytes:
    # Asking for this header also keeps other sites' pages from sending jobs: a browser
    # sends it across sites only after asking us, and we do not say yes.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "Send the job as JSON, with the header Content-Type: application/json.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_MESSAGE:
            raise Refused(413, f"The body is too large; at most {MAX_MESSAGE} bytes are read.")
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise Refused(400, 'The body is JSON but not an object such as {"prompt": "a cat"}.')
    return fields


@_with_sentences
async def read_job(request: Request) -> Response:
    """Say how a job is."""
    job_id = request.path_params["id"]
    # Part of an object's name: nothing but an id may reach the store.
    is_id = parse_metadata_name(metadata_name(job_id)) is not None
    view = await to_thread.run_sync(runtime.current().find_job, job_id) if is_id else None
    if view is None:
        raise Refused(404, "No job of that id is known here.")
    return _answer(job_fields(view, runtime.current().shown_pictures(view)))


def job_fields(view: JobView, pictures: tuple[str, ...]) -> dict[str, Any]:
    """Write a job for programs, with those of its pictures that may be seen."""
    return {
        "id": view.job.id,
        "state": view.state,
        "prompt": view.job.prompt,
        "count": view.job.count,
        "pictures": [f"/pictures/{name}" for name in pictures],
        "submitted_at": view.submitted_at,
        "received_at": view.received_at,
        "finished_at": view.finished_at,
        "worker": view.worker,
        "picture": view.picture,
        "step": view.step,
        "steps": view.steps,
        "attempt": view.attempt,
        "detail": view.detail,
    }


def _newest() -> tuple[Snapshot, float]:
    """Return the newest readings, and the time that it is: of the live run, if there is one."""
    running = runtime.live() or runtime.current()
    return running.sampler.snapshot(), running.now()


async def read_state(_request: Request) -> Response:
    """Give the newest readings, each with its age; null where unknown."""
    return _answer(state_fields(*_newest()))


def state_fields(snapshot: Snapshot, now: float) -> dict[str, Any]:
    """Write the newest readings for programs, with their ages at ``now``.

    Ages go on from the clock, not from the snapshot: it may be old itself.
    """
    fleet = snapshot.fleet
    return {
        "at": snapshot.at,
        "mode": snapshot.mode,
        "queue": _reading_fields(snapshot.queue, now),
        "counts": asdict(snapshot.counts) if snapshot.counts else None,
        "store": _reading_fields(snapshot.store, now),
        "fleet": _reading_fields(fleet, now) if fleet else None,
        "pictures_total": snapshot.pictures_total,
    }


def _reading_fields(reading: Reading, now: float) -> dict[str, Any]:
    value = reading.value
    plain = asdict(value) if hasattr(value, "__dataclass_fields__") else value
    return {"value": plain, "age": reading.age(now), "error": reading.error}


async def alive(_request: Request) -> Response:
    """Answer as long as the process lives."""
    return _answer({"status": "alive"})


async def ready(_request: Request) -> Response:
    """Answer 200 only while jobs can be taken and pictures shown."""
    silent = silent_sources(*_newest())
    if silent:
        return _answer({"error": f"No answer from the {' and the '.join(silent)}."}, 503)
    return _answer({"status": "ready"})


def silent_sources(snapshot: Snapshot, now: float) -> list[str]:
    """Name those of queue and store that do not answer at ``now``."""
    readings = {"queue": snapshot.queue, "store": snapshot.store}
    return [name for name, reading in readings.items() if not _answers(reading, now)]


def _answers(reading: Reading, now: float) -> bool:
    age = reading.age(now)
    return reading.error is None and age is not None and age < _SILENT_AFTER


async def read_metrics(_request: Request) -> Response:
    """Give the newest readings in Prometheus' text format."""
    text = metrics.exposition(*_newest())
    return PlainTextResponse(text, media_type=CONTENT_TYPE_LATEST)


ROUTES = [
    Route("/api/jobs", create_job, methods=["POST"]),
    Route("/api/jobs/{id}", read_job, methods=["GET"]),
    Route("/api/state", read_state, methods=["GET"]),
    Route("/healthz", alive, methods=["GET"]),
    Route("/readyz", ready, methods=["GET"]),
    Route("/metrics", read_metrics, methods=["GET"]),
]
