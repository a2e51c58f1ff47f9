"""The newest pictures as tiles. A click opens a picture without reloading the page."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

import streamlit as st

from dashboard.components.common import custom_component, tables
from dashboard.domain.snapshot import PictureView, Reading, Snapshot
from dashboard.presentation import formatting
from dashboard.presentation.job_text import PROMPT_NOT_READ
from dashboard.presentation.urls import absolute

SLOTS = 20
"""Full rows with the 10, 5 and 4 columns of wide, medium and narrow pages."""

Tile = dict[str, str | bool | int]
"""A picture as ``tile.js`` reads it."""
FormatTime = Callable[[float, tzinfo | None], str]

_EMPTY = "No pictures yet. Describe one, or send a burst, and they appear here by themselves."
_UNKNOWN = "The pictures are unknown until the store answers."

_tiles = custom_component.component(
    "pictures/tiles",
    "<div class='newest'><div class='tiles'></div><p class='no-tiles' hidden></p></div>",
)


def show(snapshot: Snapshot, zone: tzinfo | None, notice: str | None) -> str | None:
    """Show the tiles with a title; return the name of a picture that was clicked in this run."""
    st.html(tables.title("Newest pictures", _beside_title(snapshot, notice)))
    newest = [fields(view, zone) for view in snapshot.pictures[:SLOTS]]
    return show_grid(newest, SLOTS, without_pictures(snapshot.store))


def show_grid(pictures: Sequence[Tile], slots: int, empty: str) -> str | None:
    """Show pictures in fixed slots, or a text without any; return a clicked one's name."""
    result = _tiles(
        data={"pictures": list(pictures[:slots]), "slots": slots, "empty": empty},
        key="tiles",
        on_opened_change=custom_component.noop,
    )
    opened: str | None = result.opened
    return opened


def without_pictures(store: Reading[int]) -> str:
    """Return the text for an empty grid; a store that was not read may hold pictures."""
    return _UNKNOWN if store.value is None else _EMPTY


def fields(
    view: PictureView, zone: tzinfo | None, format_time: FormatTime = formatting.clock
) -> Tile:
    """Return a finished picture's tile."""
    return {
        "name": view.name,
        "url": absolute(f"/thumbnails/{view.name}"),
        "prompt": view.prompt or PROMPT_NOT_READ,
        "caption": format_time(view.at, zone),
        "starred": view.starred,
    }


def _beside_title(snapshot: Snapshot, notice: str | None) -> str:
    # Events report a picture before the store is listed again.
    known = snapshot.store.value
    number = "" if known is None else str(max(known, len(snapshot.pictures)))
    return " · ".join(part for part in (number, notice) if part)
