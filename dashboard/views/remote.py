"""Remote: gives the talk from the presenter's phone; every screen with Present follows."""

import time

import streamlit as st

from dashboard import access, runtime
from dashboard.components import pictures
from dashboard.components.chaos import line
from dashboard.components.common import scaling_sentence, viewer, viewer_snapshot
from dashboard.components.page import top_bar
from dashboard.components.present import keys
from dashboard.components.remote import actions, scene
from dashboard.presentation import scaling_reason

_REFRESH_SECONDS = 1.0


@st.fragment(run_every=_REFRESH_SECONDS)
def show_scene() -> None:
    """Show the scene and the state of the fleet; another remote may step too."""
    snapshot, zone = viewer_snapshot.newest(), viewer.zone()
    scene.show()
    keys.show_announcement()
    scaling_sentence.show(*scaling_reason.explain_snapshot(snapshot, zone))
    line.show(snapshot, zone)
    actions.show_end()


@st.fragment(run_every=_REFRESH_SECONDS)
def show_bar() -> None:
    """Show the title and the health of the sources."""
    top_bar.show("Remote", runtime.current().sampler.snapshot(), viewer.zone(), time.time())


@st.fragment(run_every=_REFRESH_SECONDS)
def show_approvals() -> None:
    """Show what waits for approval."""
    actions.show_approvals()


with st.container(key="remote"):
    show_bar()
    if not access.allows("present"):
        st.html(pictures.render("alert", access.reason("present")))
    else:
        with st.container(border=True, key="card_scene", gap="small"):
            show_scene()
        actions.show_bursts()
        actions.show_faults()
        show_approvals()
