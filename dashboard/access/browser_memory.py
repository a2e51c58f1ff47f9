"""What this process remembers of a browser, so that a reloaded page goes on where it was.

A random cookie names the browser; whoever has the cookie is that browser. It is set on pages by
``dashboard.routes.browser_cookie.BrowserCookie``, and no script can read it.
"""

from dataclasses import dataclass, field
from threading import Lock

import streamlit as st
from cachetools import TTLCache

from dashboard.access.tokens import is_token, new_token
from dashboard.domain.grids import Grid

COOKIE = "browser"
_MAX_BROWSERS = 10_000
_SECONDS = 12 * 3600
_IN_SESSION = "browser_memory"


@dataclass
class Memory:
    """What is remembered of one browser."""

    job_ids: set[str] = field(default_factory=set)
    """The jobs that it submitted."""
    grid: Grid | None = None
    """The prompt matrix that it sent last."""
    token: str = field(default_factory=new_token)
    """Names the browser in this process."""
    has_key: bool = False
    """Whether the presenter's key was entered."""


_memories: TTLCache[str, Memory] = TTLCache(_MAX_BROWSERS, _SECONDS)
_lock = Lock()


def current() -> Memory:
    """Return the memory of the current session's browser; without its cookie, of the session."""
    token = st.context.cookies.get(COOKIE)
    if not is_token(token):
        own: Memory = st.session_state.setdefault(_IN_SESSION, Memory())
        return own
    with _lock:
        memory = _memories.get(token) or Memory()
        _memories[token] = memory  # its time begins anew
        return memory
