"""The pictures of a prompt matrix under the headings of their rows and columns."""

import math
from collections.abc import Sequence
from functools import partial

import streamlit as st
from markupsafe import Markup

from core.errors import MessageError
from dashboard.components import pictures
from dashboard.components.common import dom_patch
from dashboard.components.grid import cells
from dashboard.components.grid.cells import Cell
from dashboard.domain import grids, prompt_matrix
from dashboard.domain.prompt_matrix import Matrix
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.formatting import pluralize
from dashboard.presentation.templates import render_macro

_INCOMPLETE = (
    "This link names no grid: it is incomplete. Open the grid from the Studio, or copy the whole "
    "link again. The pictures are in the Gallery."
)
_OTHER = (
    "This link was changed: its prompt is not the one of its pictures. Their own prompts are in "
    "the Gallery."
)

_render = partial(render_macro, "components/grid/grid.html")


def matrix_of(first_id: str, prompt: str) -> Matrix | None:
    """Return the matrix that an address names; None if the address is incomplete."""
    try:
        matrix = prompt_matrix.parse(prompt)
    except MessageError:
        return None
    return matrix if matrix.groups and grids.is_first_id(first_id) else None


def show(first_id: str, prompt: str, snapshot: Snapshot) -> str | None:
    """Show the grid that an address names; return the picture that was clicked."""
    matrix = matrix_of(first_id, prompt)
    if matrix is None:
        st.html(pictures.render("notice", _INCOMPLETE))
        return None
    found = cells.read(first_id, matrix, snapshot)
    if any(cell.is_other for cell in found):
        st.html(pictures.render("notice", _OTHER))
        return None
    return dom_patch.show(html(matrix, prompt, found), key="grid")


def html(matrix: Matrix, prompt: str, found: Sequence[Cell]) -> Markup:
    """Render a title and a table; a matrix of one group needs no rows."""
    across = math.ceil(math.sqrt(max(1, *(len(cell.slots) for cell in found))))
    title = _render("title", prompt, summary(found))
    if len(matrix.groups) == 1:
        return title + _render("line", matrix, found, across)
    width = len(matrix.columns)
    rows = [found[start : start + width] for start in range(0, len(found), width)]
    return title + _render("table", matrix, zip(matrix.rows, rows, strict=True), across)


def summary(found: Sequence[Cell]) -> str:
    """Format the number of prompts and of pictures, stored and to come."""
    stored = sum(cell.stored for cell in found)
    slots = sum(len(cell.slots) for cell in found)
    of = f" of {slots}" if slots > stored else ""
    return f"{pluralize(len(found), 'prompt')}, {stored}{of} pictures"
