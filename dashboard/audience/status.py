"""Describe the status of a visitor's request."""

from dataclasses import dataclass

from dashboard.domain.jobs import FINISHED, JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.gallery.approvals import ApprovalState
from dashboard.presentation import previews
from dashboard.presentation.job_text import describe_state, progress

_APPROVAL_TEXTS: dict[ApprovalState, str] = {
    "pending": "generated; shown here and in the gallery after the presenter approves it",
    "rejected": "generated, but the presenter rejected it",
}


@dataclass(frozen=True)
class Status:
    """The status of a request on a phone."""

    prompt: str
    sentence: str
    live: bool
    """Whether the status may still change."""
    progress: float | None = None
    """From 0 to 1; None unless the picture is being generated."""
    awaits_picture: bool = False
    """Whether its picture is being generated, and may be shown."""
    preview: str | None = None
    """The source of the preview's image; None unless the picture is being generated."""
    picture: str | None = None
    """Its name; None until it may be shown."""


def status_of(view: JobView, approval: ApprovalState | None, snapshot: Snapshot) -> Status:
    """Return the status of a visitor's job, with its picture once that may be shown."""
    text = describe_state(view, snapshot)
    if view.state == "done" and approval:
        text = _APPROVAL_TEXTS[approval]
    shares = progress(view)
    return Status(
        prompt=view.job.prompt,
        sentence=f"{text[:1].upper()}{text[1:]}.".replace("..", "."),
        live=view.state not in FINISHED or (view.state == "done" and approval == "pending"),
        progress=sum(shares) / len(shares) if view.state == "generating" else None,
        awaits_picture=view.state == "generating" and not approval,
        preview=previews.source(view.preview) if view.preview and not approval else None,
        picture=view.pictures[0] if view.pictures and not approval else None,
    )
