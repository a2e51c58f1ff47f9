"""Several pictures as one zip file."""

import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from core.errors import ObjectMissing, StoreError
from dashboard import runtime
from dashboard.routes.files import error, is_deleted, is_withheld, stored_picture
from wire.messages.picture import parse_picture_name

MOST = 100
"""Pictures of one file: their names still fit into an address."""
_IN_MEMORY = 16 * 2**20
_CHUNK = 256 * 1024
# A hundred pictures are read for each: more at once would keep the pages' own waiting.
_two_at_a_time = CapacityLimiter(2)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Disposition": 'attachment; filename="pictures.zip"',
    "X-Content-Type-Options": "nosniff",
}


async def pictures_zip(request: Request) -> Response:
    """Answer with the pictures of ``?names=a.png,b.png``, but none that is not shown."""
    names = list(dict.fromkeys(request.query_params.get("names", "").split(",")))
    if len(names) > MOST:
        return error(413, f"One file holds at most {MOST} pictures.")
    if not all(map(parse_picture_name, names)):
        return error(404, "These are not names of pictures.")
    try:
        archive, found = await to_thread.run_sync(
            _zipped, [name for name in names if _is_shown(name)], limiter=_two_at_a_time
        )
    except StoreError as failure:
        return error(503, str(failure))
    except OSError as failure:
        return error(507, f"The file could not be written: {failure.strerror}. Choose fewer.")
    if not found:
        archive.close()
        return error(404, "There are no pictures of these names.")
    return StreamingResponse(_chunks(archive), media_type="application/zip", headers=_HEADERS)


def _is_shown(name: str) -> bool:
    return not is_deleted(name) and not is_withheld(name)


def _zipped(names: list[str]) -> tuple[IO[bytes], int]:
    """Write the pictures into a temporary file, and count those that there were."""
    found = 0
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115, closed when it was sent
    with zipfile.ZipFile(file, "w") as archive:  # stored: a PNG is compressed already
        for name in names:
            if not _is_shown(name):
                continue
            try:
                archive.writestr(name, stored_picture(name, runtime.current()))
                found += 1
            except ObjectMissing:
                continue
    file.seek(0)
    return file, found


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


ROUTES = [Route("/pictures.zip", pictures_zip, methods=["GET"])]
