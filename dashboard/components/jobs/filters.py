"""Which jobs the list shows: by state and by words of their prompts; the address keeps both."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from dashboard.domain.jobs import JobView, State

_STATES: dict[str, tuple[State, ...]] = {
    "All": (),
    "Waiting": ("waiting",),
    "Painting": ("starting", "generating"),
    "Done": ("done",),
    "Failed": ("failed",),
    "Cancelled": ("cancelled",),
}
_PAGE = "page"
_MOST_LETTERS = 100


@dataclass(frozen=True)
class Filter:
    """What a viewer wants to see."""

    states: tuple[State, ...] = ()
    """Empty is all."""
    words: str = ""
    """All of them must be in the prompt, in any case; an id is found, too."""

    def matching(self, jobs: Iterable[JobView]) -> list[JobView]:
        """Choose from some jobs, in their order."""
        wanted = self.words.casefold().split()
        return [view for view in jobs if self._has_state(view) and _has_words(view, wanted)]

    def _has_state(self, view: JobView) -> bool:
        return not self.states or view.state in self.states


def _has_words(view: JobView, wanted: list[str]) -> bool:
    text = f"{view.job.prompt.casefold()} {view.job.id}"
    return all(word in text for word in wanted)


def show() -> None:
    """Show the choice of states and the field for words."""
    with st.container(horizontal=True, vertical_alignment="center", key="jobs_filters"):
        st.segmented_control(
            "State",
            list(_STATES),
            default="All",
            key="state",
            label_visibility="collapsed",
            required=True,
            bind="query-params",
            on_change=_first_page,
        )
        st.text_input(
            "Words of the prompt",
            key="words",
            max_chars=_MOST_LETTERS,
            type="search",
            placeholder="words of the prompt, or an id",
            label_visibility="collapsed",
            live=True,
            bind="query-params",
            on_change=_first_page,
            width=280,
        )


def _first_page() -> None:
    st.session_state[_PAGE] = 1


def chosen() -> Filter:
    """Return what the viewer chose."""
    states = _STATES.get(st.session_state.get("state") or "All", ())
    return Filter(states, st.session_state.get("words") or "")


def page(pages: int) -> int:
    """Show the pages of the list, where there are several; return the chosen one, from 1."""
    if pages <= 1:
        return 1
    return st.pagination(pages, key=_PAGE, bind="query-params")
