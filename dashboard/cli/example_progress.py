"""Show a job's progress in a terminal as a bar, and elsewhere as plain lines."""

from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import formatting
from wire.messages.job import Job

_MAX_PROMPT = 30
"""Characters beside the bar."""


class Progress(Protocol):
    """Displays the progress of a job."""

    def show(self, view: JobView, text: str) -> None:
        """Display a job's latest state."""

    def close(self) -> None:
        """Restore the terminal."""


def open_progress(job: Job) -> Progress:
    """Return a bar in a terminal, else plain lines."""
    console = Console()
    return _Bar(console, job) if console.is_terminal else _Lines(job)


def describe(view: JobView, snapshot: Snapshot) -> str:
    """Describe a job's state in a few words."""
    if view.state == "waiting":
        return _describe_waiting(snapshot)
    if view.state == "starting":
        return f"received by {view.worker}"
    withheld = f", {len(view.withheld)} withheld by the safety checker" if view.withheld else ""
    stored = f"{len(view.pictures)} of {view.job.count} stored{withheld}"
    if view.state == "generating" and view.detail:
        return f"{stored}. {view.detail}"
    if view.state == "generating" and view.step:
        return f"{stored}, step {view.step} of {view.steps}"
    return stored if view.state == "generating" else f"{view.state}{withheld}"


def completed_pictures(view: JobView) -> float:
    """Return the number of generated pictures, with a fraction for the one in progress."""
    if view.state == "done":
        return view.job.count
    fraction = view.step / view.steps if view.step and view.steps else 0.0
    return min(view.job.count, len(view.pictures) + len(view.withheld) + fraction)


def _describe_waiting(snapshot: Snapshot) -> str:
    fleet = snapshot.fleet.value if snapshot.fleet else None
    by_phase = {worker.phase: worker for worker in fleet.workers} if fleet else {}
    if worker := by_phase.get("failed"):
        return f"waiting: {worker.name} failed: {worker.reason}"
    if worker := by_phase.get("starting"):
        return f"starting {worker.name}: {worker.reason}"
    return "waiting for a worker"


class _Bar:
    def __init__(self, console: Console, job: Job) -> None:
        self._bar = RichProgress(
            TextColumn("{task.fields[prompt]}", markup=False),
            BarColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=console,
        )
        prompt = job.prompt[:_MAX_PROMPT]
        self._task: TaskID = self._bar.add_task("waiting", total=job.count, prompt=prompt)
        self._bar.start()

    def show(self, view: JobView, text: str) -> None:
        """Update the bar."""
        self._bar.update(self._task, completed=completed_pictures(view), description=text)

    def close(self) -> None:
        """Stop the live display."""
        self._bar.stop()


class _Lines:
    def __init__(self, job: Job) -> None:
        self._last = ""
        pictures = formatting.pluralize(job.count, "picture")
        print(f"{job.prompt}: {pictures}, job {job.id}", flush=True)

    def show(self, _view: JobView, text: str) -> None:
        """Print a line if the text has changed."""
        if text != self._last:
            self._last = text
            print(text, flush=True)

    def close(self) -> None:
        """Do nothing: lines leave the terminal unchanged."""
