"""The scene that all pages of this process show; several screens and a remote share it."""

from dashboard.talk.scenes import Scene, scenes

_number = 0
"""From 1; 0 while no talk is given."""


def number() -> int:
    """Return the number of the scene, from 1; 0 while no talk is given."""
    return _number


def current() -> Scene | None:
    """Return the scene; None while no talk is given."""
    shown = _number
    return scenes()[shown - 1] if shown else None


def show(number: int) -> None:
    """Show the scene of a number, from 1; 0 or less ends the talk, the last scene stays."""
    global _number
    _number = min(max(0, number), len(scenes()))
