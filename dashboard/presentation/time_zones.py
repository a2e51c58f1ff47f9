"""Find the time zone that a browser names."""

from datetime import tzinfo
from zoneinfo import ZoneInfo


def find_zone(name: str | None) -> tzinfo | None:
    """Return the zone of that name, which may be any text; None, the server's, without one."""
    try:
        return ZoneInfo(name) if name else None
    # Besides KeyError: the name is part of a path, and may be no path, too long, or a folder's.
    except (KeyError, ValueError, OSError):
        return None
