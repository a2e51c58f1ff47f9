"""Which stretch of time the page shows, and whether it stands still."""

import streamlit as st

from dashboard import runtime
from dashboard.domain.snapshot import Snapshot

_RANGES = {"2 min": 120.0, "10 min": 600.0, "1 h": 3600.0}


def show() -> None:
    """Show the choice of ranges, which the address bar keeps, and the freeze switch."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.segmented_control(
            "Range",
            list(_RANGES),
            default=_usual(),
            key="range",
            label_visibility="collapsed",
            required=True,
            bind="query-params",
        )
        st.toggle(
            "Freeze",
            key="freeze",
            help="Stops the refresh on this page, so that you can read in peace.",
        )


def _usual() -> str:
    """Choose a range in which a burst has a shape: a laptop's workers start in seconds."""
    running = runtime.current()
    short = running.replaying or running.sampler.snapshot().mode == "laptop"
    return "2 min" if short else "10 min"


def seconds() -> float:
    """Return the length of the chosen range."""
    return _RANGES[st.session_state.get("range") or _usual()]


def frozen() -> bool:
    """Tell whether the page stands still."""
    return bool(st.session_state.get("freeze"))


def snapshot() -> Snapshot:
    """Return what to draw from: the newest readings, or those at which the page was frozen."""
    newest = runtime.current().sampler.snapshot()
    if not frozen():
        st.session_state.pop("frozen_snapshot", None)
        return newest
    return st.session_state.setdefault("frozen_snapshot", newest)
