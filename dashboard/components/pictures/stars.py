"""Starring pictures, one or several at once; a star is seen by everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.presentation.formatting import pluralize
from dashboard.presentation.urls import MAX_ZIP_PICTURES
from wire.messages.object_names import parse_picture_name


@dataclass(frozen=True)
class Change:
    """Pictures that are to be starred, or not to be any more."""

    names: tuple[str, ...]
    starred: bool


def parse(value: Mapping[str, Any] | None) -> Change | None:
    """Read the change that a browser requests; None for what no page of ours sends."""
    if not value or not isinstance(value.get("names"), list):
        return None
    names = tuple(name for name in value["names"] if isinstance(name, str))
    valid = all(map(parse_picture_name, names)) and len(names) <= MAX_ZIP_PICTURES
    return Change(names, bool(value.get("starred"))) if valid else None


def refusal() -> str | None:
    """Return why the viewer may not star pictures; None if they may."""
    return None if access.allows("star") else access.reason("star")


def change(wanted: Change) -> None:
    """Add or remove stars; a callback of buttons. A toast states what was not changed, and why."""
    changed = 0
    try:
        access.require("star")
        for name in wanted.names:
            if runtime.current().gallery.index.is_starred(name) != wanted.starred:
                runtime.current().gallery.star(name, wanted.starred)
            changed += 1
    except ApplicationError as error:
        st.toast(f"{error} {_unchanged(changed, len(wanted.names))}")


def _unchanged(changed: int, total: int) -> str:
    if total == 1:
        return "The star was not changed."
    return f"{changed} of {pluralize(total, 'picture')} were changed; the others are as before."
