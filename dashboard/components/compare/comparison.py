"""Two pictures of the gallery under a slider, and what differs between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

import streamlit as st

from core.errors import ApplicationError, StoreUnavailable
from dashboard import runtime
from dashboard.components import pictures
from dashboard.components.common import navigation
from dashboard.components.compare import links, slider
from dashboard.components.pictures import details
from dashboard.gallery.approvals import NOT_SHOWN
from dashboard.presentation import differences
from dashboard.presentation.templates import render_macro
from wire.messages.object_names import PictureName, parse_picture_name

_INCOMPLETE = (
    "This link names no two pictures. Select two in the Gallery and choose Compare, or copy the "
    "whole link again."
)
_MISSING = "The store has no such picture: it was deleted, or the link is incomplete."
_UNKNOWN_DETAILS = "The details of a picture follow with the last picture of its job."

_render = partial(render_macro, "components/compare/compare.html")


@dataclass(frozen=True)
class _Side:
    """One of the two pictures."""

    name: str
    problem: str = ""
    """Why it cannot be shown."""
    rows: Sequence[tuple[str, str]] = ()
    """Its details; empty while they cannot be read."""

    @property
    def prompt(self) -> str:
        return dict(self.rows).get("Prompt", "")


def show(left: str, right: str, zone: tzinfo | None) -> None:
    """Show two pictures by their names, which are those of an address."""
    sides = [_read(name, zone) for name in (left, right)]
    if problem := sides[0].problem or sides[1].problem:
        st.html(pictures.render("notice", problem))
        return
    slider.show(*(slider.Picture(side.name, side.prompt) for side in sides))
    st.button("Swap", key="compare_swap", on_click=_swap, args=(left, right))
    if all(side.rows for side in sides):
        st.html(_render("differences", differences.compare(sides[0].rows, sides[1].rows)))
    else:
        st.html(pictures.render("muted", _UNKNOWN_DETAILS))


def _swap(left: str, right: str) -> None:
    st.query_params.from_dict({links.LEFT: right, links.RIGHT: left})


def _read(name: str, zone: tzinfo | None) -> _Side:
    context, picture = runtime.current(), parse_picture_name(name)
    if picture is None:
        return _Side(name, _INCOMPLETE)
    if context.lacks_approval(picture.job_id):
        return _Side(name, NOT_SHOWN)
    try:
        if not context.gallery.has(name):
            return _Side(name, _MISSING)
    except StoreUnavailable as error:
        return _Side(name, str(error))
    return _Side(name, rows=_rows(picture, zone))


def _rows(picture: PictureName, zone: tzinfo | None) -> Sequence[tuple[str, str]]:
    try:
        metadata = runtime.current().metadata(picture.job_id)
    except ApplicationError:
        return ()
    return tuple(details.rows(metadata, picture, zone))


def open_page(left: str, right: str) -> None:
    """Open the comparison of two pictures."""
    navigation.begin(links.address(left, right))
