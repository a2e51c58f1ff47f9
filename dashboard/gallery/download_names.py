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
_WORD = re.compile(r"\w\S*")
_CHARACTER = re.compile(r"\w\W*")
"""A letter with its marks, such as the vowels of Hindi and the tones of Thai."""


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
    """Return the words of a prompt with hyphens between; a long one is cut between characters."""
    text = unicodedata.normalize("NFC", prompt).casefold()
    words = _WORD.findall("".join(each if _in_word(each) else " " for each in text))
    return "-".join(_that_fit(words))


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _that_fit(words: list[str]) -> Iterator[str]:
    room = _MAX_SLUG_BYTES
    for word in words:
        if len(word.encode()) > room:
            # Languages without spaces have few, long words.
            if room > _MAX_SLUG_BYTES / 2 and (beginning := _cut(word, room)):
                yield beginning
            break
        yield word
        room -= len(word.encode()) + 1


def _cut(word: str, room: int) -> str:
    """Return the characters of a word, each with its marks, that fit into a number of bytes."""
    beginning = ""
    for character in _CHARACTER.findall(word):
        if len((beginning + character).encode()) > room:
            break
        beginning += character
    return beginning


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
