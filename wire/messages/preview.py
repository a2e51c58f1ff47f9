"""Previews: small pictures of latents, sent with the steps of a picture and never stored.

A preview that is too large or not of this format is dropped by the reader. It is no error: newer
workers may send other formats.
"""

import base64
import struct
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

MAX_PREVIEW_BYTES = 2000
MAX_PREVIEW_SIDE = 64
"""Pixels. A file of a few bytes may state a size that takes gigabytes to decode."""

_HEADER = struct.Struct("<4s4x8s4x3x3sHH")
"""A WebP file with one lossy frame: https://www.rfc-editor.org/rfc/rfc6386#section-9.1."""
_SIZE_BITS = 0x3FFF


def is_preview(body: bytes) -> bool:
    """Return whether a file is a small WebP picture."""
    if not _HEADER.size <= len(body) <= MAX_PREVIEW_BYTES:
        return False
    riff, kind, start_code, width, height = _HEADER.unpack_from(body)
    sides = (width & _SIZE_BITS, height & _SIZE_BITS)
    is_webp = (riff, kind, start_code) == (b"RIFF", b"WEBPVP8 ", b"\x9d\x01\x2a")
    return is_webp and min(sides) > 0 and max(sides) <= MAX_PREVIEW_SIDE


def _read(value: object) -> bytes | None:
    body = value if isinstance(value, bytes) else _decode(value)
    return body if is_preview(body) else None


def _decode(value: object) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        return b""


def _encode(preview: bytes | None) -> str | None:
    return None if preview is None else base64.b64encode(preview).decode()


Preview = Annotated[
    bytes | None, BeforeValidator(_read), PlainSerializer(_encode, when_used="json")
]
"""The file of a preview, Base64 in JSON; None if there is none that can be shown."""
