"""Encode a preview as a small WebP file."""

import cv2
import numpy as np

from wire.messages.preview import MAX_PREVIEW_BYTES
from worker.generator import Pixels

_SIDE = 48
"""Pixels of the longer side. Smaller pictures are enlarged, since WebP halves the resolution of
colours."""
_QUALITIES = (75, 50, 25, 1)
"""At the first of them a smooth picture takes 0.6 kB, and noise 1.7 kB."""


def encode_preview(pixels: Pixels) -> bytes | None:
    """Encode a picture in the best quality that is small enough; None if none is."""
    colours = cv2.cvtColor(_resized(pixels), cv2.COLOR_RGB2BGR)
    for quality in _QUALITIES:
        _, encoded = cv2.imencode(".webp", colours, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if len(encoded) <= MAX_PREVIEW_BYTES:
            return encoded.tobytes()
    return None


def _resized(pixels: Pixels) -> Pixels:
    height, width, _ = pixels.shape
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8)
