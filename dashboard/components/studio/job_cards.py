"""Cards of the jobs that matter now: what was asked for, how far it is, what can be done."""

from collections.abc import Iterator, Sequence
from html import escape

import streamlit as st

from dashboard import access
from dashboard.components.common import dom_patch
from dashboard.components.jobs import actions, links, own_jobs
from dashboard.domain.fleet import FleetReading
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.insights import estimates
from dashboard.presentation import formatting
from wire.messages.picture import parse_picture_name

CARDS = 3
_SEGMENTS = 16
"""A job of more pictures shows one bar."""

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
    return ("painting", "starting", "waiting").index(view.state), submitted


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
    status = escape(say_state(view, snapshot))
    segments = "".join(f"<i style='--done: {share:.2f}'></i>" for share in progress(view))
    return (
        f"<div class='job {view.state}'><b>{prompt}</b>"
        f"<span class='muted'>{len(view.pictures)} of {view.job.count}</span>"
        f"<div class='segments'>{segments}</div>"
        f"<span class='muted status' title='{status}'>{status}</span>{button}</div>"
    )


def progress(view: JobView) -> list[float]:
    """Say how much of each picture is done, from 0 to 1."""
    shares = list(_shares(view))
    return shares if len(shares) <= _SEGMENTS else [sum(shares) / len(shares)]


def _shares(view: JobView) -> Iterator[float]:
    stored = {parsed.number for name in view.pictures if (parsed := parse_picture_name(name))}
    for number in range(view.job.count):
        if number in stored or view.state == "done":
            yield 1
        elif view.state == "painting" and number == view.picture and view.steps:
            yield view.step / view.steps
        else:
            yield 0


def say_state(view: JobView, snapshot: Snapshot) -> str:
    """Say how a job is, in formatting."""
    return _SAY[view.state](view, snapshot)


def _say_waiting(view: JobView, snapshot: Snapshot) -> str:
    place = estimates.place_in_line(snapshot, view.job.id)
    line = f"{formatting.ordinal(place)} in line" if place else "in line"
    seconds = estimates.until_painted(snapshot, view.job.id)
    if seconds is not None:
        return f"{line}, {formatting.about(seconds)}"
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if fleet and fleet.ready == 0:
        return f"{line}, {_worker_to_come(fleet)}"
    return f"{line}, {view.detail}" if view.detail else line


def _worker_to_come(fleet: FleetReading) -> str:
    coming = [worker.why for worker in fleet.workers if worker.phase in ("starting", "pending")]
    return f"worker: {coming[0]}" if coming and coming[0] else "waiting for a worker"


def _say_starting(view: JobView, _snapshot: Snapshot) -> str:
    if view.detail:
        return _say_held_up(view)
    attempt = f", attempt {view.attempt}" if view.attempt > 1 else ""
    return f"with {view.worker or 'a worker'}, about to paint{attempt}"


def _say_painting(view: JobView, _snapshot: Snapshot) -> str:
    if view.detail:
        return _say_held_up(view)
    step = f", step {view.step} of {view.steps}" if view.step and view.steps else ""
    where = f" on {view.worker}" if view.worker else ""
    return f"painting{step}{where}"


def _say_held_up(view: JobView) -> str:
    return f"held up: {view.detail}"


def _say_done(view: JobView, _snapshot: Snapshot) -> str:
    if view.finished_at is None:
        return "done"
    parts = []
    if view.received_at is not None:
        parts.append(
            f"{formatting.short_duration(view.finished_at - view.received_at)} of painting"
        )
    if view.submitted_at is not None:
        parts.append(f"{formatting.short_duration(view.finished_at - view.submitted_at)} in all")
    return f"done: {', '.join(parts)}" if parts else "done"


def _say_failed(view: JobView, _snapshot: Snapshot) -> str:
    return f"failed: {view.detail}" if view.detail else "failed"


def _say_cancelled(view: JobView, _snapshot: Snapshot) -> str:
    return "cancelled; pictures painted before were kept" if view.pictures else "cancelled"


_SAY = {
    "waiting": _say_waiting,
    "starting": _say_starting,
    "painting": _say_painting,
    "done": _say_done,
    "failed": _say_failed,
    "cancelled": _say_cancelled,
}
