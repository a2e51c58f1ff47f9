"""Gallery: every picture in the store, newest first."""

import time

import streamlit as st

from dashboard import runtime
from dashboard.components.common import address, viewer
from dashboard.components.compare import comparison
from dashboard.components.gallery import filters, pager, summary, tiles
from dashboard.components.page import top_bar
from dashboard.components.pictures import deletion, dialog, stars

_REFRESH_SECONDS = 1.0


@st.fragment(run_every=_REFRESH_SECONDS)
def show_bar() -> None:
    """Show the title and the health of the sources."""
    top_bar.show("Gallery", runtime.current().sampler.snapshot(), viewer.zone(), time.time())


@st.fragment(run_every=_REFRESH_SECONDS)
def show_live() -> None:
    """Show the page of pictures that the address names."""
    query, first = filters.query(), address.current(filters.FIRST)
    page = runtime.current().gallery.page(query, first)
    store = runtime.current().sampler.snapshot().store
    view = f"{query} {first}"
    clicks = tiles.show(page, view, summary.line(page, query), viewer.zone())
    summary.show_empty(page, query, store)
    pager.show(page)
    if clicks.opened:
        dialog.open_picture(clicks.opened)
    if clicks.deletion:
        deletion.request(clicks.deletion)
    if clicks.starred:
        stars.change(clicks.starred)
        st.rerun(scope="fragment")
    if len(clicks.compared) == 2:
        comparison.open_page(*clicks.compared)
    if clicks.opened or clicks.deletion:
        st.rerun()  # a dialog opened here would be closed by the next refresh


show_bar()
filters.show(viewer.zone())
address.read(filters.FIRST)
show_live()
if not dialog.show_if_open(viewer.zone(), filters.query()):
    deletion.show_dialog_if_requested()
