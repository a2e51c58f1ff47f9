"""Render the page for phones."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.audience.own_pictures import OwnPicture
from dashboard.audience.room import RoomPicture
from dashboard.audience.status import Status
from dashboard.presentation.templates import render

MAX_PROMPT_CHARACTERS = 200
"""Characters that fit on a phone and on a projector."""

SCRIPTS = ("page.js", "hearts.js", "large.js")
"""The page works without them."""

_REFRESH_SECONDS = 2
"""Interval of a phone without JavaScript."""


@dataclass(frozen=True)
class Form:
    """The state of the form."""

    prompt: str = ""
    error: str = ""
    """Why the last request was refused."""
    suggestions: Sequence[str] = ()
    subjects: Sequence[str] = ()
    """Subjects that the model was trained on; empty for models without such a list."""
    job_id: str = ""
    """The visitor's last request; empty before the first."""
    earlier: Sequence[OwnPicture] = ()
    """The pictures of the visitor's earlier requests, newest first."""
    room: Sequence[RoomPicture] = ()
    """The newest pictures of everybody, newest first."""
    can_give: bool = True
    """Whether hearts can be given: not in a replay."""
    paused: bool = False
    """Whether the queue is paused."""


def render_page(form: Form, status: Status | None) -> str:
    """Render the form, and the status of the visitor's last request."""
    return render(
        "audience/page.html",
        form=form,
        status=status,
        max_prompt=MAX_PROMPT_CHARACTERS,
        scripts=SCRIPTS,
        pictures=form.room,
        can_give=form.can_give,
    )


def render_room(pictures: Sequence[RoomPicture], can_give: bool) -> str:
    """Render the newest pictures, with hearts where they can be given."""
    return render("audience/room.html", pictures=pictures, can_give=can_give)


def render_job(status: Status | None) -> str:
    """Render a request's status as a page that refreshes itself."""
    return render("audience/job.html", status=status, refresh_seconds=_REFRESH_SECONDS)
