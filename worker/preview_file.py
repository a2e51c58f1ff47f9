"""Encode a preview as a small WebP file."""

import cv2

from wire.messages.preview import MAX_PREVIEW_BYTES
from worker.generator import Pixels

_QUALITIES = (75, 50, 25, 1)
"""48 x 48 pixels take 0.6 kB at the first of them once they are smooth, and 1.7 kB as noise."""


def encode_preview(pixels: Pixels) -> bytes | None:
    """Encode a picture in the best quality that is small enough; None if none is."""
    colours = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    for quality in _QUALITIES:
        _, encoded = cv2.imencode(".webp", colours, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if len(encoded) <= MAX_PREVIEW_BYTES:
            return encoded.tobytes()
    return None
