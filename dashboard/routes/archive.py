"""Several pictures as one zip file, with readable names and the metadata of each."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from core.errors import MessageError, ObjectMissing
from dashboard import runtime
from dashboard.gallery.download_names import UniqueNames, stem
from dashboard.gallery.index import picture_identity
from dashboard.gallery.zip_stream import ZipStream
from dashboard.presentation.urls import MAX_ZIP_PICTURES
from dashboard.routes.blocking import StoreCalls
from dashboard.routes.errors import NO_STORE, json_route, with_refusals
from dashboard.runtime.context import AppContext
from wire.messages.job import submitted_at
from wire.messages.metadata import Metadata, decode_metadata, encode_metadata, of_picture
from wire.messages.object_names import metadata_name, parse_picture_name

# Each zip reads up to a hundred pictures: more at a time would delay those of the pages.
_reads = StoreCalls("write zip", threads=2, seconds=20.0)
_HEADERS = NO_STORE | {"Content-Disposition": 'attachment; filename="pictures.zip"'}


@dataclass(frozen=True)
class _Picture:
    """A picture as it was read."""

    name: str
    body: bytes
    metadata: Metadata | None
    """None if the store has none that can be read."""
    at: float
    """Unix seconds."""

    @property
    def stem(self) -> str:
        """Its readable name."""
        number, metadata = picture_identity(self.name).number, self.metadata
        if metadata is None:
            return stem(self.at, "", None, number)
        return stem(self.at, metadata.prompt, next(iter(metadata.seeds), None), number)


async def pictures_zip(request: Request) -> Response:
    """Return the pictures of ``?names=a.png,b.png`` that may be shown.

    The first one is read before the answer begins, so that a store that is unavailable is an error.
    If it fails later, the connection is broken: no browser takes that for a whole file.
    """
    names = list(dict.fromkeys(request.query_params.get("names", "").split(",")))
    if len(names) > MAX_ZIP_PICTURES:
        raise HTTPException(413, f"The maximum is {MAX_ZIP_PICTURES} pictures per file.")
    if not all(map(parse_picture_name, names)):
        raise HTTPException(404, "These are not names of pictures.")
    pictures = _read_all(names, runtime.current())
    first = await anext(pictures, None)
    if first is None:
        raise HTTPException(404, "There are no pictures with these names.")
    parts = _archive(first, pictures)
    return StreamingResponse(parts, media_type="application/zip", headers=_HEADERS)


async def _archive(first: _Picture, others: AsyncIterator[_Picture]) -> AsyncIterator[bytes]:
    stream, names = ZipStream(), UniqueNames()
    yield _add(stream, names, first)
    async for picture in others:
        yield _add(stream, names, picture)
    yield stream.close()


def _add(stream: ZipStream, names: UniqueNames, picture: _Picture) -> bytes:
    name = names.give(picture.stem)
    part = stream.add(f"{name}.png", picture.body, picture.at)
    if picture.metadata:
        part += stream.add(f"{name}.json", encode_metadata(picture.metadata), picture.at)
    return part


async def _read_all(names: list[str], context: AppContext) -> AsyncIterator[_Picture]:
    for name in names:
        picture = await _reads.run(_read, name, context)
        if picture:
            yield picture


def _read(name: str, context: AppContext) -> _Picture | None:
    """Return a picture; None if it may not be shown, or is not stored. Raises StoreUnavailable."""
    identity = picture_identity(name)
    if context.gallery.index.is_deleted(name) or context.lacks_approval(identity.job_id):
        return None
    try:
        body = context.gallery.pictures.read(name)
    except ObjectMissing:
        return None
    view = context.gallery.index.find(name)
    at = view.at if view else submitted_at(identity.job_id) or context.now()
    return _Picture(name, body, _metadata(name, context), at)


def _metadata(name: str, context: AppContext) -> Metadata | None:
    identity = picture_identity(name)
    try:
        stored = decode_metadata(context.gallery.store.get(metadata_name(identity.job_id)))
    except (ObjectMissing, MessageError):
        return None
    return of_picture(stored, identity.number)


ROUTES = with_refusals(json_route("/pictures.zip", pictures_zip))
