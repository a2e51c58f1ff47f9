"""What the presenter does with a key. Each key is also a button, seen by who looks for it."""

import time
from html import escape

import streamlit as st

from dashboard import access
from dashboard.access.rate_limit import TokenBuckets
from dashboard.components.common import navigation
from dashboard.components.jobs import own_jobs
from dashboard.components.present import full_screen
from dashboard.domain.bursts import BURSTS, Burst
from dashboard.presentation.formatting import pluralize

_KEYS = ("b", "1", "2", "3")
_SAID_FOR = 8.0
"""Seconds for which the room can read what a key did."""

# One bucket for all presenters: keys are hit twice, and two people may have the key.
_bursts = TokenBuckets(capacity=2, rate=1 / 5)


def show(home: str) -> None:
    """Show the buttons; ``home`` is the address to which Escape leads."""
    with st.container(key="presenter_keys", horizontal=True, gap="small"):
        if access.allows("present") and access.allows("submit"):
            for burst, key in zip(BURSTS, _KEYS, strict=True):
                st.button(burst.label, shortcut=key, on_click=_send, args=(burst,))
        if access.allows("approve"):
            st.link_button("Approve", "approve", shortcut="a")
        full_screen.show()
        if st.button("Leave", shortcut="esc"):
            navigation.begin(home)


def _send(burst: Burst) -> None:
    """Send a burst, or first what is left of the one before."""
    if not access.allows("present"):
        _announce(access.reason("present"))
        return
    if seconds := _bursts.take("burst"):
        _announce(f"The next burst can go in {pluralize(round(seconds + 0.5), 'second')}.")
        return
    name, requests = st.session_state.pop("rest_of_burst", (burst.name, burst.requests()))
    sending = own_jobs.submit_all(requests)
    if sending.error:
        st.session_state.rest_of_burst = (name, sending.unsent)
        sent = f"{sending.sent} of {len(requests)} were sent, then this happened"
        _announce(f"{name}: {sent}: {sending.error} The next key sends the rest.")
    else:
        _announce(f"{name}: {pluralize(sending.sent, 'request')} sent.")


def _announce(sentence: str) -> None:
    st.session_state.announcement = (time.time() + _SAID_FOR, sentence)


def show_announcement() -> None:
    """Show what the last key did, for some seconds."""
    until, sentence = st.session_state.get("announcement", (0, ""))
    said = escape(sentence) if time.time() < until else ""
    st.html(f"<p class='announcement' role='status'>{said}</p>")
