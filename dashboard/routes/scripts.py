"""The scripts of the components, which browsers keep until a script changes."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.presentation import scripts
from dashboard.routes.errors import json_route
from dashboard.routes.files import IMMUTABLE


async def read_script(request: Request) -> Response:
    """Return a script of this version."""
    source = scripts.sources().get(request.path_params["name"])
    if source is None or request.path_params["version"] != scripts.version():
        raise HTTPException(404, "There is no such script in this version. Reload the page.")
    return Response(source, media_type="text/javascript", headers=IMMUTABLE)


ROUTES = [json_route("/scripts/{version}/{name:path}", read_script)]
