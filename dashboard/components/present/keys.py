"""The presenter's keyboard shortcuts, each of which is also a button."""

import time
from collections.abc import Sequence
from math import ceil

import streamlit as st

from dashboard import access
from dashboard.access.rate_limit import TokenBuckets
from dashboard.components.chaos import panel
from dashboard.components.common import navigation
from dashboard.components.jobs import sending
from dashboard.components.present import (
    batch_end,
    full_screen,
    invitation,
    render,
    scene,
)
from dashboard.domain.bursts import BURSTS, Fields
from dashboard.presentation.formatting import pluralize

_KEYS = ("b", "1", "2", "3")
_ANNOUNCEMENT_SECONDS = 8.0
_PLACE = "stage"

# All presenters share one bucket: keys are pressed twice, and two people may have the login.
_bursts = TokenBuckets(capacity=2, rate=1 / 5)


def show(home: str, note: str, dialog_is_open: bool) -> None:
    """Show the buttons, and a note for the presenter.

    Args:
        home: the address to which Escape leads.
        note: what only the presenter needs to know; may be empty.
        dialog_is_open: keys belong to the dialog: the buttons are disabled, and so are their keys.

    """
    with st.container(key="presenter_keys", horizontal=True, gap="small"):
        if access.allows("present") and access.allows("submit"):
            for burst, key in zip(BURSTS, _KEYS, strict=True):
                st.button(
                    burst.label,
                    shortcut=key,
                    on_click=send,
                    args=(burst.name, burst.requests()),
                    disabled=dialog_is_open,
                )
        scene.show_buttons(dialog_is_open)
        if access.allows("approve"):
            st.link_button("Approve", "approve", shortcut="a", disabled=dialog_is_open)
        if access.allows("present"):
            with st.popover("Remote"):
                st.html(invitation.remote_html())
        if panel.is_enabled():
            with st.popover("Chaos"):
                panel.show("stage")
        scene.show_switch("map", ("Show the map", "Show the chart"), "m", dialog_is_open)
        scene.show_switch("podium", ("Podium", "Hide the podium"), "h", dialog_is_open)
        batch_end.show_choice()
        full_screen.show()
        if st.button("Leave", shortcut="esc", disabled=dialog_is_open):
            navigation.begin(home)
        if note:
            st.html(render("note", note))


def send(burst: str, fields: Sequence[Fields]) -> None:
    """Send a burst's requests, or the unsent requests of the previous one."""
    if not access.allows("present"):
        _announce(access.reason("present"))
        return
    if seconds := _bursts.take("burst"):
        _announce(f"The next burst can be sent in {pluralize(ceil(seconds), 'second')}.")
        return
    if sending.is_pending(_PLACE):
        _announce("The last burst is still being sent.")
        return
    name, requests = st.session_state.pop("unsent_burst", (burst, fields))
    st.session_state.sent_burst = name
    sending.begin(_PLACE, requests)
    _announce(f"{name}: sending {pluralize(len(requests), 'request')}…")
    _announce_result()


def _announce_result() -> None:
    """Announce the result of the last burst once there is one; keep what was not sent."""
    result = sending.take(_PLACE)
    if result is None:
        return
    name = st.session_state.sent_burst
    if result.error:
        st.session_state.unsent_burst = (name, result.unsent)
        sent = f"{result.sent} of {pluralize(result.total, 'request')} sent"
        _announce(f"{name}: {sent}, then: {result.error} The next key sends the others.")
    else:
        _announce(f"{name}: {pluralize(result.sent, 'request')} sent.")


def _announce(sentence: str) -> None:
    st.session_state.announcement = (time.time() + _ANNOUNCEMENT_SECONDS, sentence)


def show_announcement() -> None:
    """Show the effect of the last key for some seconds."""
    _announce_result()
    until, sentence = st.session_state.get("announcement", (0, ""))
    st.html(render("announcement", sentence if time.time() < until else ""))
