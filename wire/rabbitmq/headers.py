"""Decode every time that a header of another program's message may have.

pika decodes headers in the connection's thread. There, a time after the year 9999 raises an error
that ends the connection, and the message comes back to the next one. Importing this module
replaces pika's decoder for this type.
"""

import struct
from datetime import UTC, datetime
from typing import Any

from pika import data

_decode_value = data.decode_value


def decode_value(encoded: bytes, offset: int) -> tuple[Any, int]:
    """Decode a value as pika does; None for a time that Python has no value for."""
    if encoded[offset : offset + 1] != b"T":
        return _decode_value(encoded, offset)
    (seconds,) = struct.unpack_from(">Q", encoded, offset + 1)
    return _time(seconds), offset + 9


def _time(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


data.decode_value = decode_value
