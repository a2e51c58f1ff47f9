"""Numbers of messages that pages can show: finite, and times within the calendar."""

from typing import Annotated

from pydantic import Field

MAX_UNIX_SECONDS = 253_402_300_799
"""The end of the year 9999, the last that Python's dates and JavaScript's pickers share."""

UnixSeconds = Annotated[float, Field(ge=0, le=MAX_UNIX_SECONDS, allow_inf_nan=False)]
Quantity = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
"""A duration in seconds, an energy in joules, or the like."""
Count = Annotated[int, Field(ge=0, le=2**53)]
"""A number of things, or of bytes, that JavaScript reads exactly."""


def unix_seconds(value: float | None) -> float | None:
    """Return a time of another program; None if it is outside the calendar, and so unknown."""
    return value if value is not None and 0 <= value <= MAX_UNIX_SECONDS else None
