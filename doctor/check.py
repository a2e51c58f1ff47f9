"""A check: its name, its function, and the result that it returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "failed", "skipped"]

NETWORK_SECONDS = 25.0
"""Longer than the clients' own time limits, so that their sentences report a timeout."""


@dataclass(frozen=True)
class Result:
    """The state, and a sentence: what was found, what to do, or why nothing was checked."""

    state: State
    text: str


@dataclass(frozen=True)
class Check:
    """A check. ``run`` returns a result, or raises ApplicationError with what to do."""

    name: str
    run: Callable[[], Result]
    seconds: float = NETWORK_SECONDS
    """After this time it has failed."""


def ok(text: str) -> Result:
    """Return the result of a check that found nothing wrong."""
    return Result("ok", text)


def failed(text: str) -> Result:
    """Return the result of a check that found a fault; the text has the remedy."""
    return Result("failed", text)


def skipped(reason: str) -> Result:
    """Return the result of a check that does not apply here."""
    return Result("skipped", reason)
