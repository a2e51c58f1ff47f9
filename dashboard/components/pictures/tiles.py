"""The newest pictures. A click opens a picture's details without reloading the page."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from html import escape

import streamlit as st

from dashboard import words
from dashboard.components import scripted
from dashboard.readings.snapshot import PictureView, Snapshot

PLACES = 20
"""Full rows with the 10, 5 and 4 columns of wide, medium and narrow pages."""

When = Callable[[float, tzinfo | None], str]
"""Says when a picture was stored."""

_EMPTY = "No pictures yet. Describe one, or send a burst, and they appear here by themselves."

_tiles = scripted.component(
    "pictures/tiles",
    f"<div class='newest'><div class='tiles'></div><p class='no-tiles' hidden>{_EMPTY}</p></div>",
    "pictures/tile",
)


def show(snapshot: Snapshot, zone: tzinfo | None, notice: str | None) -> str | None:
    """Show the tiles; return the name of a picture that was clicked in this run."""
    st.html(_title(snapshot, notice))
    return show_grid(snapshot.pictures, PLACES, zone)


def show_grid(pictures: Sequence[PictureView], places: int, zone: tzinfo | None) -> str | None:
    """Show the first of some pictures in fixed places; return the name of a clicked one."""
    result = _tiles(
        data={"pictures": [fields(view, zone) for view in pictures[:places]], "places": places},
        key="tiles",
        on_opened_change=scripted.ignore,
    )
    return result.opened


def fields(
    view: PictureView, zone: tzinfo | None, when: When = words.clock
) -> dict[str, str | bool]:
    """Write a picture for the browser."""
    return {
        "name": view.name,
        "url": f"/thumbnails/{view.name}",
        "prompt": view.prompt or "prompt not read yet",
        "caption": when(view.at, zone),
        "starred": view.starred,
    }


def _title(snapshot: Snapshot, notice: str | None) -> str:
    # Events tell of a picture before the store is read again.
    known = snapshot.store.value
    number = "" if known is None else str(max(known, len(snapshot.pictures)))
    parts = " · ".join(part for part in (number, notice) if part)
    return (
        "<div class='section-title'>Newest pictures"
        f"<span class='muted'>{escape(parts)}</span></div>"
    )
