"""Links to the grid of a prompt matrix: its first id and its prompt name all its pictures."""

from dataclasses import dataclass
from urllib.parse import urlencode

FIRST_ID, PROMPT = "id", "prompt"
"""The query parameters."""


@dataclass(frozen=True)
class Grid:
    """A prompt matrix that was sent."""

    first_id: str
    """See dashboard.domain.grid_ids."""
    prompt: str
    """As it was typed, with its braces."""
    count: str
    """The number of prompts and pictures, for people."""


def address(first_id: str, prompt: str) -> str:
    """Return the address of a grid, relative to the pages'."""
    return f"grid?{urlencode({FIRST_ID: first_id, PROMPT: prompt})}"
