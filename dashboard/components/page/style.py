"""The style sheets of the components, read once and sent to each session."""

from functools import cache
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parents[1]
_FIRST = ("page/tokens.css", "page/page.css")


_ON_PRESENT_ONLY = _FOLDER / "present"
"""Its rules reach the elements around the page too. Selectors that test for the page, as in
``.stApp:has(…)``, would make a browser style all elements anew at each update."""


@cache
def _sheets(*, present: bool) -> str:
    first = [_FOLDER / name for name in _FIRST]
    others = (path for path in _FOLDER.rglob("*.css") if path not in first)
    used = sorted(path for path in others if present or _ON_PRESENT_ONLY not in path.parents)
    return "\n".join(path.read_text(encoding="utf-8") for path in (*first, *used))


def show(*, present: bool) -> None:
    """Add the style sheets to the page; ``present`` if it is the one that fills a screen."""
    # Dialogs are outside of the element on which Streamlit declares light or dark.
    scheme = st.context.theme.type or "light dark"
    sheets = _sheets(present=present)
    # Style sheets alone would be in the container of toasts and dialogs. There the first place is
    # taken by the next toast of a fragment: it is kept by an element that may be replaced.
    st.html("<style></style>")
    body = "<i class='visually-hidden'></i>"
    st.html(f"{body}<style>:root {{ color-scheme: {scheme}; }}\n{sheets}</style>")
