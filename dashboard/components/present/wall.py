"""Present's wall: pictures in progress, then the newest ones with their hearts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import tzinfo

from dashboard import runtime
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.components.pictures import tiles
from dashboard.components.pictures.tiles import Tile
from dashboard.domain.jobs import JobView, PicturePreview
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import job_text, previews
from wire.messages.object_names import picture_name

SLOTS = 11
"""A large picture and two rows of five beside it."""
MAX_IN_PROGRESS = 5
"""Half of the wall: it shows finished pictures, however many workers there are."""
_FLOW_SECONDS = 120.0
"""The layout does not change between two pictures of a slow model."""


def show(snapshot: Snapshot, pictures: list[Tile]) -> str | None:
    """Show the wall; return the name of a picture that was clicked."""
    return tiles.show_grid(pictures, SLOTS, tiles.without_pictures(snapshot.store))


@snapshot_cache
def without_lane(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot whose chart has no lane for pictures: the wall shows them."""
    return replace(snapshot, lanes=tuple(lane for lane in snapshot.lanes if lane != "pictures"))


def pictures_of(snapshot: Snapshot, zone: tzinfo | None) -> list[Tile]:
    """Return the wall's pictures; the first one is shown large."""
    context = runtime.current()
    count = context.hearts.count if context.hearts else None
    finished = [
        tiles.fields(view, zone) | {"hearts": count(view.name) if count else 0}
        for view in snapshot.pictures[:SLOTS]
    ]
    return [*pictures_in_progress(snapshot, context.shown_preview), *finished]


def is_flowing(snapshot: Snapshot, pictures: list[Tile]) -> bool:
    """Return whether pictures arrive, so that they get more room than the chart."""
    if any(picture.get("inProgress") for picture in pictures):
        return True
    return bool(snapshot.pictures) and snapshot.at - snapshot.pictures[0].at < _FLOW_SECONDS


def pictures_in_progress(
    snapshot: Snapshot, shown_preview: Callable[[JobView], PicturePreview | None]
) -> list[Tile]:
    """Return the tiles of pictures in progress, those that began last first.

    A finished picture thus stands where its preview was, as the newest one.
    """
    generating = [view for view in snapshot.jobs if view.state == "generating"]
    newest_first = sorted(generating, key=lambda view: view.received_at or 0.0, reverse=True)
    stored = {picture.name for picture in snapshot.pictures}
    previewed = _previewed(snapshot, newest_first, shown_preview)
    return [tile for tile in previewed if tile["name"] not in stored][-MAX_IN_PROGRESS:]


def _previewed(
    snapshot: Snapshot,
    views: list[JobView],
    shown_preview: Callable[[JobView], PicturePreview | None],
) -> Iterator[Tile]:
    for view in views:
        if preview := shown_preview(view):
            yield {
                "name": picture_name(view.job.id, preview.picture),
                "url": previews.source(preview),
                "prompt": view.job.prompt,
                "caption": job_text.describe_state(view, snapshot),
                "inProgress": True,
                "step": view.step,
                "steps": view.steps,
            }
