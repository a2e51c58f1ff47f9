"""Remove the prompts of jobs that are pending approval, for viewers who may not approve them."""

from collections.abc import Callable
from dataclasses import replace

from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from wire.messages.job import Job

HIDDEN_PROMPT = "Prompt hidden until the presenter approves it"


def hide_prompt(view: JobView) -> JobView:
    """Return a job without its prompts and its preview."""
    return replace(view, job=hide_words(view.job), preview=None)


def hide_words(job: Job) -> Job:
    """Return a job whose prompt is replaced, and whose negative prompt is removed."""
    return job.model_copy(update={"prompt": HIDDEN_PROMPT, "negative_prompt": None})


def is_hidden(job: Job) -> bool:
    """Return whether the prompt of a job was replaced."""
    return job.prompt == HIDDEN_PROMPT


def hide_prompts(snapshot: Snapshot, hides: Callable[[str], bool]) -> Snapshot:
    """Return a snapshot in which the jobs whose id ``hides`` accepts have no prompts."""
    jobs = tuple(hide_prompt(view) if hides(view.job.id) else view for view in snapshot.jobs)
    return replace(snapshot, jobs=jobs)
