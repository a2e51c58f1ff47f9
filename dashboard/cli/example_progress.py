"""How far a job is, in a terminal: a bar, or plain lines where there is no terminal."""

from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from wire.messages.job import Job


class Progress(Protocol):
    """Shows how far a job is."""

    def show(self, view: JobView, text: str) -> None:
        """Show a job's newest state."""

    def close(self) -> None:
        """Leave what was shown, and the terminal as it was."""


def open_progress(job: Job) -> Progress:
    """Choose what suits where the output goes."""
    console = Console()
    return _Bar(console, job) if console.is_terminal else _Lines(job)


def words(view: JobView, snapshot: Snapshot) -> str:
    """Say in a few words what happens to a job."""
    if view.state == "waiting":
        return _why_waiting(snapshot)
    if view.state == "starting":
        return f"taken by {view.worker}"
    stored = f"{len(view.pictures)} of {view.job.count} stored"
    if view.state == "generating" and view.detail:
        return f"{stored}. {view.detail}"
    if view.state == "generating" and view.step:
        return f"{stored}, step {view.step} of {view.steps}"
    return stored if view.state == "generating" else view.state


def painted(view: JobView) -> float:
    """Count the pictures that are painted, a part for the one in progress."""
    if view.state == "done":
        return view.job.count
    part = view.step / view.steps if view.steps else 0.0
    return min(view.job.count, len(view.pictures) + part)


def _why_waiting(snapshot: Snapshot) -> str:
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
        self._task: TaskID = self._bar.add_task("waiting", total=job.count, prompt=job.prompt[:30])
        self._bar.start()

    def show(self, view: JobView, text: str) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=painted(view), description=text)

    def close(self) -> None:
        """Leave the bar where it is."""
        self._bar.stop()


class _Lines:
    def __init__(self, job: Job) -> None:
        self._last = ""
        print(f"{job.prompt}: {job.count} pictures, job {job.id}", flush=True)

    def show(self, _view: JobView, text: str) -> None:
        """Print what is new."""
        if text != self._last:
            self._last = text
            print(text, flush=True)

    def close(self) -> None:
        """Nothing is open."""
