"""Pictures as a recording holds them: small enough that one file is a whole talk."""

import io

from PIL import Image, UnidentifiedImageError

SIDE = 384
"""Pixels of the longer side, at most: sharp in a wall of pictures, about 10 kB each."""
_QUALITY = 78
TYPE = "image/webp"


def small(picture: bytes) -> bytes | None:
    """Return a picture as a small WebP; None if it is no picture."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            image.thumbnail((SIDE, SIDE))
            body = io.BytesIO()
            image.convert("RGB").save(body, "WEBP", quality=_QUALITY, method=4)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    return body.getvalue()
