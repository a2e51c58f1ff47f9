"""Choose the file format of a picture from a request."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.gallery.pictures import MEDIA_TYPES, Format

_ANY = {"image/png", "image/*", "*/*"}
"""Browsers accept WebP, too; they get the stored file, which takes no time to convert."""


def requested_format(request: Request) -> Format:
    """Return the format in ``?format=``, else one that ``Accept`` allows, PNG first.

    Raises HTTPException for an unknown format.
    """
    name = request.query_params.get("format", "").lower()
    if name and name not in MEDIA_TYPES:
        formats = ", ".join(MEDIA_TYPES)
        raise HTTPException(400, f"There is no format {name[:20]}; there are: {formats}.")
    return next((each for each in MEDIA_TYPES if each == name), None) or _accepted_format(request)


def _accepted_format(request: Request) -> Format:
    accepted = _accepted_types(request.headers.get("accept", ""))
    if _ANY.intersection(accepted):
        return "png"
    by_type = {media_type: name for name, media_type in MEDIA_TYPES.items()}
    return next((by_type[each] for each in accepted if each in by_type), "png")


def _accepted_types(header: str) -> list[str]:
    """Return the media types of ``Accept``, the preferred ones first, without refused ones."""
    qualities: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        qualities[name] = next(map(_quality, (p for p in parameters if p.startswith("q="))), 1.0)
    accepted = [name for name, quality in qualities.items() if quality > 0]
    return sorted(accepted, key=qualities.__getitem__, reverse=True)


def _quality(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 1.0
