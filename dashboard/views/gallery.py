"""Gallery: every picture in the store, newest first."""

import time

import streamlit as st

from dashboard import runtime
from dashboard.components import (
    address,
    deletion,
    gallery_filters,
    gallery_pager,
    gallery_summary,
    gallery_tiles,
    picture_dialog,
    top_bar,
    viewer,
)

TICK = 1.0
"""Seconds between two looks at what is known."""


@st.fragment(run_every=TICK)
def show_bar() -> None:
    """Draw the title and the health of the sources."""
    top_bar.show("Gallery", runtime.current().sampler.snapshot(), viewer.zone(), time.time())


@st.fragment(run_every=TICK)
def show_live() -> None:
    """Draw the pictures of the page that the address names."""
    query, first = gallery_filters.query(), address.current(gallery_filters.FIRST)
    page = runtime.current().gallery.page(query, first)
    store = runtime.current().sampler.snapshot().store
    view = f"{query} {first}"
    summary = gallery_summary.line(page, query)
    clicks = gallery_tiles.show(page, view, summary, viewer.zone())
    gallery_summary.show_empty(page, query, store)
    gallery_pager.show(page)
    if clicks.opened:
        picture_dialog.ask_for(clicks.opened)
    if clicks.deletion:
        deletion.ask_for(clicks.deletion)
    if clicks.opened or clicks.deletion:
        st.rerun()  # a dialog opened here would be closed by the next tick


show_bar()
gallery_filters.show(viewer.zone())
address.read(gallery_filters.FIRST)
show_live()
if not picture_dialog.show_if_asked(viewer.zone(), gallery_filters.query()):
    deletion.show_dialog_if_asked()
