"""Small pictures over HTTP: a tile needs no full picture, and a page has 24 of them."""

from dashboard.gallery.thumbnail import small

_SIDE = 320
"""Pixels of the longer side: a tile on a screen with two pixels for each of CSS."""
_QUALITY = 80


def thumbnail(picture: bytes) -> bytes:
    """Make a WebP of a stored picture; what is no picture is returned as it is."""
    return small(picture, _SIDE, _QUALITY) or picture
