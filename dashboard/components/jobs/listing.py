"""The list of jobs, newest first: a page of rows that keep their position across updates."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

import streamlit as st
from markupsafe import Markup

from dashboard import access
from dashboard.components.common import dom_patch, tables
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.components.jobs import actions, filters, links, time_bar
from dashboard.components.jobs.filters import Filter
from dashboard.domain.jobs import JobView, State
from dashboard.domain.snapshot import Snapshot
from dashboard.insights.waterfall import waterfall
from dashboard.presentation import formatting, job_text
from dashboard.presentation.templates import render

PAGE_SIZE = 50

# Form as well as colour shows the state: a ring waits, half is starting, full is done.
_DOTS: dict[State, tuple[str, str]] = {
    "waiting": ("requests", "ring"),
    "starting": ("requests", "half"),
    "generating": ("requests", "full"),
    "done": ("pictures", "full"),
    "failed": ("silent", "ring"),
    "cancelled": ("muted", "ring"),
}
_EMPTY = "No jobs yet. Submit a prompt in the Studio; its job appears here by itself."
_NO_MATCH = "No job matches. Select All and clear the search field to see every job."


def show(snapshot: Snapshot, zone: tzinfo | None) -> None:
    """Show the selected jobs, and perform the action that is clicked in a row."""
    selected = filters.selected()
    count = len(selected.matching(snapshot.jobs))
    list_container = st.container()
    page = filters.show_pages(-(-count // PAGE_SIZE))
    with list_container:
        html = _render(snapshot, selected, page, actions.allowed(), zone)
        clicked = dom_patch.show(html, key="jobs_list")
    if not clicked:
        return
    if actions.perform(clicked, snapshot.jobs):
        st.rerun(scope="fragment")
    links.open_details(clicked)
    st.rerun()  # a dialog opened here would be closed by the next refresh


@snapshot_cache
def _render(
    snapshot: Snapshot,
    selected: Filter,
    page: int,
    allowed: frozenset[access.Action],
    zone: tzinfo | None,
) -> Markup:
    jobs = selected.matching(snapshot.jobs)
    if not jobs:
        note = tables.note(_NO_MATCH if snapshot.jobs else _EMPTY)
        return tables.title("Jobs", summary(snapshot)) + note
    shown = jobs[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return table(shown, snapshot, zone, allowed)


def summary(snapshot: Snapshot) -> str:
    """Count the jobs by state, and the waiting messages of which no event was received."""
    states = Counter(view.state for view in snapshot.jobs)
    counts = [f"{states[state]} {state}" for state in _DOTS if states[state]]
    if snapshot.counts and (others := snapshot.counts.waiting - states["waiting"]) > 0:
        counts.append(f"{others} more on the queue, without an event")
    return " · ".join(counts)


@dataclass(frozen=True)
class _Row:
    """The values of a row; empty texts are shown as unknown."""

    id: str
    state: State
    hue: str
    form: str
    prompt: str
    pictures: str
    submitted: str
    bar: Markup
    duration: str
    button: Markup


def table(
    jobs: Sequence[JobView],
    snapshot: Snapshot,
    zone: tzinfo | None,
    allowed: frozenset[access.Action],
) -> Markup:
    """Render some of a snapshot's jobs, with buttons for the allowed actions."""
    return render(
        "components/jobs/listing.html",
        summary=summary(snapshot),
        legend=time_bar.legend(),
        rows=_rows(jobs, snapshot.at, zone, allowed),
    )


def _rows(
    jobs: Sequence[JobView], now: float, zone: tzinfo | None, allowed: frozenset[access.Action]
) -> Iterator[_Row]:
    breakdowns = [waterfall(view, now) for view in jobs]
    full_width = time_bar.scale(breakdowns)
    for view, spans in zip(jobs, breakdowns, strict=True):
        hue, form = _DOTS[view.state]
        submitted_at, seconds = view.submitted_at, time_bar.total_seconds(spans)
        yield _Row(
            id=view.job.id,
            state=view.state,
            hue=hue,
            form=form,
            prompt=view.job.prompt,
            pictures=job_text.count_pictures(view),
            submitted="" if submitted_at is None else formatting.clock(submitted_at, zone),
            bar=time_bar.bar(spans, full_width),
            duration=formatting.short_duration(seconds) if spans else "",
            button=_buttons(view, allowed),
        )


def _buttons(view: JobView, allowed: frozenset[access.Action]) -> Markup:
    # "Generate again" is in the details only: here it would be a button in every finished row.
    shown = [each for each in actions.actions_of(view) if each in allowed - {"submit"}]
    return Markup(" ").join(actions.button(action, view) for action in shown)
