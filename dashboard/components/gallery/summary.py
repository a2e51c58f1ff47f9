"""How many pictures the gallery shows, and what to do where it shows none."""

import streamlit as st

from dashboard import runtime
from dashboard.components import pictures
from dashboard.domain.snapshot import Reading
from dashboard.gallery.query import GalleryPage, GalleryQuery
from dashboard.presentation import formatting


def line(page: GalleryPage, query: GalleryQuery) -> str:
    """Format which pictures are shown and how far a search has come."""
    parts = [_range(page, query)] if page.total else []
    if query.words and page.has_unread_prompts:
        parts.append(f"searched {page.prompts_read:,} of {page.prompts_known:,} requests so far")
    if not runtime.current().gallery.index.complete:
        parts.append("still listing the store")
    return " · ".join(parts)


def _range(page: GalleryPage, query: GalleryQuery) -> str:
    noun = "match" if query.words else "starred" if query.starred else "pictures"
    if page.total == 1:
        return "1 picture" if query.is_all else f"1 {'matches' if query.words else noun}"
    if page.total == len(page.pictures):
        return f"{page.total:,} {noun}, newest first"
    first, last = page.rank + 1, page.rank + len(page.pictures)
    return f"{first:,} to {last:,} of {page.total:,} {noun}, newest first"


def show_empty(page: GalleryPage, query: GalleryQuery, store: Reading[int]) -> None:
    """Show why there are no pictures, or why no new ones appear."""
    if store.error:
        kept = " The pictures below were listed before." if page.pictures else ""
        _show_notice(f"{store.error}{kept}", "silent")
    elif not page.pictures:
        _show_notice(_advice(page, query, store))
    else:
        st.empty()  # a busy server leaves elements that a run does not replace


def _show_notice(text: str, kind: str = "") -> None:
    st.html(pictures.render("notice", text, kind))


def _advice(page: GalleryPage, query: GalleryQuery, store: Reading[int]) -> str:
    if query.words:
        return _no_match(page, query)
    if query.starred:
        return "No starred pictures yet. Open a picture and press Star: everybody sees the star."
    if store.at is None:
        return "The store has not been read yet."
    return "No pictures yet. Describe one in the Studio, and it appears here by itself."


def _no_match(page: GalleryPage, query: GalleryQuery) -> str:
    searched = formatting.pluralize(page.prompts_read, "request")
    words = "all of these words" if len(query.words) > 1 else "this word"
    if page.has_unread_prompts:
        return f"No match in {searched} so far; the search continues."
    return f"None of {searched} has {words} in its prompt. Try fewer or shorter words."
