"""A sound or a notification at the end of a batch, by the choice of each browser."""

from dashboard.components.common import custom_component
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.formatting import pluralize

_choice = custom_component.component(
    "present/batch_end_choice", "<button type='button'>Batch end: silent</button>"
)
_watch = custom_component.component("present/batch_end", "<i class='batch-end' hidden></i>")


def show_choice() -> None:
    """Show the button that chooses between silence, a sound and a notification."""
    _choice(key="batch_end_choice", width="content")


def watch(snapshot: Snapshot) -> None:
    """Have the browser signal the end of a batch."""
    total = snapshot.pictures_stored
    pictures = "" if total is None else f" {pluralize(total, 'picture')} so far."
    _watch(
        data={"busy": is_busy(snapshot), "text": f"The queue is empty.{pictures}"}, key="batch_end"
    )


def is_busy(snapshot: Snapshot) -> bool | None:
    """Return whether requests wait or are generated; None while that is unknown."""
    counts = snapshot.counts
    if counts is None or counts.generating is None:
        return None
    return counts.waiting + counts.generating > 0
