"""The scene that all pages of this process show; several screens and a remote share it."""

import threading

from dashboard.talk.scenes import Scene, scenes

_lock = threading.Lock()
_number = 0
"""From 1; 0 while no talk is given."""


def number() -> int:
    """Return the number of the scene, from 1; 0 while no talk is given."""
    return _number


def current() -> Scene | None:
    """Return the scene; None while no talk is given."""
    shown = _number
    return scenes()[shown - 1] if shown else None


def step(by: int) -> None:
    """Go forward or back; before the first scene the talk is not shown, the last one stays."""
    global _number
    with _lock:
        _number = min(max(0, _number + by), len(scenes()))


def end() -> None:
    """Show no scene any more."""
    global _number
    _number = 0
