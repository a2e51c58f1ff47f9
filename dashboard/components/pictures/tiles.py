"""The newest pictures. A click opens a picture's details without reloading the page."""

from collections.abc import Callable
from datetime import tzinfo
from html import escape

import streamlit as st

from dashboard.components.common import custom_component
from dashboard.domain.snapshot import PictureView, Reading, Snapshot
from dashboard.presentation import formatting

PLACES = 20
"""Full rows with the 10, 5 and 4 columns of wide, medium and narrow pages."""

When = Callable[[float, tzinfo | None], str]
"""Says when a picture was stored."""

_EMPTY = "No pictures yet. Describe one, or send a burst, and they appear here by themselves."
_UNKNOWN = "Which pictures there are is unknown until the store answers."

_tiles = custom_component.component(
    "pictures/tiles",
    "<div class='newest'><div class='tiles'></div><p class='no-tiles' hidden></p></div>",
)


def show(snapshot: Snapshot, zone: tzinfo | None, notice: str | None) -> str | None:
    """Show the tiles; return the name of a picture that was clicked in this run."""
    st.html(_title(snapshot, notice))
    return show_grid(snapshot, PLACES, zone)


def show_grid(snapshot: Snapshot, places: int, zone: tzinfo | None) -> str | None:
    """Show the newest pictures in fixed places; return the name of a clicked one."""
    result = _tiles(
        data={
            "pictures": [fields(view, zone) for view in snapshot.pictures[:places]],
            "places": places,
            "empty": without_pictures(snapshot.store),
        },
        key="tiles",
        on_opened_change=custom_component.noop,
    )
    return result.opened


def without_pictures(store: Reading[int]) -> str:
    """Say what stands in the place of pictures: none is no news of a store that is silent."""
    return _UNKNOWN if store.value is None else _EMPTY


def fields(
    view: PictureView, zone: tzinfo | None, when: When = formatting.clock
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
