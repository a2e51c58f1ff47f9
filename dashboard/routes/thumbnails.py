"""Small pictures over HTTP: a tile needs no full picture, and a page has 24 of them."""

import io

from PIL import Image, UnidentifiedImageError

_SIDE = 320
"""Pixels of the longer side: a tile on a screen with two pixels for each of CSS."""
_QUALITY = 80


def thumbnail(picture: bytes) -> bytes:
    """Make a WebP of a stored picture; what is no picture is returned as it is."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            small = image.convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return picture
    small.thumbnail((_SIDE, _SIDE))
    body = io.BytesIO()
    small.save(body, "WEBP", quality=_QUALITY)
    return body.getvalue()
