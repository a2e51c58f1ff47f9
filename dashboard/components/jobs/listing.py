"""The list of jobs, newest first: a page of rows that keep their places at a refresh."""

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo

import streamlit as st

from dashboard import access
from dashboard.components.common import dom_patch, tables
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.components.common.tables import Column, Row
from dashboard.components.jobs import actions, filters, links, time_bar
from dashboard.components.jobs.filters import Filter
from dashboard.domain.jobs import JobView, State
from dashboard.domain.snapshot import Snapshot
from dashboard.insights.waterfall import Span, waterfall
from dashboard.presentation import formatting

PER_PAGE = 50

_COLUMNS = (
    Column("State", "state"),
    Column("Prompt", "cut"),
    Column("Pictures", "pictures opt"),
    Column("Sent", "sent opt"),
    Column("Where the time went", "bar"),
    Column("Took", "took"),
    Column("", "act right"),
)
# Form tells states apart, not colour alone: a ring waits, half is on its way, full is done.
_DOTS: dict[State, tuple[str, str]] = {
    "waiting": ("requests", "ring"),
    "starting": ("requests", "half"),
    "generating": ("requests", "full"),
    "done": ("pictures", "full"),
    "failed": ("silent", "ring"),
    "cancelled": ("muted", "ring"),
}
_EMPTY = "No jobs yet. Ask for a picture in the Studio, and its job appears here by itself."
_NO_MATCH = "No job matches. Choose All, and empty the search, to see every job."


def show(snapshot: Snapshot, zone: tzinfo | None) -> None:
    """Show the chosen jobs, and do what is clicked in a row."""
    chosen = filters.chosen()
    found = len(chosen.matching(snapshot.jobs))
    place = st.container()
    page = filters.page(-(-found // PER_PAGE))
    with place:
        html = _drawn(snapshot, chosen, page, actions.allowed(), zone)
        clicked = dom_patch.show(html, key="jobs_list")
    if not clicked:
        return
    if actions.act(clicked, snapshot.jobs):
        st.rerun(scope="fragment")
    links.ask_for(clicked)
    st.rerun()  # a drawer opened here would be closed by the next tick


@snapshot_cache
def _drawn(
    snapshot: Snapshot,
    chosen: Filter,
    page: int,
    allowed: frozenset[access.Action],
    zone: tzinfo | None,
) -> str:
    jobs = chosen.matching(snapshot.jobs)
    title = tables.title("Jobs", summary(snapshot))
    if not jobs:
        return title + tables.note(_NO_MATCH if snapshot.jobs else _EMPTY)
    shown = jobs[(page - 1) * PER_PAGE : page * PER_PAGE]
    return (
        title
        + time_bar.legend()
        + tables.table(_COLUMNS, rows(shown, snapshot.at, zone, allowed), "jobs")
    )


def summary(snapshot: Snapshot) -> str:
    """Say how many jobs there are of each state, and how many wait that nobody heard of."""
    states = Counter(view.state for view in snapshot.jobs)
    said = [f"{states[state]} {state}" for state in _DOTS if states[state]]
    depth = snapshot.queue.value
    if depth and (others := depth.ready - states["waiting"] - states["cancelled"]) > 0:
        said.append(f"{others} more on the queue that this dashboard has not heard of")
    return " · ".join(said)


def rows(
    jobs: Sequence[JobView], now: float, zone: tzinfo | None, allowed: frozenset[access.Action]
) -> list[Row]:
    """Write some jobs, with bars of one scale, and the actions that are allowed."""
    times = [waterfall(view, now) for view in jobs]
    longest = time_bar.scale(times)
    return [
        Row(view.job.id, (*_cells(view, spans, longest, zone), _action(view, allowed)))
        for view, spans in zip(jobs, times, strict=True)
    ]


def _cells(
    view: JobView, spans: Sequence[Span], longest: float, zone: tzinfo | None
) -> tuple[str, ...]:
    took = time_bar.total(spans)
    return (
        tables.dot(*_DOTS[view.state], view.state),
        links.link(view.job.id, view.job.prompt),
        f"{len(view.pictures)} of {view.job.count}",
        tables.unknown()
        if view.submitted_at is None
        else formatting.clock(view.submitted_at, zone),
        time_bar.bar(spans, longest),
        formatting.short_duration(took) if spans else tables.unknown(),
    )


def _action(view: JobView, allowed: frozenset[access.Action]) -> str:
    action = actions.action_of(view)
    # Done jobs are painted again from their details: here that would be a button in each row.
    return actions.button(action, view) if action in allowed - {"submit"} else ""
