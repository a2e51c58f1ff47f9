"""The pictures in progress on Present's wall."""

from collections.abc import Callable, Iterator

from dashboard.components.pictures.tiles import Tile
from dashboard.domain.jobs import JobView, PicturePreview
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import previews
from wire.messages.object_names import picture_name

MAX_IN_PROGRESS = 5
"""Half of the wall: it shows finished pictures, however many workers there are."""


def pictures_in_progress(
    snapshot: Snapshot, shown_preview: Callable[[JobView], PicturePreview | None]
) -> list[Tile]:
    """Return the tiles of pictures in progress, those that began last first.

    A finished picture thus stands where its preview was, as the newest one.
    """
    generating = [view for view in snapshot.jobs if view.state == "generating"]
    newest_first = sorted(generating, key=lambda view: view.received_at or 0.0, reverse=True)
    stored = {picture.name for picture in snapshot.pictures}
    tiles = [tile for tile in _tiles(newest_first, shown_preview) if tile["name"] not in stored]
    return tiles[-MAX_IN_PROGRESS:]


def _tiles(
    views: list[JobView], shown_preview: Callable[[JobView], PicturePreview | None]
) -> Iterator[Tile]:
    for view in views:
        if preview := shown_preview(view):
            yield {
                "name": picture_name(view.job.id, preview.picture),
                "url": previews.source(preview),
                "prompt": view.job.prompt,
                "caption": "in progress",
                "inProgress": True,
            }
