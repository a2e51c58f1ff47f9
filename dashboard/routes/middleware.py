"""ASGI middleware before all routes: the client's address, known hosts, the base path.

Each changes or refuses a request before Streamlit or a route of this project sees it.
"""

import logging
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.settings import Settings
from core.web_settings import Network
from dashboard.access import client_address, hosts, origin
from dashboard.access.rate_limit import TokenBuckets
from dashboard.routes.errors import NO_STORE

log = logging.getLogger(__name__)

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_CLIENT_HEADERS = ("x-forwarded-for", "forwarded")

_warnings = TokenBuckets(capacity=1, rate=1 / 600)
"""Each at most once in ten minutes: anybody can cause them."""


class ClientAddress:
    """Replace a trusted proxy's address and scheme by those of its client."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "lifespan" and scope.get("client"):
            scope = self._rewrite(scope)
        await self._app(scope, receive, send)

    def _rewrite(self, scope: Scope) -> Scope:
        peer, headers = scope["client"][0], scope["headers"]
        if not client_address.is_trusted(peer, self._trusted):
            if any(name in Headers(scope=scope) for name in _CLIENT_HEADERS):
                _warn_of_proxy(peer)
            return scope
        client = client_address.client_of(peer, headers, self._trusted)
        scheme = client_address.scheme_of(headers) or scope["scheme"].replace("ws", "http")
        scheme = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
        return {**scope, "client": (client, 0), "scheme": scheme}


class KnownHosts:
    """Refuse pages, changes and WebSockets under a host name that is not this dashboard's."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._public_url = settings.public_url
        self._patterns = settings.host_patterns
        public = hosts.host_of_url(settings.public_url)
        self._known = (*self._patterns, *([public] if public else []))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif scope["type"] == "http" and _is_guarded(scope) and not self._is_known_host(scope):
            await _refuse(scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_known_host(scope) and self._is_own_page(Headers(scope=scope)):
            await self._app(_with_host_of_browser(scope), receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})  # the answer is 403

    def _is_known_host(self, scope: Scope) -> bool:
        values = set(Headers(scope=scope).getlist("host"))
        name = hosts.host_name(values.pop()) if len(values) == 1 else None
        if name and hosts.is_known(name, self._known):
            return True
        _warn_of_host(name)
        return False

    def _is_own_page(self, headers: Headers) -> bool:
        return origin.is_from_this_machine(headers) or origin.is_same_origin(
            headers, self._public_url, self._patterns
        )


class BasePath:
    """Serve everything below a path, behind proxies that keep the path and that remove it."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if not self._path or scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["path"] == self._path and scope["type"] == "http":
            # Starlette would redirect to an absolute URL, with the host that the proxy wrote.
            query = scope["query_string"].decode("latin-1")
            url = f"{self._path}/?{query}" if query else f"{self._path}/"
            await RedirectResponse(url)(scope, receive, send)
        else:
            await self._app(self._below(scope), receive, send)

    def _below(self, scope: Scope) -> Scope:
        path = scope["path"]
        if path.startswith(f"{self._path}/"):
            return scope
        raw_path = self._path.encode() + scope.get("raw_path", path.encode())
        return {**scope, "path": f"{self._path}{path}", "raw_path": raw_path}


def _is_guarded(scope: Scope) -> bool:
    """Return whether a request changes something or opens a page; monitors may use any host."""
    accepts_page = "text/html" in Headers(scope=scope).get("accept", "")
    return scope["method"] not in _SAFE_METHODS or accepts_page


def _refuse(scope: Scope) -> Response:
    headers = Headers(scope=scope)
    sentence = _unknown_host(hosts.host_name(headers.get("host", "")))
    if "text/html" in headers.get("accept", ""):
        return PlainTextResponse(sentence, 403, headers=NO_STORE)
    return JSONResponse({"error": sentence}, 403, headers=NO_STORE)


def _unknown_host(name: str | None) -> str:
    if name is None:
        return (
            "The Host header is not valid. Send the dashboard's own name, or one of ALLOWED_HOSTS."
        )
    return (
        f"The host {name} is not allowed. If it is the dashboard's own name, set ALLOWED_HOSTS to "
        "it, or PUBLIC_URL to the URL that visitors open, and start the dashboard again."
    )


def _with_host_of_browser(scope: Scope) -> Scope:
    """Write the host of an accepted page into Host, with which Streamlit compares it."""
    copy = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=copy)
    host = headers.get("origin", "").partition("://")[2]
    if host:
        headers["host"] = host
    return copy


def _warn_of_proxy(peer: str) -> None:
    if not _warnings.take("proxy"):
        log.warning(
            "%s names its client in X-Forwarded-For or Forwarded, and is not trusted: all its "
            "clients share one rate limit. If it is your proxy, set TRUSTED_PROXIES.",
            peer,
        )


def _warn_of_host(name: str | None) -> None:
    if not _warnings.take("host"):
        log.warning("A request was refused. %s", _unknown_host(name))
