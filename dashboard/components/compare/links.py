"""The address of a comparison: the names of its two pictures."""

from urllib.parse import urlencode

LEFT, RIGHT = "left", "right"
"""The query parameters."""


def address(left: str, right: str) -> str:
    """Return the address of a comparison, relative to the pages'."""
    return f"compare?{urlencode({LEFT: left, RIGHT: right})}"
