"""Validate and submit requests, from the form and over HTTP alike."""

from typing import Any

from dashboard import runtime
from dashboard.runtime import blocked_words
from wire.messages.job import Job, JobRequest, validate
from wire.queues.base import DeadLetter


def submit(fields: dict[str, Any]) -> Job:
    """Validate a request and publish its job.

    Raises:
        MessageError: a field is missing or invalid.
        PromptRefused: the prompt contains a blocked word.
        QueueError: the job was not queued.
        StoreError: its pictures need approval, and its mark could not be stored.

    """
    return runtime.current().submit(check(fields))


def check(fields: dict[str, Any]) -> JobRequest:
    """Validate a request; raises MessageError or PromptRefused."""
    request = validate(JobRequest, fields)
    blocked_words.check(request.prompt)
    return request


def retry_dead_letter(letter: DeadLetter) -> None:
    """Move a dead letter's job back to the queue.

    Raises PromptRefused, MessageError or QueueError.
    """
    if letter.job:
        blocked_words.check(letter.job.prompt)
    runtime.current().retry_dead_letter(letter)


def retry(job: Job) -> Job:
    """Publish a failed job again and return it, possibly with another id.

    Raises PromptRefused or QueueError.
    """
    blocked_words.check(job.prompt)
    return runtime.current().retry(job)
