"""Filters of the job list by state and by words of the prompt; the address keeps both."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from dashboard.components.common import filter_history
from dashboard.domain.jobs import JobView, State

_STATES: dict[str, tuple[State, ...]] = {
    "All": (),
    "Waiting": ("waiting",),
    "Generating": ("starting", "generating"),
    "Done": ("done",),
    "Failed": ("failed",),
    "Cancelled": ("cancelled",),
}
_PAGE = "page"
_MAX_SEARCH_CHARACTERS = 100


@dataclass(frozen=True)
class Filter:
    """The states and words that a viewer selected."""

    states: tuple[State, ...] = ()
    """Empty is all."""
    words: str = ""
    """All of them must be in the prompt, in any order and case; a job's id matches too."""

    def matching(self, jobs: Iterable[JobView]) -> list[JobView]:
        """Return the jobs that match, in their order."""
        words = self.words.casefold().split()
        return [view for view in jobs if self._has_state(view) and _has_words(view, words)]

    def _has_state(self, view: JobView) -> bool:
        return not self.states or view.state in self.states


def _has_words(view: JobView, words: list[str]) -> bool:
    text = f"{view.job.prompt.casefold()} {view.job.id}"
    return all(word in text for word in words)


def show() -> None:
    """Show the state selector and the search field."""
    filter_history.show(["state", "words", _PAGE], typed=["words"])
    with st.container(horizontal=True, vertical_alignment="center", key="jobs_filters"):
        st.segmented_control(
            "State",
            list(_STATES),
            default="All",
            key="state",
            label_visibility="collapsed",
            required=True,
            bind="query-params",
            on_change=_return_to_first_page,
        )
        st.text_input(
            "Words of the prompt",
            key="words",
            max_chars=_MAX_SEARCH_CHARACTERS,
            type="search",
            placeholder="words of the prompt, or a job id",
            label_visibility="collapsed",
            live=True,
            bind="query-params",
            on_change=_return_to_first_page,
            width=280,
        )


def _return_to_first_page() -> None:
    st.session_state[_PAGE] = 1


def selected() -> Filter:
    """Return the filter that the viewer selected."""
    states = _STATES.get(st.session_state.get("state") or "All", ())
    return Filter(states, st.session_state.get("words") or "")


def show_pages(pages: int) -> int:
    """Show the page selector if there are several pages; return the current page, from 1."""
    if pages <= 1:
        return 1
    return st.pagination(pages, key=_PAGE, bind="query-params")
