"""Prompts that this dashboard does not paint: those with a word from blocked_words.txt.

Whole words count, in any case: "peacock" and "Sussex" are fine, whatever they contain.
This keeps a public demonstration friendly; it does not judge what a model paints.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from core.errors import PromptRefused

_LIST = Path(__file__).with_suffix(".txt")


def check(prompt: str) -> None:
    """Raise PromptRefused if the prompt holds a blocked word."""
    if _pattern().search(_folded(prompt)):
        raise PromptRefused(
            "This prompt is not one that this site paints. Please describe another picture."
        )


def parse(text: str) -> list[str]:
    """Read a list: a word or phrase per line; ``#`` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def compiled(words: Iterable[str]) -> re.Pattern[str]:
    """Build the pattern that finds any of the words, whole; phrases across any space."""
    phrases = (r"\s+".join(map(re.escape, _folded(word).split())) for word in words)
    # \b would take the underscore for a letter and let "_word_" pass.
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(phrases) or r'(?!)'})(?![^\W_])")


@cache
def _pattern() -> re.Pattern[str]:
    return compiled(parse(_LIST.read_text(encoding="utf-8")))


def _folded(text: str) -> str:
    """Make texts equal that read alike: case, full-width letters, invisible joiners."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    visible = (letter for letter in folded if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", "".join(visible))
