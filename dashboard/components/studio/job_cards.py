"""Cards of the jobs that matter now: what was asked for, how far it is, what can be done."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from dashboard import access
from dashboard.components.common import dom_patch
from dashboard.components.jobs import actions, links, own_jobs
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import job_text

CARDS = 3
_EMPTY = "No requests yet. Say what you would like to see, or pick a suggestion, and press Paint."


def show(snapshot: Snapshot) -> None:
    """Show a session's newest job and its others; what others wait for fills the free cards."""
    own = own_jobs.ids()
    jobs = choose(snapshot.jobs, own)
    html = title(snapshot.jobs, jobs, own) + cards(jobs, snapshot, actions.allowed())
    clicked = dom_patch.show(html, key="job_cards")
    if not clicked:
        return
    if actions.act(clicked, jobs):
        st.rerun(scope="fragment")
    links.follow(clicked)


def choose(jobs: Sequence[JobView], own: frozenset[str] = frozenset()) -> list[JobView]:
    """Pick the jobs to show from some that have the newest first.

    The newest comes first, then what is not finished, then what is; own before those of
    others. A session that sent jobs is not shown what others have finished.
    """
    mine = [view for view in jobs if view.job.id in own]
    newest = list((mine or jobs)[:1])
    shown = [view for view in jobs if not mine or view.job.id in own or view.state not in FINISHED]
    ordered = sorted(
        shown, key=lambda view: (view.state in FINISHED, view.job.id not in own, *_urgency(view))
    )
    return (newest + [view for view in ordered if view not in newest])[:CARDS]


def _urgency(view: JobView) -> tuple[int, float]:
    submitted = view.submitted_at or 0
    if view.state in FINISHED:
        return 3, -(view.finished_at or submitted)
    return ("generating", "starting", "waiting").index(view.state), submitted


def title(jobs: Sequence[JobView], shown: list[JobView], own: frozenset[str]) -> str:
    """Say whose jobs are shown, and how many more there are of them."""
    whose = {view.job.id in own for view in shown}
    hidden = sum((view.job.id in own) in whose for view in jobs) - len(shown)
    more = f"<span class='muted'>{hidden} more</span>" if hidden > 0 else ""
    yours = "Your requests and others" if False in whose else "Your requests"
    return f"<div class='section-title'>{yours if True in whose else 'Requests'}{more}</div>"


def cards(jobs: Sequence[JobView], snapshot: Snapshot, allowed: frozenset[access.Action]) -> str:
    """Write cards; they stay where they are, and only what they say changes."""
    if not jobs:
        return f"<p class='no-jobs'>{_EMPTY}</p>"
    return f"<div class='job-cards'>{''.join(card(view, snapshot, allowed) for view in jobs)}</div>"


def card(view: JobView, snapshot: Snapshot, allowed: frozenset[access.Action]) -> str:
    """Write a card, with a button for what can be done if that is allowed."""
    action = actions.action_of(view)
    button = actions.button(action, view) if action in allowed else ""
    prompt = links.link(view.job.id, view.job.prompt)
    status = escape(job_text.describe_state(view, snapshot))
    segments = "".join(f"<i style='--done: {share:.2f}'></i>" for share in job_text.progress(view))
    return (
        f"<div class='job {view.state}'><b>{prompt}</b>"
        f"<span class='muted'>{len(view.pictures)} of {view.job.count}</span>"
        f"<div class='segments'>{segments}</div>"
        f"<span class='muted status' title='{status}'>{status}</span>{button}</div>"
    )
