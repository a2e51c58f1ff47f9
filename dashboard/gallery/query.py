"""A page of the gallery: which pictures a person wants, and a stretch of 24 of them."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.domain.snapshot import PictureView
from dashboard.gallery.order import IndexEntry

PAGE = 24
"""Full rows with 12, 8, 6, 4 and 3 columns."""


@dataclass(frozen=True)
class GalleryQuery:
    """Which pictures: those whose prompts hold all of some words, or all."""

    words: tuple[str, ...] = ()
    starred: bool = False

    @property
    def is_all(self) -> bool:
        """Whether every picture is wanted."""
        return not self.words and not self.starred

    def matches(self, prompt: str) -> bool:
        """Tell whether a prompt holds every word, in any case, also within longer words."""
        prompt = prompt.casefold() if self.words else ""
        return all(word in prompt for word in self.words)


def query_of(text: str, starred: bool = False) -> GalleryQuery:
    """Read what somebody typed into the search field."""
    return GalleryQuery(tuple(sorted(set(text.casefold().split()))), starred)


@dataclass(frozen=True)
class GalleryPage:
    """Some pictures in the order of time, and where they stand among all that match."""

    pictures: tuple[PictureView, ...]
    """Newest first."""
    rank: int
    """How many newer pictures match."""
    total: int
    """How many pictures match."""
    newer: str | None
    """With which picture the page before begins: empty for the newest page, None on it."""
    older: str | None
    """The picture with which the page after begins."""
    oldest: str | None
    """The picture with which the last page begins."""
    prompts_read: int
    prompts_known: int
    """Jobs whose prompts are known, and jobs that have one."""


def page_of(
    places: Sequence[IndexEntry],
    first: IndexEntry | None,
    view: Callable[[IndexEntry], PictureView],
    prompts: tuple[int, int],
) -> GalleryPage:
    """Cut a page out of places in order of time; ``first`` None is the newest page."""
    end = len(places) if first is None else bisect_right(places, first)
    start = max(0, end - PAGE)
    last = len(places) - (len(places) - 1) // PAGE * PAGE if places else 0
    return GalleryPage(
        pictures=tuple(map(view, reversed(places[start:end]))),
        rank=len(places) - end,
        total=len(places),
        newer=_newer(places, end),
        older=places[start - 1][1] if start else None,
        oldest=places[last - 1][1] if start else None,
        prompts_read=prompts[0],
        prompts_known=prompts[1],
    )


def _newer(places: Sequence[IndexEntry], end: int) -> str | None:
    if end == len(places):
        return None
    return places[end + PAGE - 1][1] if end + PAGE < len(places) else ""
