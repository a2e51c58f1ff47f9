"""The presenter's buttons that inject faults; each requires a confirmation."""

import time

import streamlit as st

from dashboard import access, runtime
from dashboard.chaos import progress
from dashboard.chaos.faults import Injection, available
from dashboard.components.chaos import render

_REFRESH_SECONDS = 1.0
_RESULT_SECONDS = 30.0
_ARMED = "armed_fault"


def is_enabled() -> bool:
    """Return whether the viewer may inject faults; never where everybody is a presenter."""
    context = runtime.current()
    return context.settings.chaos and not access.policy().open_to_all and access.allows("inject")


def show(place: str) -> None:
    """Show the buttons in a part of a page, whose name makes their keys unique."""
    st.fragment(run_every=_REFRESH_SECONDS)(_show)(place)


def _show(place: str) -> None:
    with st.container(key=f"faults_{place}", gap="small"):
        armed: Injection | None = st.session_state.get(_ARMED)
        if armed and is_enabled():
            _show_confirmation(armed, place)
        elif is_enabled():
            _show_buttons(place)
        result = progress.newest()
        if result and time.time() - result.at < _RESULT_SECONDS:
            st.html(render("result", result.sentence, result.failed))


def _show_buttons(place: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for each in available(runtime.current().sampler.snapshot()):
            # The victim changes from one second to the next; the button that is clicked stays.
            node = each.subject if each.name == "uncordon" else ""
            key = f"{each.name}_{node}_{place}"
            st.button(each.label, key=key, on_click=_arm, args=(each,))


def _show_confirmation(armed: Injection, place: str) -> None:
    st.html(render("effect", armed.effect))
    with st.container(horizontal=True, gap="small"):
        key = f"inject_{place}"
        st.button(armed.label, key=key, type="primary", on_click=_inject, args=(armed,))
        st.button("Cancel", key=f"cancel_{place}", on_click=_arm, args=(None,))


def _arm(injection: Injection | None) -> None:
    st.session_state[_ARMED] = injection


def _inject(injection: Injection) -> None:
    _arm(None)
    if is_enabled():
        progress.begin(runtime.current(), injection)
