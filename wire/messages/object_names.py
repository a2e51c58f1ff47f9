"""Names of a job's objects in the store.

A job's objects are ``<job id>-0.png … <job id>-<count-1>.png`` and, written last,
``<job id>.json``.
"""

import re
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator

_PICTURE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(0|[1-9][0-9]{0,3})\.png")
_METADATA = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json")


def _is_uuid(text: str) -> str:
    # An id is part of object names, so only the canonical spelling is valid.
    try:
        canonical = str(UUID(text))
    except ValueError:
        canonical = None
    if canonical != text:
        raise ValueError("is not a UUID in lower case")
    return text


JobId = Annotated[str, AfterValidator(_is_uuid)]


@dataclass(frozen=True)
class PictureName:
    """A parsed object name: the job's id and the number of the picture, from 0."""

    job_id: str
    number: int


def picture_name(job_id: str, number: int) -> str:
    """Return the object name of a job's picture; ``number`` counts from 0."""
    return f"{job_id}-{number}.png"


def metadata_name(job_id: str) -> str:
    """Return the object name of a job's metadata."""
    return f"{job_id}.json"


def parse_picture_name(name: str) -> PictureName | None:
    """Parse the object name of a picture; None for any other name."""
    match = _PICTURE.fullmatch(name)
    return PictureName(match[1], int(match[2])) if match else None


def parse_metadata_name(name: str) -> str | None:
    """Return the job id in the object name of metadata; None for any other name."""
    match = _METADATA.fullmatch(name)
    return match[1] if match else None
