"""The pictures of a job as server-sent events, with its previews as partial pictures."""

import json
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from core.errors import ApplicationError
from dashboard import runtime
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.gallery.pictures import convert
from dashboard.routes import event_stream
from dashboard.routes.openai import held, pictures
from dashboard.routes.openai.errors import error_body, to_refusal
from dashboard.routes.openai.fields import ImagesRequest
from dashboard.routes.openai.unfinished import not_finished
from wire.messages.job import Job

_COMMENT = ": waiting\n\n"
"""Ignored by clients; proxies close a connection that is silent for long."""


class EventStream(StreamingResponse):
    """Events of a job until it is finished; keeps the place of a held request meanwhile."""

    def __init__(
        self,
        request: Request,
        wanted: ImagesRequest,
        job: Job,
        seconds: float,
        place: AsyncExitStack,
    ) -> None:
        events = _guarded(request, wanted, job, seconds)
        headers = event_stream.HEADERS | {"x-request-id": job.id}
        super().__init__(events, headers=headers, media_type=event_stream.MEDIA_TYPE)
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the events."""
        # Starlette would cancel the stream of a client that disconnects; this one cancels the job.
        async with self._place:
            await self.stream_response(send)


async def _guarded(
    request: Request, wanted: ImagesRequest, job: Job, seconds: float
) -> AsyncGenerator[str]:
    """Yield the events, an error as the last one: the answer has begun."""
    try:
        async with aclosing(_events(request, wanted, job, seconds)) as events:
            async for event in events:
                yield event
    except (ApplicationError, HTTPException) as error:
        yield _format("error", error_body(to_refusal(error)))


async def _events(
    request: Request, wanted: ImagesRequest, job: Job, seconds: float
) -> AsyncGenerator[str]:
    sent: list[bytes] = []
    async with aclosing(held.follow(request, job, seconds)) as views:
        async for view in views:
            if view.state in FINISHED:
                answer = await pictures.answer(request, wanted, view)
                for data in answer.pop("data"):
                    yield _picture_event("completed", answer | data)
                return
            yield _partial(wanted, view, sent) or _COMMENT
    raise not_finished(request, job, seconds)


def _partial(wanted: ImagesRequest, view: JobView, sent: list[bytes]) -> str | None:
    """Return the event of a preview that is due, and add it to those that were ``sent``."""
    preview = runtime.current().shown_preview(view)
    if preview is None or preview.file in sent[-1:] or not _is_due(wanted, view, len(sent)):
        return None
    sent.append(preview.file)
    # At most 64 pixels wide and high: quick enough for the event loop.
    file = convert(preview.file, wanted.output_format) or preview.file
    body = pictures.common_fields(wanted, view) | {"partial_image_index": len(sent) - 1}
    return _picture_event("partial_image", body | {"b64_json": b64encode(file).decode()})


def _is_due(wanted: ImagesRequest, view: JobView, sent: int) -> bool:
    """Return whether the steps have come to the next of the evenly spaced partial pictures."""
    if sent >= wanted.partial_images or not view.steps:
        return False
    return view.step / view.steps >= (sent + 1) / (wanted.partial_images + 1)


def _picture_event(kind: str, fields: dict[str, Any]) -> str:
    name = f"image_generation.{kind}"
    created = {"created_at": fields["created"], "type": name}
    return _format(name, {key: fields[key] for key in fields if key != "created"} | created)


def _format(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data)}\n\n"
