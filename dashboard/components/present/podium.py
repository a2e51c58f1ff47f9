"""The three pictures with the most hearts, as a podium."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from dashboard import runtime
from dashboard.components.common import dom_patch
from dashboard.components.present import render
from dashboard.domain.snapshot import PictureView
from dashboard.presentation.job_text import PROMPT_NOT_READ
from dashboard.runtime.context import AppContext

SESSION_SECONDS = 12 * 3600.0
"""Pictures of a talk or a workshop: yesterday's do not win today."""
_PLACES = 3


@dataclass(frozen=True)
class PodiumPlace:
    """A picture on the podium."""

    rank: int
    """1, 2 or 3; pictures with the same number of hearts share one."""
    name: str
    prompt: str
    hearts: int


@dataclass(frozen=True)
class Podium:
    """At most three places, and what shares the last one."""

    places: tuple[PodiumPlace, ...]
    """The winner first; the earlier of two pictures with the same hearts."""
    tied: int = 0
    """Further pictures with as many hearts as the third."""


FindPicture = Callable[[str], PictureView | None]
"""Returns a picture that may be shown; None for a deleted or withheld one."""


def show() -> None:
    """Show the podium of this session."""
    dom_patch.show(render("podium", podium_of(runtime.current())), key="podium")


def podium_of(context: AppContext) -> Podium:
    """Return the podium of the pictures that were stored in the last hours."""
    ranking = context.hearts.ranking() if context.hearts else []
    return award(ranking, context.shown_picture, context.now() - SESSION_SECONDS)


def award(ranking: Iterable[tuple[str, int]], find: FindPicture, since: float) -> Podium:
    """Give the places to the pictures with the most hearts.

    Args:
        ranking: names of pictures and their hearts, the highest number first.
        find: finds those that may be shown.
        since: Unix seconds; older pictures take no part.

    """
    finalists = list(_finalists(ranking, find, since))
    finalists.sort(key=lambda finalist: (-finalist[1], finalist[0].at, finalist[0].name))
    hearts = [number for _, number in finalists]
    places = tuple(
        PodiumPlace(1 + hearts.index(number), view.name, view.prompt or PROMPT_NOT_READ, number)
        for view, number in finalists[:_PLACES]
    )
    return Podium(places, tied=sum(number == hearts[_PLACES - 1] for number in hearts[_PLACES:]))


def _finalists(
    ranking: Iterable[tuple[str, int]], find: FindPicture, since: float
) -> Iterator[tuple[PictureView, int]]:
    """Yield the pictures of the places, and those that share the last one."""
    last = found = 0
    for name, number in ranking:
        if found >= _PLACES and number < last:
            return
        view = find(name)
        if view and view.at >= since:
            found, last = found + 1, number
            yield view, number
