"""Gallery queries, and pages of their results."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.domain.snapshot import PictureView

PICTURES_PER_PAGE = 24
"""Full rows with 12, 8, 6, 4 and 3 columns."""


class IndexEntry(NamedTuple):
    """A picture's position in the order of time."""

    stored_at: float
    """Unix seconds."""
    name: str


@dataclass(frozen=True)
class GalleryQuery:
    """A filter for pictures; the default matches all."""

    words: tuple[str, ...] = ()
    """All of them must occur in the prompt; in lower case."""
    starred: bool = False

    @property
    def is_all(self) -> bool:
        """Whether every picture matches."""
        return not self.words and not self.starred

    def matches(self, prompt: str) -> bool:
        """Return whether a prompt contains every word, in any case, also within longer words."""
        prompt = prompt.casefold() if self.words else ""
        return all(word in prompt for word in self.words)


def parse_query(text: str, starred: bool = False) -> GalleryQuery:
    """Parse the text of the search field."""
    return GalleryQuery(tuple(sorted(set(text.casefold().split()))), starred)


@dataclass(frozen=True)
class GalleryPage:
    """Some matching pictures, and links to other pages."""

    pictures: tuple[PictureView, ...]
    """Newest first."""
    rank: int
    """The number of newer matches."""
    total: int
    """The number of matches."""
    newer: str | None
    """The first picture of the previous page: empty for the newest page, None on it."""
    older: str | None
    """The first picture of the next page; None on the last one."""
    oldest: str | None
    """The first picture of the last page; None on it."""
    prompts_read: int
    """The number of jobs whose prompts are in memory."""
    prompts_known: int
    """The number of jobs whose prompts are in memory or in the store."""

    @property
    def has_unread_prompts(self) -> bool:
        """Whether a search may find more once further prompts are read."""
        return self.prompts_read < self.prompts_known


def page_of(
    matches: Sequence[IndexEntry],
    first: IndexEntry | None,
    view: Callable[[IndexEntry], PictureView],
    prompt_counts: tuple[int, int],
) -> GalleryPage:
    """Cut a page out of the matches.

    Args:
        matches: all matching pictures, oldest first.
        first: the page's newest picture; None for the newest page.
        view: converts an entry.
        prompt_counts: ``prompts_read`` and ``prompts_known`` of the page.

    """
    end = len(matches) if first is None else bisect_right(matches, first)
    start = max(0, end - PICTURES_PER_PAGE)
    pages_before_last = (len(matches) - 1) // PICTURES_PER_PAGE if matches else 0
    last_page_end = len(matches) - pages_before_last * PICTURES_PER_PAGE
    return GalleryPage(
        pictures=tuple(map(view, reversed(matches[start:end]))),
        rank=len(matches) - end,
        total=len(matches),
        newer=_newer(matches, end),
        older=matches[start - 1].name if start else None,
        oldest=matches[last_page_end - 1].name if start else None,
        prompts_read=prompt_counts[0],
        prompts_known=prompt_counts[1],
    )


def _newer(matches: Sequence[IndexEntry], end: int) -> str | None:
    if end == len(matches):
        return None
    newer_end = end + PICTURES_PER_PAGE
    return matches[newer_end - 1].name if newer_end < len(matches) else ""
