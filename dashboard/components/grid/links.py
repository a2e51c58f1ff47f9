"""Links to the grid of a prompt matrix: its first id and its prompt name all its pictures."""

from urllib.parse import urlencode

from dashboard.domain.grids import Grid

FIRST_ID, PROMPT = "id", "prompt"
"""The query parameters."""


def address(grid: Grid) -> str:
    """Return the address of a grid, relative to the pages'."""
    return f"grid?{urlencode({FIRST_ID: grid.first_id, PROMPT: grid.prompt})}"
