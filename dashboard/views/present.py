"""Present: the fleet and its pictures on one screen, for a projector."""

import streamlit as st

from dashboard import runtime
from dashboard.components.chaos import line
from dashboard.components.common import numbers, scaling_sentence, viewer, viewer_snapshot
from dashboard.components.fleet import fleet_map
from dashboard.components.page import top_bar
from dashboard.components.pictures import dialog, tiles
from dashboard.components.present import invitation, keys, scene, wall
from dashboard.components.recordings import replay_bar
from dashboard.components.timeline import live_plot, time_range
from dashboard.presentation import scaling_reason

_REFRESH_SECONDS = 1.0
_PICTURES = 10
_DETAILED_NODES = 4
"""One row of boxes; a second one has no room."""


def show_live() -> None:
    """Show everything that changes, from one snapshot."""
    replay_bar.keep_in_step()
    snapshot = viewer_snapshot.newest()
    zone = viewer.zone()
    with st.container(key="stage_numbers"):
        numbers.show(snapshot, zone, everything=True)
    with st.container(key="stage_why"):
        scene.show()
        scaling_sentence.show(*scaling_reason.explain_snapshot(snapshot, zone))
        line.show(snapshot, zone)
    if keys.shows_map():
        with st.container(key="stage_map"):
            fleet_map.show_map(snapshot, zone, _DETAILED_NODES)
    else:
        with st.container(key="stage_chart"):
            live_plot.show(snapshot, time_range.seconds(), zone, None, scene.lane())
    with st.container(key="stage_wall"):
        in_progress = wall.pictures_in_progress(snapshot, runtime.current().shown_preview)
        clicked = tiles.show_grid(snapshot, _PICTURES, zone, in_progress)
    with st.container(key="stage_announcement"):
        keys.show_announcement()
    if clicked:
        dialog.open_picture(clicked)
        st.rerun()  # a dialog opened here would be closed by the next refresh


top_bar.show_hidden_heading("Present")
join = invitation.address_of_join()
note = "" if runtime.current().replaying else join.note
keys.show(home="./", note=note, dialog_is_open=dialog.will_open())
# present.css places the containers on one screen of any size.
with st.container(key="stage"):
    if join.url and not runtime.current().replaying:  # a replay accepts no requests
        with st.container(key="stage_invitation"):
            st.html(invitation.html(join.url))
    st.fragment(run_every=_REFRESH_SECONDS)(show_live)()
dialog.show_if_open(viewer.zone())
