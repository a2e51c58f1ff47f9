"""Pictures within reports and souvenirs: files that contain all that they show."""

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from core.errors import StoreError
from dashboard.domain.snapshot import PictureView
from dashboard.gallery.pictures import THUMBNAIL_TYPE, thumbnail
from dashboard.presentation.urls import data_url

ReadPicture = Callable[[str], bytes]
"""Returns a stored picture by its name; raises StoreError."""
Shrink = Callable[[bytes], bytes | None]
"""Returns a picture as a small WebP; None if it cannot be decoded."""


def best(views: Sequence[PictureView], limit: int) -> list[PictureView]:
    """Select starred pictures, then the newest of the others, in turn from each prompt."""
    starred = [view for view in views if view.starred]
    others = [view for view in views if not view.starred]
    return [*_in_turn(starred), *_in_turn(others)][:limit]


def _in_turn(views: Sequence[PictureView]) -> Iterator[PictureView]:
    by_prompt: dict[str | None, list[PictureView]] = {}
    for view in views:
        by_prompt.setdefault(view.prompt, []).append(view)
    for turn in zip_longest(*by_prompt.values()):
        yield from (view for view in turn if view)


def data_url_of(
    view: PictureView, read_picture: ReadPicture, shrink: Shrink = thumbnail
) -> str | None:
    """Return a small picture; None if it cannot be read."""
    try:
        small = shrink(read_picture(view.name))
    except StoreError:
        return None
    return None if small is None else data_url(small, THUMBNAIL_TYPE)


def prompt_of(view: PictureView) -> str:
    """Return a picture's prompt, for people."""
    return view.prompt or "prompt unknown"
