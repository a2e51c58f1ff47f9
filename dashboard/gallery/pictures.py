"""Read pictures through a cache, and make thumbnails."""

import io
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Literal

from cachetools import LRUCache
from PIL import Image

THUMBNAIL_SIDE = 384
"""Pixels of the longer side, at most: sharp on a wall of pictures, about 10 kB each."""
Format = Literal["png", "webp", "jpeg"]
MEDIA_TYPES: dict[Format, str] = {
    "png": "image/png",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
}
THUMBNAIL_TYPE = MEDIA_TYPES["webp"]
MAX_CACHED_BYTES = 64 * 2**20
"""Holds the newest pages of every open gallery."""
_QUALITY = 78
_DOWNLOAD_QUALITY = 92
"""At which a person sees no difference."""
_MAX_PIXELS = 40_000_000
"""Larger images are not decoded: a file of a few kB may expand to gigabytes."""
# For a damaged PNG, Pillow raises the last two; a file that is no picture is an OSError.
_DECODING_ERRORS = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


class PictureReader:
    """Reads pictures by name and caches the most recently used; thread-safe.

    Args:
        read: returns a picture; raises ObjectMissing or StoreUnavailable.
        max_bytes: the size of the cache.

    """

    def __init__(self, read: Callable[[str], bytes], max_bytes: int = MAX_CACHED_BYTES) -> None:
        self._read = read
        self._cache: LRUCache[str, bytes] = LRUCache(max_bytes, getsizeof=len)
        self._lock = Lock()

    def cached(self, name: str) -> bytes | None:
        """Return a picture from the cache."""
        with self._lock:
            return self._cache.get(name)

    def read(self, name: str) -> bytes:
        """Return a picture, read if necessary; raises ObjectMissing or StoreUnavailable."""
        picture = self.cached(name)
        if picture is None:
            picture = self._read(name)
            with self._lock, suppress(ValueError):  # larger than the whole cache
                self._cache[name] = picture
        return picture


def thumbnail(picture: bytes, side: int = THUMBNAIL_SIDE, quality: int = _QUALITY) -> bytes | None:
    """Return a picture as a small WebP; None if it cannot be decoded or is far too large.

    Args:
        picture: an image file.
        side: the maximum of width and height, in pixels.
        quality: WebP's, from 0 to 100.

    """

    def shrink(image: Image.Image) -> None:
        image.thumbnail((side, side))

    return _encode(picture, "webp", quality, shrink)


def convert(picture: bytes, file_format: Format, quality: int = _DOWNLOAD_QUALITY) -> bytes | None:
    """Return a picture in another format; None if it cannot be decoded or is far too large."""
    return _encode(picture, file_format, quality)


def _encode(
    picture: bytes,
    file_format: Format,
    quality: int,
    change: Callable[[Image.Image], None] = lambda _image: None,
) -> bytes | None:
    body = io.BytesIO()
    try:
        with Image.open(io.BytesIO(picture)) as image:
            if image.width * image.height > _MAX_PIXELS:
                return None
            change(image)
            image.convert("RGB").save(body, file_format.upper(), quality=quality)
    except _DECODING_ERRORS:
        return None
    return body.getvalue()


def media_type(picture: bytes) -> str:
    """Return the media type of a picture: WebP for thumbnails, else PNG."""
    return MEDIA_TYPES["webp" if picture[8:12] == b"WEBP" else "png"]
