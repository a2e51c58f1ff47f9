"""Several pictures as one zip file."""

import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from core.errors import ObjectMissing
from dashboard import runtime
from dashboard.gallery.index import picture_identity
from dashboard.presentation.urls import MAX_ZIP_PICTURES
from dashboard.routes.blocking import StoreCalls
from dashboard.routes.errors import NO_STORE, json_route
from dashboard.runtime.context import AppContext
from wire.messages.object_names import parse_picture_name

_MAX_MEMORY_BYTES = 16 * 2**20
"""Larger files are written to the disk."""
_CHUNK_BYTES = 256 * 1024
# Each zip reads up to a hundred pictures: more at a time would delay those of the pages.
_reads = StoreCalls("write zip", threads=2, seconds=120.0)
_HEADERS = NO_STORE | {"Content-Disposition": 'attachment; filename="pictures.zip"'}


async def pictures_zip(request: Request) -> Response:
    """Return the pictures of ``?names=a.png,b.png`` that may be shown."""
    names = list(dict.fromkeys(request.query_params.get("names", "").split(",")))
    if len(names) > MAX_ZIP_PICTURES:
        raise HTTPException(413, f"The maximum is {MAX_ZIP_PICTURES} pictures per file.")
    if not all(map(parse_picture_name, names)):
        raise HTTPException(404, "These are not names of pictures.")
    try:
        archive, count = await _reads.run(_write_zip, names, runtime.current())
    except OSError as error:
        raise HTTPException(
            507, f"The file could not be written: {error.strerror}. Select fewer pictures."
        ) from error
    if not count:
        archive.close()
        raise HTTPException(404, "There are no pictures with these names.")
    return StreamingResponse(_chunks(archive), media_type="application/zip", headers=_HEADERS)


def _write_zip(names: list[str], context: AppContext) -> tuple[IO[bytes], int]:
    """Write a temporary file; return it with the number of pictures in it."""
    count = 0
    file = tempfile.SpooledTemporaryFile(_MAX_MEMORY_BYTES)  # noqa: SIM115, closed by _chunks
    with zipfile.ZipFile(file, "w") as archive:  # not deflated: a PNG is compressed already
        for name in names:
            if not _is_shown(name, context):
                continue
            try:
                archive.writestr(name, context.gallery.pictures.read(name))
                count += 1
            except ObjectMissing:
                continue
    file.seek(0)
    return file, count


def _is_shown(name: str, context: AppContext) -> bool:
    deleted = context.gallery.index.is_deleted(name)
    return not deleted and not context.lacks_approval(picture_identity(name).job_id)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


ROUTES = [json_route("/pictures.zip", pictures_zip)]
