"""What the presenter does with a key: each is also a button, seen on focus or on touch."""

import time

import streamlit as st

from dashboard import access
from dashboard.bursts import BURSTS, MIXED, Burst
from dashboard.components import own_jobs
from dashboard.join.rate_limit import TokenBuckets
from dashboard.words import counted

_SAID_FOR = 8.0
"""Seconds that an announcement stays."""

# One for all presenters: a key that is held down, or hit twice, is not two bursts.
_bursts = TokenBuckets(capacity=2, rate=1 / 5)

_KEYS = ("b", "1", "2", "3")


def show(home: str) -> None:
    """Show the buttons; ``home`` is the page to which Escape leads."""
    with st.container(key="presenter_keys", horizontal=True, gap="small"):
        if access.allows("present") and access.allows("submit"):
            _show_bursts()
        _full_screen(key="full_screen")
        if st.button("Leave", shortcut="esc"):
            st.switch_page(home)


def _show_bursts() -> None:
    for burst, key in zip(BURSTS, _KEYS, strict=True):
        st.button(burst.label, shortcut=key, on_click=_send, args=(burst,))


def _send(burst: Burst) -> None:
    wait = _bursts.take("burst")
    if wait:
        _announce(f"The next burst can be sent in {counted(round(wait + 0.5), 'second')}.")
        return
    requests = st.session_state.pop("unsent", ()) or burst.requests()
    sending = own_jobs.submit_all(requests)
    if sending.error is None:
        _announce(f"{burst.name}: {counted(sending.sent, 'request')} sent.")
