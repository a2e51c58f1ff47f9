"""Pixels to PNG, with the encoder and level that measured fastest."""

import cv2
import numpy as np

_LEVEL = 1
"""Of zlib: 9 saves a tenth of the bytes and takes many times as long."""


def encode_png(pixels: np.ndarray) -> bytes:
    """Write height x width x 3 RGB uint8 as a PNG file's bytes."""
    blue_first = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".png", blue_first, [cv2.IMWRITE_PNG_COMPRESSION, _LEVEL])
    return encoded.tobytes()
