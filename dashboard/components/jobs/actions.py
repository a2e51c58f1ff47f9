"""Actions on a job by its state, and their buttons in lists that change in place."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from dashboard import access
from dashboard.components.jobs import own_jobs
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.presentation.templates import render_macro


def _repeat(view: JobView) -> None:
    own_jobs.repeat(view.job)


ACTIONS: dict[access.Action, Callable[[JobView], None]] = {
    "cancel": lambda view: own_jobs.cancel(view.job.id),
    "retry": lambda view: own_jobs.retry(view.job),
    "submit": _repeat,
    "prioritize": lambda view: own_jobs.move_to_front(view.job.id),
}
LABELS: dict[access.Action, str] = {
    "cancel": "Cancel",
    "retry": "Retry",
    "submit": "Generate again",
    "prioritize": "To front",
}


def allowed() -> frozenset[access.Action]:
    """Return the actions that the viewer may perform on jobs."""
    return frozenset(action for action in ACTIONS if access.allows(action))


def actions_of(view: JobView) -> tuple[access.Action, ...]:
    """Return all actions that a job's state offers, the most common one first."""
    waiting: tuple[access.Action, ...] = ("prioritize",) if view.state == "waiting" else ()
    return (action_of(view), *waiting)


def action_of(view: JobView) -> access.Action:
    """Return the action that a job's state offers."""
    if view.state not in FINISHED:
        return "cancel"
    return "retry" if view.state == "failed" else "submit"


def button(action: access.Action, view: JobView) -> Markup:
    """Render a button; ``perform`` accepts what ``dom_patch.show`` returns for it."""
    return render_macro("components/jobs/jobs.html", "action", action, view.job.id, LABELS[action])


def perform(clicked: str, jobs: Sequence[JobView]) -> bool:
    """Perform a clicked button's action; return False if a job's link was clicked instead."""
    action, _, job_id = clicked.rpartition(":")
    if action not in ACTIONS:
        return False
    view = next((view for view in jobs if view.job.id == job_id), None)
    if view:
        ACTIONS[action](view)
    return True
