"""Set the cookie by which a reloaded page goes on where it was: ASGI middleware."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access import browser_memory, tokens


class BrowserCookie:
    """Name a browser that opens a page for the first time; see ``access.browser_memory``."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path or "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if not _opens_page(scope) or tokens.is_token(_cookie(scope)):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if _is_private_page(message["status"], headers):
                    headers.append("set-cookie", self._new_cookie(scope))
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _new_cookie(self, scope: Scope) -> str:
        secure = "; Secure" if scope["scheme"] == "https" else ""
        value = f"{browser_memory.COOKIE}={tokens.new_token()}"
        return f"{value}; Path={self._path}; HttpOnly; SameSite=Lax{secure}"


def _opens_page(scope: Scope) -> bool:
    is_read = scope["type"] == "http" and scope["method"] == "GET"
    return is_read and "text/html" in Headers(scope=scope).get("accept", "")


def _is_private_page(status: int, headers: MutableHeaders) -> bool:
    """Return whether no shared cache may give this answer, with its cookie, to others.

    An unchanged page (304) has no type; the browser may have lost the cookie that came with it.
    """
    is_page = status == 304 or headers.get("content-type", "").startswith("text/html")
    return is_page and "public" not in headers.get("cache-control", "")


def _cookie(scope: Scope) -> str | None:
    return HTTPConnection(scope).cookies.get(browser_memory.COOKIE)
