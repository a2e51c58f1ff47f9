"""Load the initial picture of a job from the store."""

import io
import struct

import numpy as np
from PIL import Image

from core.errors import MessageError, ObjectMissing
from wire.stores.base import Store
from worker.generator import Pixels

_MAX_PIXELS = 4096 * 4096
_PNG_HEADER = struct.Struct(">8s8xII")
"""Signature, length and type of the first chunk, width, height."""
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def load_init_image(store: Store, name: str) -> Pixels:
    """Decode the stored picture of this name.

    Raises MessageError if there is none, or if it is no PNG or too large; StoreError.
    """
    try:
        body = store.get(name)
    except ObjectMissing:
        raise MessageError(
            f"The initial picture {name} is not in the gallery: it was deleted or withheld."
        ) from None
    _require_size(name, body)
    try:
        return np.asarray(Image.open(io.BytesIO(body), formats=["PNG"]).convert("RGB"))
    except (OSError, SyntaxError, ValueError):  # Pillow raises each of them for damaged files
        raise MessageError(f"The initial picture {name} cannot be decoded.") from None


def _require_size(name: str, body: bytes) -> None:
    """Read the size before decoding: few bytes may decode to gigabytes."""
    if len(body) < _PNG_HEADER.size or not body.startswith(_PNG_SIGNATURE):
        raise MessageError(f"The initial picture {name} is not a PNG file.")
    _, width, height = _PNG_HEADER.unpack_from(body)
    if width * height > _MAX_PIXELS:
        raise MessageError(
            f"The initial picture {name} has {width} x {height} pixels; "
            f"at most {_MAX_PIXELS} are read."
        )
