"""Buttons for what can be done with a job, in lists that change in place."""

from collections.abc import Callable, Sequence

from dashboard import access
from dashboard.components.jobs import own_jobs
from dashboard.readings.jobs import FINISHED, JobView

_ACTIONS: dict[str, Callable[[JobView], None]] = {
    "cancel": lambda view: own_jobs.cancel(view.job.id),
    "retry": lambda view: own_jobs.retry(view.job),
    "submit": lambda view: own_jobs.repeat(view.job),
}
_LABELS = {"cancel": "Cancel", "retry": "Try again", "submit": "Paint again"}


def allowed() -> frozenset[str]:
    """Return what the viewer may do with jobs."""
    return frozenset(action for action in _ACTIONS if access.allows(action))


def action_of(view: JobView) -> str:
    """Name what can be done with a job in its state."""
    if view.state not in FINISHED:
        return "cancel"
    return "retry" if view.state == "failed" else "submit"


def button(action: str, view: JobView) -> str:
    """Write a button that ``act`` understands; another action is another button."""
    opens = f"data-key='{action}' data-opens='{action}:{view.job.id}'"
    return f"<button type='button' class='row' {opens}>{_LABELS[action]}</button>"


def act(clicked: str, jobs: Sequence[JobView]) -> bool:
    """Do what a button says; False if it was a job's link that was clicked."""
    action, _, job_id = clicked.rpartition(":")
    for view in jobs:
        if action and view.job.id == job_id:
            _ACTIONS[action](view)
    return bool(action)
