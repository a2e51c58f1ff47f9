"""Pictures as a recording holds them: small enough that one file is a whole talk."""

import io

from PIL import Image

SIDE = 384
"""Pixels of the longer side, at most: sharp in a wall of pictures, about 10 kB each."""
_QUALITY = 78
_MOST_PIXELS = 40_000_000
"""More are not unpacked: a few kilobytes may claim to be gigabytes."""
# Pillow raises the last two for a damaged PNG; not being a picture is an OSError.
_DAMAGED = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
TYPE = "image/webp"


def small(picture: bytes, side: int = SIDE, quality: int = _QUALITY) -> bytes | None:
    """Return a picture as a small WebP; None if it is no picture, damaged or far too large."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            image.thumbnail((side, side))
            body = io.BytesIO()
            image.convert("RGB").save(body, "WEBP", quality=quality, method=4)
    except _DAMAGED:
        return None
    return body.getvalue()
