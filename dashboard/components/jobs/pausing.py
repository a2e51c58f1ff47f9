"""The button that pauses and resumes the queue."""

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.runtime import queue_control

_HELP = (
    "While the queue is paused, requests are accepted and wait. Workers finish what they have and "
    "take no new one; scalers count no waiting request, and scale down."
)
_REFRESH_SECONDS = 1.0
_ERROR = "pause_error"


@st.fragment(run_every=_REFRESH_SECONDS)
def show() -> None:
    """Show the button for the queue's state, which another presenter may change."""
    depth = runtime.current().sampler.snapshot().queue.value
    paused = depth is not None and depth.paused
    allowed = access.allows("pause")
    st.button(
        "Resume queue" if paused else "Pause queue",
        key="pause_queue",
        on_click=_set,
        args=(not paused,),
        disabled=not allowed,
        help=_HELP if allowed else access.reason("pause"),
    )
    if error := st.session_state.pop(_ERROR, ""):
        st.toast(error)


def _set(paused: bool) -> None:
    try:
        access.require("pause")
        queue_control.pause() if paused else queue_control.resume()
    except ApplicationError as error:
        # A toast of a fragment's callback would take the place of the page's styles.
        st.session_state[_ERROR] = str(error)
