"""Security headers of every answer: what a browser may do with it.

See https://owasp.org/www-project-secure-headers/ and https://www.w3.org/TR/CSP3/.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer", browsers would send a form with the origin "null".
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
}
_NO_PAGE = (
    # Browsers show a picture or a text that is opened alone with styles of their own.
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


class SecurityHeaders:
    """Add the headers that an answer lacks; a route may have stricter ones."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""

        async def send_with_headers(message: Message) -> None:
            # A 304 would replace the headers of the page that the browser has kept, and it has no
            # type from which its policy follows.
            if message["type"] == "http.response.start" and message["status"] != 304:
                _complete(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _complete(headers: MutableHeaders) -> None:
    for name, value in _EVERYWHERE.items():
        headers.setdefault(name, value)
    is_page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", page_policy() if is_page else _NO_PAGE)


@cache
def page_policy() -> str:
    """Return the content security policy of Streamlit's pages.

    Streamlit compiles WebAssembly, loads the scripts of components from ``blob:`` URLs, and its
    widgets write style attributes.
    """
    directives = {
        "default-src": "'none'",
        "script-src": f"'self' 'wasm-unsafe-eval' blob: {_hashes()}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "media-src": "'self' blob:",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "frame-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _hashes() -> str:
    """Return the hashes of the scripts that Streamlit's page contains."""
    page = Path(get_static_dir(), "index.html").read_text(encoding="utf-8")
    scripts = _INLINE_SCRIPT.findall(page)
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
