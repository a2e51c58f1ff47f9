"""What can be done with a job, in its state, and buttons for it in lists that change in place."""

from collections.abc import Callable, Sequence

from dashboard import access
from dashboard.components.jobs import own_jobs
from dashboard.domain.jobs import FINISHED, JobView

ACTIONS: dict[access.Action, Callable[[JobView], None]] = {
    "cancel": lambda view: own_jobs.cancel(view.job.id),
    "retry": lambda view: own_jobs.retry(view.job),
    "submit": lambda view: own_jobs.repeat(view.job),
}
LABELS: dict[access.Action, str] = {
    "cancel": "Cancel",
    "retry": "Try again",
    "submit": "Paint again",
}


def allowed() -> frozenset[access.Action]:
    """Return what the viewer may do with jobs."""
    return frozenset(action for action in ACTIONS if access.allows(action))


def action_of(view: JobView) -> access.Action:
    """Name what can be done with a job in its state."""
    if view.state not in FINISHED:
        return "cancel"
    return "retry" if view.state == "failed" else "submit"


def button(action: access.Action, view: JobView) -> str:
    """Write a button that ``act`` understands; another action is another button."""
    opens = f"data-key='{action}' data-opens='{action}:{view.job.id}'"
    return f"<button type='button' class='row' {opens}>{LABELS[action]}</button>"


def act(clicked: str, jobs: Sequence[JobView]) -> bool:
    """Do what a button says; False if it was a job's link that was clicked."""
    action, _, job_id = clicked.rpartition(":")
    if not action:
        return False
    view = next((view for view in jobs if view.job.id == job_id), None)
    if view:
        ACTIONS[action](view)
    return True
