"""A prompt matrix before it is sent, with the number of its requests, and the link to its grid."""

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.access import browser_memory
from dashboard.components.common import navigation
from dashboard.components.grid import links
from dashboard.components.jobs import sending
from dashboard.domain import grids, prompt_matrix
from dashboard.domain.grids import Grid
from dashboard.domain.prompt_matrix import Matrix
from dashboard.presentation.formatting import pluralize
from dashboard.presentation.templates import render_macro
from dashboard.runtime import submission

_DRAFT = "matrix_draft"
_SAME_SEED = "matrix_same_seed"
_MAX_LISTED = 6
_BUSY = "The last requests are still being sent. Please send these in a moment."

Fields = dict[str, Any]
Send = Callable[[Sequence[Fields]], bool]
"""Begins to send requests; returns False while earlier ones are being sent."""

_render = partial(render_macro, "components/studio/prompt_form.html")


def propose(fields: Fields) -> bool:
    """Have a matrix confirmed before it is sent; return False for a prompt that is none.

    Raises ApplicationError: one of its requests would be refused.
    """
    matrix = prompt_matrix.parse(fields["prompt"])
    if not matrix.groups:
        return False
    for request in requests(matrix, fields):
        submission.validated(request)
    st.session_state[_DRAFT] = fields
    return True


def dismiss() -> None:
    """Drop the matrix that was not sent, and the link to the grid of an earlier one."""
    st.session_state.pop(_DRAFT, None)
    browser_memory.current().grid = None


def requests(matrix: Matrix, fields: Fields) -> list[Fields]:
    """Return a request for each prompt of a matrix."""
    return [{**fields, "prompt": prompt} for prompt in matrix.prompts]


def with_ids(cells: Sequence[Fields], first_id: str) -> list[Fields]:
    """Give the requests the ids of a grid's jobs."""
    return [
        {**fields, sending.JOB_ID: grids.nth_id(first_id, number)}
        for number, fields in enumerate(cells)
    ]


def count(matrix: Matrix, pictures: int) -> str:
    """Format the size of a matrix: ``4 prompts, 16 pictures``."""
    prompts = len(matrix.prompts)
    return f"{pluralize(prompts, 'prompt')}, {pluralize(prompts * pictures, 'picture')}"


def show(send: Send) -> None:
    """Show the matrix that is to be confirmed, or the link to the grid of the one that was sent."""
    # Emptied in each run: a browser that is informed late keeps what a run no longer shows.
    place = st.empty()
    if fields := st.session_state.get(_DRAFT):
        with place.container(key="matrix", gap="small"):
            _show_draft(fields, send)
    elif grid := browser_memory.current().grid:
        with place.container(key="matrix", gap="small"):
            st.html(_render("matrix_sent", grid.count))
            if st.button("Open the grid", width="stretch", key="matrix_open"):
                navigation.begin(links.address(grid))


def _show_draft(fields: Fields, send: Send) -> None:
    matrix = prompt_matrix.parse(fields["prompt"])
    prompts = matrix.prompts
    st.html(_render("matrix", count(matrix, fields["count"]), prompts[:_MAX_LISTED], len(prompts)))
    if fields.get("seed") is None:
        st.toggle(
            "Same seed for every prompt",
            value=True,
            key=_SAME_SEED,
            help="The pictures then differ by their words only.",
        )
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"Send {pluralize(len(prompts), 'request')}",
            type="primary",
            key="matrix_send",
            on_click=_send,
            args=(fields, send),
            disabled=not access.allows("submit"),
        )
        st.button("Keep editing", key="matrix_edit", on_click=dismiss)


def _send(fields: Fields, send: Send) -> None:
    """Send all requests, or none if the queue has no room for all."""
    if _DRAFT not in st.session_state:  # the button was pressed twice
        return
    matrix = prompt_matrix.parse(fields["prompt"])
    cells = requests(matrix, fields | {"seed": _seed(fields)})
    try:
        runtime.current().require_room(len(cells))
    except ApplicationError as error:
        st.session_state.submission_error = f"{error} Your text is still here."
        return
    first_id = grids.first_id()
    if not send(with_ids(cells, first_id)):
        st.session_state.submission_error = _BUSY
        return
    dismiss()
    grid = Grid(first_id, fields["prompt"], count(matrix, fields["count"]))
    browser_memory.current().grid = grid


def _seed(fields: Fields) -> int | None:
    """Return the seed of all prompts; None for one of its own for each."""
    if fields.get("seed") is None and st.session_state.get(_SAME_SEED):
        return secrets.randbits(32)
    seed: int | None = fields.get("seed")
    return seed
