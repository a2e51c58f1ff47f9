"""A page of the gallery as tiles: open one, or select several for a zip or to delete them."""

from dataclasses import dataclass
from datetime import tzinfo

from dashboard.components.common import custom_component
from dashboard.components.pictures import deletion, tiles
from dashboard.gallery.query import PICTURES_PER_PAGE, GalleryPage
from dashboard.presentation import formatting
from dashboard.presentation.urls import MAX_ZIP_PICTURES

_HTML = "<div class='gallery-bar'></div><div class='tiles'></div>"

_tiles = custom_component.component("gallery/tiles", f"<div class='gallery-tiles'>{_HTML}</div>")


@dataclass(frozen=True)
class Clicks:
    """What was clicked in this run."""

    opened: str | None
    deletion: tuple[str, ...]
    """Names of the pictures that somebody wants deleted."""


def show(page: GalleryPage, view: str, summary: str, zone: tzinfo | None) -> Clicks:
    """Show the tiles of a page.

    Args:
        page: the pictures.
        view: tells pages apart; within one, new pictures wait until nobody is disturbed.
        summary: which pictures these are.
        zone: the viewer's.

    """
    fields = (tiles.fields(view, zone, formatting.date_and_clock) for view in page.pictures)
    data = {
        "pictures": list(fields),
        "places": PICTURES_PER_PAGE,
        "view": view,
        "summary": summary,
        "most": MAX_ZIP_PICTURES,
        "deleted": deletion.last(),
        "no_deletion": deletion.refusal(),
    }
    result = _tiles(
        data=data,
        key="gallery",
        on_opened_change=custom_component.noop,
        on_deletion_change=custom_component.noop,
    )
    return Clicks(result.opened, tuple(result.deletion or ()))
