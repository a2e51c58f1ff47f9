"""Present: the fleet and its pictures on one screen, for a projector."""

from datetime import tzinfo

import streamlit as st

from dashboard import runtime
from dashboard.components.chaos import line
from dashboard.components.common import numbers, scaling_sentence, viewer, viewer_snapshot
from dashboard.components.fleet import fleet_map
from dashboard.components.page import top_bar
from dashboard.components.pictures import dialog
from dashboard.components.present import (
    batch_end,
    cost_race,
    invitation,
    keys,
    layout,
    podium,
    scene,
    wall,
)
from dashboard.components.present.layout import Layout
from dashboard.components.recordings import replay_bar
from dashboard.components.timeline import live_plot, time_range
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import scaling_reason
from dashboard.presentation.timeline.layout import PLOT_HEIGHT

_REFRESH_SECONDS = 1.0
_LOW_PLOT_HEIGHT = 120
"""Pixels of the chart's own scale; its box is a quarter of the screen."""
_DETAILED_NODES = 4
"""One row of boxes; a second one has no room."""


def show_live() -> None:
    """Show everything that changes, from one snapshot."""
    replay_bar.keep_in_step()
    snapshot = viewer_snapshot.newest()
    zone = viewer.zone()
    pictures = wall.pictures_of(snapshot, zone)
    with st.container(key="stage_numbers"):
        numbers.show(snapshot, zone, everything=True)
    with st.container(key="stage_why"):
        scene.show()
        scaling_sentence.show(*scaling_reason.explain_snapshot(snapshot, zone))
        line.show(snapshot, zone)
    arrangement = layout.choose(wall.is_flowing(snapshot, pictures))
    clicked, has_cost = None, False
    if scene.shows("podium"):
        with st.container(key="stage_podium"):
            podium.show()
    else:
        has_cost = show_fleet(snapshot, zone, arrangement)
        with st.container(key="stage_wall"):
            clicked = wall.show(snapshot, pictures)
    with st.container(key="stage_announcement"):
        keys.show_announcement()
        layout.show(arrangement, has_cost)
        batch_end.watch(snapshot)
    if clicked:
        dialog.open_picture(clicked)
        st.rerun()  # a dialog opened here would be closed by the next refresh


def show_fleet(snapshot: Snapshot, zone: tzinfo | None, arrangement: Layout) -> bool:
    """Show the chart or the map, and the cost; return whether that is known."""
    if scene.shows("map"):
        with st.container(key="stage_map"):
            fleet_map.show_map(snapshot, zone, _DETAILED_NODES)
    else:
        with st.container(key="stage_chart"):
            show_chart(snapshot, zone, low=arrangement == "pictures")
    with st.container(key="stage_cost"):
        return cost_race.show(snapshot, zone)


def show_chart(snapshot: Snapshot, zone: tzinfo | None, low: bool) -> None:
    """Show the chart; a low one below the wall, which replaces the pictures' lane."""
    live_plot.show(
        wall.without_lane(snapshot) if low else snapshot,
        time_range.seconds(),
        zone,
        height=None,
        focus=scene.lane(),
        plot_height=_LOW_PLOT_HEIGHT if low else PLOT_HEIGHT,
    )


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
