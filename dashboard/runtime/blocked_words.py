"""Refuse prompts that contain a word of blocked_words.txt.

Only whole words match, in any case: "peacock" and "Sussex" are allowed.
This keeps public demonstrations friendly; it does not inspect generated pictures.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from core.errors import PromptRefused

_LIST = Path(__file__).with_suffix(".txt")


def check(prompt: str) -> None:
    """Raise PromptRefused if the prompt contains a blocked word."""
    if _pattern().search(_normalize(prompt)):
        raise PromptRefused("This prompt contains a blocked word. Please change it.")


def parse(text: str) -> list[str]:
    """Parse a list of one word or phrase per line; ``#`` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def compile_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern that matches the words as whole words, and phrases with any space."""
    phrases = (r"\s+".join(map(re.escape, _normalize(word).split())) for word in words)
    # \b counts the underscore as a letter, and would not match "_word_".
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(phrases) or r'(?!)'})(?![^\W_])")


@cache
def _pattern() -> re.Pattern[str]:
    return compile_pattern(parse(_LIST.read_text(encoding="utf-8")))


def _normalize(text: str) -> str:
    """Normalize case, full-width letters and invisible characters."""
    normalized = unicodedata.normalize("NFKC", text).casefold()
    visible = (letter for letter in normalized if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", "".join(visible))
