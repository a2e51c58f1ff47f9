"""A page of the gallery as tiles: open a picture, or select several to compare, star or delete."""

from dataclasses import dataclass
from datetime import tzinfo

from dashboard.components.common import custom_component
from dashboard.components.pictures import deletion, stars, tiles
from dashboard.gallery.query import PICTURES_PER_PAGE, GalleryPage
from dashboard.presentation import formatting
from dashboard.presentation.urls import MAX_ZIP_PICTURES, absolute

_HTML = "<div class='gallery-bar'></div><div class='tiles'></div>"

_tiles = custom_component.component("gallery/tiles", f"<div class='gallery-tiles'>{_HTML}</div>")


@dataclass(frozen=True)
class Clicks:
    """What was clicked in this run."""

    opened: str | None
    deletion: tuple[str, ...]
    """Names of the selected pictures for which Delete was pressed."""
    compared: tuple[str, ...]
    """Names of the two pictures for which Compare was pressed."""
    starred: stars.Change | None
    """The selected pictures for which Star or Unstar was pressed."""


def show(page: GalleryPage, view: str, summary: str, zone: tzinfo | None) -> Clicks:
    """Show the tiles of a page.

    Args:
        page: the pictures.
        view: identifies the page; while it stays the same, new pictures do not replace those
            that somebody is looking at.
        summary: the text above the tiles.
        zone: the viewer's.

    """
    data = {
        "pictures": [
            tiles.fields(picture, zone, formatting.date_and_clock) for picture in page.pictures
        ],
        "slots": PICTURES_PER_PAGE,
        "view": view,
        "summary": summary,
        "zip": absolute("/pictures.zip"),
        "max_selected": MAX_ZIP_PICTURES,
        "deleted": deletion.last(),
        "no_deletion": deletion.refusal(),
        "no_star": stars.refusal(),
    }
    result = _tiles(
        data=data,
        key="gallery",
        on_opened_change=custom_component.noop,
        on_deletion_change=custom_component.noop,
        on_compared_change=custom_component.noop,
        on_starred_change=custom_component.noop,
    )
    return Clicks(
        result.opened,
        tuple(result.deletion or ()),
        tuple(result.compared or ()),
        stars.parse(result.starred),
    )
