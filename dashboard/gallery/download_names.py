"""Readable names of downloaded pictures: ``2026-11-29_a-red-cat_seed-42_1.png``.

They are valid on Windows, macOS and Linux, sort by day, and are unique within one download.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

_MAX_SLUG_BYTES = 80
"""With date, seed and number far below the 255 bytes of a file's name."""
_NO_PROMPT = "picture"


def stem(at: float, prompt: str, seed: int | None, number: int) -> str:
    """Return a name without suffix.

    Args:
        at: Unix seconds of the day, which is that in UTC.
        prompt: what the picture shows; empty if unknown.
        seed: None if unknown.
        number: the picture's in its job, from 0; in the name it counts from 1.

    """
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    seeded = () if seed is None else (f"seed-{seed}",)
    return "_".join((day, slug(prompt) or _NO_PROMPT, *seeded, str(number + 1)))


def slug(prompt: str) -> str:
    """Return the words of a prompt with hyphens between, cut at a whole word."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", prompt).casefold().replace("_", " "))
    return "-".join(_that_fit(words))


def _that_fit(words: list[str]) -> Iterator[str]:
    room = _MAX_SLUG_BYTES
    for word in words:
        room -= len(word.encode()) + 1
        if room < 0:
            break
        yield word


class UniqueNames:
    """Adds a number to a name that was given before, be it in other letters' case."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, name: str) -> str:
        """Return a name that no earlier call has returned."""
        candidate, number = name, 2
        while candidate.casefold() in self._given:
            candidate, number = f"{name}_{number}", number + 1
        self._given.add(candidate.casefold())
        return candidate
