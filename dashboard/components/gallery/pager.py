"""Buttons that lead to newer and older pages of the gallery."""

import streamlit as st

from dashboard.components.gallery.filters import go_to
from dashboard.gallery.query import GalleryPage


def show(page: GalleryPage) -> None:
    """Show the buttons, unless there is only one page."""
    if page.newer is None and page.older is None:
        return
    with st.container(horizontal=True, key="gallery_pager"):
        _button("Newest", None if page.newer is None else "")
        _button("← Newer", page.newer)
        _button("Older →", page.older)
        _button("Oldest", page.oldest)


def _button(label: str, first: str | None) -> None:
    disabled = first is None
    st.button(label, key=f"pager_{label}", disabled=disabled, on_click=go_to, args=(first or "",))
