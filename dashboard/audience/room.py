"""The newest pictures, to which a visitor can give hearts."""

import hashlib
from dataclasses import dataclass
from itertools import islice

from dashboard.access import tokens
from dashboard.presentation.job_text import PROMPT_NOT_READ
from dashboard.runtime.context import AppContext

_MAX_PICTURES = 12


@dataclass(frozen=True)
class RoomPicture:
    """A picture that everybody may see."""

    name: str
    prompt: str
    hearts: int
    given: bool
    """Whether the visitor's heart is among them."""


def visitor_of(cookie: str | None) -> str | None:
    """Return the name of a visitor in the store, from which nobody gets the cookie; None without.

    A browser has one heart for a picture as long as it keeps its cookie. Programs that invent
    cookies are slowed by the limit of their address (visitors.heart_limits).
    """
    if not tokens.is_token(cookie):
        return None
    return hashlib.sha256(f"hearts of {cookie}".encode()).hexdigest()[:32]


def newest_pictures(context: AppContext, visitor: str | None) -> list[RoomPicture]:
    """Return the newest pictures that may be shown, newest first; reads no store."""
    hearts = context.hearts
    given = hearts.given_by(visitor) if hearts and visitor else frozenset()
    views = (
        view
        for view in context.sampler.snapshot().pictures
        if not context.lacks_approval(view.job_id)
    )
    return [
        RoomPicture(
            view.name,
            view.prompt or PROMPT_NOT_READ,
            hearts.count(view.name) if hearts else 0,
            view.name in given,
        )
        for view in islice(views, _MAX_PICTURES)
    ]
