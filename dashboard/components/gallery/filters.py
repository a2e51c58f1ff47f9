"""The gallery's filters: words in prompts, starred pictures, a last day."""

from datetime import datetime, time, timedelta, tzinfo

import streamlit as st

from dashboard import runtime
from dashboard.components.common import address, filter_history
from dashboard.gallery.query import GalleryQuery, parse_query

FIRST = "from"
"""The query parameter that names the first picture of the page."""

_ALL, _STARRED = "All", "Starred"


def show(zone: tzinfo | None) -> None:
    """Show the filters; the address bar keeps the search and the choice of starred pictures."""
    filter_history.show(["search", "show"])
    if st.session_state.get("until") and not address.read(FIRST):
        st.session_state.until = None  # Back, or a search, has left the page of this day
    with st.container(horizontal=True, key="gallery_filters", vertical_alignment="center"):
        st.text_input(
            "Search words in prompts",
            placeholder="Search words in prompts",
            key="search",
            type="search",
            max_chars=200,
            label_visibility="collapsed",
            bind="query-params",
            on_change=go_to,
            args=("",),
            width=320,
        )
        st.segmented_control(
            "Which pictures",
            [_ALL, _STARRED],
            default=_ALL,
            key="show",
            required=True,
            label_visibility="collapsed",
            bind="query-params",
            on_change=go_to,
            args=("",),
        )
        st.html("<span class='muted'>until</span>", width="content")
        st.date_input(
            "Generated until",
            value=None,
            max_value=datetime.now(zone).date(),
            format="YYYY-MM-DD",
            key="until",
            label_visibility="collapsed",
            help="Shows pictures of this day and earlier.",
            on_change=_go_to_day,
            args=(zone,),
            width=150,
        )


def query() -> GalleryQuery:
    """Return the query that the filters describe."""
    state = st.session_state
    return parse_query(state.get("search") or "", state.get("show") == _STARRED)


def go_to(first: str) -> None:
    """Open the page that begins with the picture ``first``; empty for the newest page."""
    address.write(FIRST, first)


def _go_to_day(zone: tzinfo | None) -> None:
    day = st.session_state.get("until")
    if day is None:
        go_to("")
        return
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    first = runtime.current().gallery.index.first_before(query(), end.timestamp())
    if first is None:
        st.toast("There are no pictures that old.")
    go_to(first or "")
