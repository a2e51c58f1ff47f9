"""Present: the fleet and its pictures for a whole room, from a projector."""

import streamlit as st

from dashboard import runtime
from dashboard.components import (
    invitation,
    live_plot,
    numbers,
    picture_dialog,
    picture_tiles,
    presenter_keys,
    replay_bar,
    time_range,
    viewer,
    why_sentence,
)
from dashboard.readings import why

TICK = 1.0
"""Seconds between two looks at the newest snapshot."""

PICTURES = 10


def show_live() -> None:
    """Draw all that moves, in one run from one snapshot."""
    replay_bar.keep_in_step()
    snapshot = runtime.current().sampler.snapshot()
    zone = viewer.zone()
    with st.container(key="stage_numbers"):
        numbers.show(snapshot, zone, always_pictures=True)
    with st.container(key="stage_why"):
        why_sentence.show(*why.explain(snapshot.fleet, snapshot.queue, snapshot.at, zone))
    with st.container(key="stage_chart"):
        live_plot.show(snapshot, time_range.seconds(), zone, height=None)
    with st.container(key="stage_wall"):
        clicked = picture_tiles.show_grid(snapshot.pictures, PICTURES, zone)
    with st.container(key="stage_announcement"):
        presenter_keys.show_announcement()
    if clicked:
        picture_dialog.ask_for(clicked)
        st.rerun()  # a dialog opened here would be closed by the next tick


presenter_keys.show(home="views/studio.py")
# The containers' places are set by present.css: one screen, whatever its size.
with st.container(key="stage"):
    if not runtime.current().replaying:  # nobody could take part in what is over
        with st.container(key="stage_invitation"):
            invitation.show()
    st.fragment(run_every=TICK)(show_live)()
picture_dialog.show_if_asked(viewer.zone())
