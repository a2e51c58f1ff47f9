"""The time range of the chart, and the switch that freezes the page."""

import streamlit as st

from dashboard import runtime
from dashboard.domain.snapshot import Snapshot

_RANGES = {"2 min": 120.0, "10 min": 600.0, "1 h": 3600.0}


def show() -> None:
    """Show the range selector, which the address bar keeps, and the freeze switch."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.segmented_control(
            "Range",
            list(_RANGES),
            default=_default_range(),
            key="range",
            label_visibility="collapsed",
            required=True,
            bind="query-params",
        )
        st.toggle(
            "Freeze",
            key="freeze",
            help="Pauses live updates on this page.",
        )


def _default_range() -> str:
    """Return a range in which a burst is visible: a laptop's workers start within seconds."""
    context = runtime.current()
    is_short = context.replaying or context.sampler.snapshot().mode == "laptop"
    return "2 min" if is_short else "10 min"


def seconds() -> float:
    """Return the length of the selected range."""
    return _RANGES[st.session_state.get("range") or _default_range()]


def frozen() -> bool:
    """Return whether the viewer froze the page."""
    return bool(st.session_state.get("freeze"))


def snapshot() -> Snapshot:
    """Return the newest snapshot, or the one at which the page was frozen."""
    newest = runtime.current().sampler.snapshot()
    if not frozen():
        st.session_state.pop("frozen_snapshot", None)
        return newest
    frozen_at: Snapshot = st.session_state.setdefault("frozen_snapshot", newest)
    return frozen_at
