"""The pictures of a visitor, remembered in the phone's own cookie.

The ids are no secret: whoever knows one sees its status only, as on a link that was shared.
"""

from dataclasses import dataclass

from dashboard.runtime.context import AppContext
from wire.messages.object_names import metadata_name, parse_metadata_name, picture_name

COOKIE = "requests"
_MAX_REQUESTS = 60
"""Their ids, 37 characters each, fit into one cookie."""
_SEPARATOR = "."


@dataclass(frozen=True)
class OwnPicture:
    """A picture that a visitor's earlier request made."""

    job_id: str
    name: str
    prompt: str


def read_ids(cookie: str | None) -> tuple[str, ...]:
    """Return the ids of a visitor's last requests, newest first; what is no id is dropped."""
    parts = (cookie or "").split(_SEPARATOR)[:_MAX_REQUESTS]
    return tuple(part for part in parts if is_job_id(part))


def with_newest(cookie: str | None, job_id: str) -> str:
    """Return the cookie's value after a new request."""
    ids = (job_id, *(each for each in read_ids(cookie) if each != job_id))
    return _SEPARATOR.join(ids[:_MAX_REQUESTS])


def is_job_id(text: str) -> bool:
    """Return whether a text has the format of a job's id."""
    return parse_metadata_name(metadata_name(text)) is not None


def pictures_of(context: AppContext, ids: tuple[str, ...]) -> list[OwnPicture]:
    """Return those requests' pictures that are known and may be shown; reads no store."""
    views = [context.shown_picture(picture_name(job_id, 0)) for job_id in ids]
    return [OwnPicture(view.job_id, view.name, view.prompt or "") for view in views if view]
