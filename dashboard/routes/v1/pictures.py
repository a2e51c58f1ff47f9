"""List, read, star and delete pictures."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated

from pydantic import AfterValidator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from core.errors import MessageError, ObjectMissing
from dashboard import runtime
from dashboard.domain.snapshot import PictureView
from dashboard.gallery.index import picture_identity
from dashboard.gallery.pictures import Format
from dashboard.gallery.query import parse_query
from dashboard.routes import files
from dashboard.routes.blocking import StoreCalls
from dashboard.routes.v1.answers import no_content, respond
from dashboard.routes.v1.queries import QueryModel, read_query
from dashboard.routes.v1.schemas.pictures import PicturePage, to_details, to_picture
from wire.messages.job import submitted_at
from wire.messages.metadata import Metadata
from wire.messages.object_names import parse_picture_name

_calls = StoreCalls("picture of the API", threads=4, seconds=20.0)


def _picture_name(name: str) -> str:
    if parse_picture_name(name) is None:
        raise ValueError("is not the next_cursor of a page")
    return name


class PictureQuery(QueryModel):
    """Which pictures a page has."""

    q: str = ""
    """Words that must all occur in the prompt."""
    starred: bool = False
    """Only pictures with a star."""
    cursor: Annotated[str, AfterValidator(_picture_name)] | None = None
    """The `next_cursor` of the page before."""


class FileQuery(QueryModel):
    """In which format a picture is sent."""

    format: Format | None = None
    """Without it, the header `Accept` decides."""


async def list_pictures(request: Request) -> Response:
    """Return the newest pictures, or those after a cursor."""
    query = read_query(request, PictureQuery)
    gallery_query = parse_query(query.q, query.starred)
    gallery = runtime.current().gallery
    page = gallery.page(gallery_query, query.cursor or "")
    is_partial = bool(gallery_query.words) and page.has_unread_prompts
    return respond(
        PicturePage(
            pictures=tuple(map(to_picture, page.pictures)),
            total=page.total,
            complete=gallery.index.complete and not is_partial,
            next_cursor=page.older,
        )
    )


async def read_picture(request: Request) -> Response:
    """Return a picture's metadata."""
    view = await _requested(request)
    return respond(to_details(view, await _calls.run(_metadata, view.job_id)))


async def read_file(request: Request) -> Response:
    """Return a picture's file, in the requested format."""
    read_query(request, FileQuery)
    return await files.read_picture(request)


async def delete_picture(request: Request) -> Response:
    """Delete a picture for everybody."""
    view = await _requested(request)
    await _calls.run(runtime.current().gallery.delete, [view.name])
    return no_content()


def set_star(starred: bool) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that adds a star, or removes it."""

    async def change(request: Request) -> Response:
        view = await _requested(request)
        await _calls.run(runtime.current().gallery.star, view.name, starred)
        return no_content()

    return change


async def _requested(request: Request) -> PictureView:
    """Return the picture that a request's path names; raises HTTPException, StoreUnavailable."""
    name, context = request.path_params["name"], runtime.current()
    files.require_shown(context, name)
    view = context.gallery.index.find(name)
    if view is None and not await _calls.run(context.gallery.has, name):
        raise HTTPException(404, "There is no picture with this name.")
    return view or _not_indexed(name)


def _not_indexed(name: str) -> PictureView:
    """Return a picture that is in the store, and that the gallery has not found yet."""
    identity = picture_identity(name)
    at = submitted_at(identity.job_id) or 0.0
    return PictureView(name, identity.job_id, identity.number, at, prompt=None)


def _metadata(job_id: str) -> Metadata | None:
    with suppress(ObjectMissing, MessageError):
        return runtime.current().metadata(job_id)
    return None
