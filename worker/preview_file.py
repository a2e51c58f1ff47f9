"""Encode a preview as a small WebP file."""

import io

from PIL import Image

from wire.messages.preview import MAX_PREVIEW_BYTES
from worker.generator import Pixels

_SIDE = 48
"""Pixels of the longer side. Smaller pictures are enlarged, since WebP halves the resolution of
colours."""
_QUALITIES = (75, 50, 25, 1)
"""At the first of them a smooth picture takes 0.6 kB, and noise 1.7 kB."""


def encode_preview(pixels: Pixels) -> bytes | None:
    """Encode a picture in the best quality that is small enough; None if none is."""
    preview = _resized(pixels)
    encoded = (_encode(preview, quality) for quality in _QUALITIES)
    return next((body for body in encoded if len(body) <= MAX_PREVIEW_BYTES), None)


def _encode(preview: Image.Image, quality: int) -> bytes:
    body = io.BytesIO()
    preview.save(body, "WEBP", quality=quality)
    return body.getvalue()


def _resized(pixels: Pixels) -> Image.Image:
    height, width, _ = pixels.shape
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)
