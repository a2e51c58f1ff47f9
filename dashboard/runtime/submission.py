"""The one way in for requests, from the form and over HTTP alike."""

from typing import Any

from dashboard import runtime
from dashboard.runtime import blocked_words
from wire.messages.job import Job, JobRequest, validate
from wire.queues.base import DeadLetter


def submit(fields: dict[str, Any]) -> Job:
    """Check what a person asks for and put it on the queue.

    Raises:
        MessageError: a field is missing or wrong.
        PromptRefused: the prompt is one that this site does not paint.
        QueueError: the queue did not take the job.
        StoreError: its pictures have to wait for approval, and that could not be noted.

    """
    return runtime.current().submit(check(fields))


def check(fields: dict[str, Any]) -> JobRequest:
    """Check what a person asks for; raises MessageError or PromptRefused."""
    request = validate(JobRequest, fields)
    blocked_words.check(request.prompt)
    return request


def retry_dead_letter(letter: DeadLetter) -> None:
    """Put a dead letter's job on the queue again.

    Raises PromptRefused, MessageError or QueueError.
    """
    if letter.job:
        blocked_words.check(letter.job.prompt)
    runtime.current().retry_dead_letter(letter)


def retry(job: Job) -> Job:
    """Put a failed job on the queue again; the one returned may have another id.

    Raises PromptRefused or QueueError.
    """
    blocked_words.check(job.prompt)
    return runtime.current().retry(job)
