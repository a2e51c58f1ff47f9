"""Hearts from phones: the newest pictures with their counts, and one heart for each visitor."""

from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from core.errors import ApplicationError, MessageError
from dashboard import runtime
from dashboard.audience import page, room, visitors
from dashboard.audience.visitors import COOKIE
from dashboard.presentation.urls import absolute
from dashboard.recordings.replay_backends import NOTHING_CHANGES
from dashboard.routes.blocking import StoreCalls
from dashboard.routes.errors import to_http
from dashboard.routes.join_answers import HEADERS
from dashboard.routes.requests import check_origin, client_address, read_body

_MAX_BODY_BYTES = 64
_NOT_READ = MessageError("The heart could not be read. Please open the page again.")
_NO_COOKIE = "Hearts need the cookie of this page. Please allow it, and open the page again."

_visitors = visitors.heart_limits()
_calls = StoreCalls("give heart", threads=4, seconds=5.0)


async def show_pictures(request: Request) -> Response:
    """Return the newest pictures with their hearts, for the page's script."""
    context = runtime.current()
    pictures = room.newest_pictures(context, room.visitor_of(request.cookies.get(COOKIE)))
    return HTMLResponse(page.render_room(pictures, context.hearts is not None), headers=HEADERS)


async def give_heart(request: Request) -> Response:
    """Give the visitor's heart to a picture, or take it back."""
    try:
        check_origin(request)
        fields = parse_qs((await read_body(request, _MAX_BODY_BYTES, _NOT_READ)).decode())
        await _give(request, {"0": False, "1": True}[fields["given"][0]])
    except (ValueError, KeyError):
        return PlainTextResponse(str(_NOT_READ), 422, headers=HEADERS)
    except (ApplicationError, HTTPException) as error:
        http = to_http(error)
        headers = HEADERS | dict(http.headers or {})
        return PlainTextResponse(http.detail, http.status_code, headers=headers)
    return RedirectResponse(f"{absolute('/join')}#room", 303, headers=HEADERS)


async def _give(request: Request, given: bool) -> None:
    context, cookie = runtime.current(), request.cookies.get(COOKIE)
    visitor, name = room.visitor_of(cookie), request.path_params["name"]
    if context.hearts is None:
        raise HTTPException(403, NOTHING_CHANGES)
    if visitor is None:
        raise HTTPException(403, _NO_COOKIE)
    if context.shown_picture(name) is None:
        raise HTTPException(404, "This picture is not shown any more.")
    _visitors.allow(cookie, client_address(request))
    await _calls.run(context.hearts.give, visitor, name, given)


ROUTES = [
    Route("/join/pictures", show_pictures, methods=["GET"]),
    Route("/join/hearts/{name}", give_heart, methods=["POST"]),
]
