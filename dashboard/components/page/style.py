"""The style sheets of all components, read once and sent to each session."""

from functools import cache
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parents[1]
_FIRST = ("page/tokens.css", "page/page.css")


@cache
def _sheets() -> str:
    first = [_FOLDER / name for name in _FIRST]
    others = sorted(path for path in _FOLDER.rglob("*.css") if path not in first)
    return "\n".join(path.read_text(encoding="utf-8") for path in (*first, *others))


def show() -> None:
    """Add the style sheets to the page."""
    # Dialogs are outside of the element on which Streamlit declares light or dark.
    scheme = st.context.theme.type or "light dark"
    st.html(f"<style>:root {{ color-scheme: {scheme}; }}\n{_sheets()}</style>")
