"""How a visitor's picture is, in words for a phone."""

from dataclasses import dataclass

from dashboard.domain.jobs import FINISHED, JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.gallery.approvals import Approval
from dashboard.presentation.job_text import describe_state, progress

_HELD = "painted; it appears here and on the wall once the presenter has nodded"
_REJECTED = "painted, but the presenter chose not to show it"


@dataclass(frozen=True)
class Status:
    """What a phone shows of a job."""

    prompt: str
    sentence: str
    live: bool
    """Whether it will change."""
    share: float | None = None
    """How much of it is painted, from 0 to 1; None while nothing is, and at the end."""
    picture: str | None = None


def status(view: JobView, approval: Approval | None, snapshot: Snapshot) -> Status:
    """Tell how a job is; its picture is told only if it may be seen."""
    finished = view.state in FINISHED
    sentence = describe_state(view, snapshot)
    if view.state == "done" and approval:
        sentence = _REJECTED if approval == "rejected" else _HELD
    shares = progress(view)
    return Status(
        prompt=view.job.prompt,
        sentence=f"{sentence[:1].upper()}{sentence[1:]}.".replace("..", "."),
        live=not finished or (view.state == "done" and approval == "waiting"),
        share=sum(shares) / len(shares) if view.state == "generating" else None,
        picture=view.pictures[0] if view.pictures and not approval else None,
    )
