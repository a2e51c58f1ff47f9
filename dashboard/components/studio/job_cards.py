"""Cards of the jobs that matter now: prompt, progress, state and action."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from markupsafe import Markup

from dashboard import access, runtime
from dashboard.components.common import dom_patch
from dashboard.components.jobs import actions, links, own_jobs
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import job_text, previews
from dashboard.presentation.templates import render_macro
from dashboard.presentation.urls import absolute

MAX_CARDS = 3
_EMPTY = "No requests yet. Describe a picture or pick a suggestion, and press Generate."

_render = partial(render_macro, "components/studio/job_cards.html")


def show(snapshot: Snapshot) -> None:
    """Show the session's jobs, newest first; unfinished jobs of others fill the free cards."""
    own = own_jobs.ids()
    jobs = choose(snapshot.jobs, own)
    html = (
        _render("announcement", announce(snapshot.jobs, own))
        + title(snapshot.jobs, jobs, own)
        + cards(jobs, snapshot, actions.allowed())
    )
    clicked = dom_patch.show(html, key="job_cards")
    if not clicked:
        return
    if actions.perform(clicked, jobs):
        st.rerun(scope="fragment")
    links.follow(clicked)


def choose(jobs: Sequence[JobView], own: frozenset[str] = frozenset()) -> list[JobView]:
    """Return the jobs to show, from jobs in the order newest first.

    The newest comes first, then unfinished jobs, then finished ones; own jobs before those of
    others. A session with jobs of its own is not shown the finished jobs of others.
    """
    mine = [view for view in jobs if view.job.id in own]
    newest = list((mine or jobs)[:1])
    shown = [view for view in jobs if not mine or view.job.id in own or view.state not in FINISHED]
    ordered = sorted(
        shown, key=lambda view: (view.state in FINISHED, view.job.id not in own, *_urgency(view))
    )
    return (newest + [view for view in ordered if view not in newest])[:MAX_CARDS]


def _urgency(view: JobView) -> tuple[int, float]:
    submitted = view.submitted_at or 0
    if view.state in FINISHED:
        return 3, -(view.finished_at or submitted)
    return ("generating", "starting", "waiting").index(view.state), submitted


def announce(jobs: Sequence[JobView], own: frozenset[str]) -> str:
    """Describe the latest change of the session's own jobs, for screen readers.

    Requests are numbered, so that the same prompt sent twice is announced twice.
    """
    mine = sorted((view for view in jobs if view.job.id in own), key=lambda view: view.job.id)
    if not mine:
        return ""
    number, latest = max(enumerate(mine, 1), key=lambda numbered: _changed_at(numbered[1]))
    change = latest.state if latest.state in FINISHED else "sent"
    return f"Request {number} {change}: {latest.job.prompt}"


def _changed_at(view: JobView) -> float:
    return (view.finished_at if view.state in FINISHED else view.submitted_at) or 0.0


def title(jobs: Sequence[JobView], shown: Sequence[JobView], own: frozenset[str]) -> Markup:
    """Render whose jobs are shown, and the number of further ones."""
    owners = {view.job.id in own for view in shown}
    hidden_count = sum((view.job.id in own) in owners for view in jobs) - len(shown)
    if True not in owners:
        return _render("title", "Requests", hidden_count)
    text = "Your requests and others" if False in owners else "Your requests"
    return _render("title", text, hidden_count)


def cards(jobs: Sequence[JobView], snapshot: Snapshot, allowed: frozenset[access.Action]) -> Markup:
    """Render the cards, in positions that stay the same across updates."""
    if not jobs:
        return _render("no_jobs", _EMPTY)
    return _render("cards", [card(view, snapshot, allowed, _image(view)) for view in jobs])


@dataclass(frozen=True)
class CardImage:
    """The image of a job's newest picture."""

    source: str
    description: str


def _image(view: JobView) -> CardImage | None:
    """Return the preview of the picture in progress, or the picture stored last."""
    context, prompt = runtime.current(), view.job.prompt
    if preview := context.shown_preview(view):
        return CardImage(previews.source(preview), f"{prompt}, in progress")
    deleted = context.gallery.index.is_deleted
    stored = [name for name in context.shown_pictures(view) if not deleted(name)]
    return CardImage(absolute(f"/thumbnails/{stored[-1]}"), prompt) if stored else None


def card(
    view: JobView,
    snapshot: Snapshot,
    allowed: frozenset[access.Action],
    image: CardImage | None,
) -> Markup:
    """Render a card, with the button of its job's action if that is allowed."""
    action = actions.action_of(view)
    button = actions.button(action, view) if action in allowed else Markup()
    status = job_text.describe_state(view, snapshot)
    pictures = job_text.count_pictures(view)
    return _render("card", view, image, pictures, status, job_text.progress(view), button)
