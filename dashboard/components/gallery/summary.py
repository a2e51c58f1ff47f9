"""Which pictures the gallery shows, of how many; and what to do where there are none."""

from html import escape

import streamlit as st

from dashboard import runtime
from dashboard.domain.snapshot import Reading
from dashboard.gallery.query import GalleryPage, GalleryQuery
from dashboard.presentation import formatting


def line(page: GalleryPage, query: GalleryQuery) -> str:
    """Say which pictures these are, and how far a search has come."""
    parts = [_place(page, query)] if page.total else []
    if query.words and page.prompts_read < page.prompts_known:
        parts.append(f"searched {page.prompts_read:,} of {page.prompts_known:,} requests so far")
    if not runtime.current().gallery.index.complete:
        parts.append("still looking through the store")
    return " · ".join(parts)


def _place(page: GalleryPage, query: GalleryQuery) -> str:
    what = "match" if query.words else "starred" if query.starred else "pictures"
    if page.total == 1:
        return "1 picture" if query.is_all else f"1 {'matches' if query.words else what}"
    if page.total == len(page.pictures):
        return f"{page.total:,} {what}, newest first"
    first, last = page.rank + 1, page.rank + len(page.pictures)
    return f"{first:,} to {last:,} of {page.total:,} {what}, newest first"


def show_empty(page: GalleryPage, query: GalleryQuery, store: Reading[int]) -> None:
    """Say why there is nothing to see, or why nothing new comes."""
    if store.error:
        kept = "What is shown was known before." if page.pictures else ""
        st.html(f"<p class='no-tiles silent'>{escape(store.error)} {kept}</p>")
    elif not page.pictures:
        st.html(f"<p class='no-tiles'>{escape(_advice(page, query, store))}</p>")


def _advice(page: GalleryPage, query: GalleryQuery, store: Reading[int]) -> str:
    if query.words:
        return _nothing_found(page, query)
    if query.starred:
        return "Nothing is starred yet. Open a picture and press Star: everybody sees the star."
    if store.at is None:
        return "The store was not read yet."
    return "No pictures yet. Describe one in the Studio, and it appears here by itself."


def _nothing_found(page: GalleryPage, query: GalleryQuery) -> str:
    searched = formatting.pluralize(page.prompts_read, "request")
    several = "all of these words" if len(query.words) > 1 else "this word"
    if page.prompts_read < page.prompts_known:
        return f"Nothing found in {searched} so far; the search goes on."
    return f"None of {searched} has {several} in its prompt. Try fewer or shorter words."
