"""Names of those who submit jobs, by which the queue gives them turns.

A name has no meaning outside this process: it is on the queue and in recordings, where neither
e-mail addresses nor network addresses belong.
"""

import hashlib
import hmac
import secrets

from dashboard.access import browser_memory, viewer
from dashboard.access.client_address import rate_limit_key
from dashboard.access.programs import Program
from dashboard.access.tokens import is_token

_key = secrets.token_bytes(32)


def of_viewer() -> str:
    """Return the name of the current session's viewer: of the user, else of the browser."""
    user = viewer.email()
    return _name("user", user) if user else _name("browser", browser_memory.current().token)


def of_visitor(cookie: str | None, address: str) -> str:
    """Return the name of a visitor of the page for phones."""
    return _name("visitor", cookie) if is_token(cookie) else _of_address(address)


def of_program(program: Program) -> str:
    """Return the name of a program: of its key, else of the client's address."""
    return _name("key", program.key) if program.key else _of_address(program.address)


def _of_address(address: str) -> str:
    return _name("address", rate_limit_key(address))


def _name(kind: str, identity: str) -> str:
    return hmac.new(_key, f"{kind} {identity}".encode(), hashlib.sha256).hexdigest()[:16]
