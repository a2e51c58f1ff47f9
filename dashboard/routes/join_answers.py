"""What all answers of the page for phones have: headers, and the visitor's cookies."""

from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import tokens
from dashboard.audience.visitors import COOKIE
from dashboard.presentation.urls import absolute
from dashboard.routes.errors import NO_STORE

_COOKIE_SECONDS = 86400

HEADERS = NO_STORE | {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    # With "no-referrer", browsers would send a form with the origin "null".
    "Referrer-Policy": "same-origin",
}


def with_visitor(request: Request, response: Response) -> Response:
    """Return the response, with a new visitor's cookie if the request has none."""
    if tokens.is_token(request.cookies.get(COOKIE)):
        return response
    return set_cookie(request, response, COOKIE, tokens.new_token())


def set_cookie(request: Request, response: Response, name: str, value: str) -> Response:
    """Return the response with a cookie that only this page's routes receive."""
    response.set_cookie(
        name,
        value,
        max_age=_COOKIE_SECONDS,
        path=absolute("/join"),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response
