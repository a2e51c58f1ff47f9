"""Validate and submit requests, from the form, the command line and over HTTP alike."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import Field

from core.errors import MessageError, QueueError, StoreError
from dashboard import runtime
from dashboard.gallery.approvals import NOT_SHOWN
from dashboard.runtime import blocked_words
from wire.messages.job import Job, JobRequest, new_job, nth_seed, refuse_unknown_fields, validate
from wire.messages.model import require_accepted
from wire.messages.object_names import parse_picture_name
from wire.messages.parameters import REQUIRES, GenerationParameters, Lora
from wire.queues.base import DeadLetter

Request = TypeVar("Request", bound=JobRequest)


class SubmitRequest(JobRequest):
    """A request as people make it: its pictures are one job, or one job each."""

    separate: Annotated[
        bool,
        Field(
            title="One job per picture",
            description="submit each picture as a job of its own, so that workers share them",
        ),
    ] = False


def submit(
    fields: dict[str, Any], by_presenter: bool = False, submitter: str | None = None
) -> list[Job]:
    """Validate a request and publish its jobs: one, or with ``separate`` one for each picture.

    While approval is on, the pictures need it unless the request is ``by_presenter``.

    Raises:
        MessageError: a field is unknown, missing, invalid, or not accepted by the model.
        PromptRefused: the prompt or the negative prompt contains a blocked word.
        QueueError: a job was not queued.
        StoreError: whether its pictures need approval is unknown, or its mark could not be stored.

    """
    return publish_all(jobs_of(check(fields, by_presenter)), submitter=submitter)


def submit_cell(
    job_id: str, fields: dict[str, Any], by_presenter: bool = False, submitter: str | None = None
) -> Job:
    """Publish a request as the one job with this id; raises what ``submit`` raises."""
    [request] = jobs_of(check(fields, by_presenter))
    return runtime.current().submit(new_job(request, submitter, job_id))


def check(fields: dict[str, Any], by_presenter: bool = False) -> SubmitRequest:
    """Validate a request, and set whether its pictures need approval.

    Raises MessageError, PromptRefused or StoreError.
    """
    return moderate(validated(fields), by_presenter)


def validated(fields: dict[str, Any]) -> SubmitRequest:
    """Validate a request; raises MessageError or PromptRefused."""
    refuse_unknown_fields(SubmitRequest, fields)
    loras = fields.get("loras")
    for lora in loras if isinstance(loras, list) else ():
        if isinstance(lora, dict):
            refuse_unknown_fields(Lora, lora)
    request = validate(SubmitRequest, fields)
    _require_companions(request)
    _check_parameters(request)
    return request


def moderate(request: Request, by_presenter: bool) -> Request:
    """Return a request that needs approval if approval is on and it is not the presenter's.

    Raises StoreUnavailable if the switch cannot be read: the request is refused, not let through.
    """
    approvals = runtime.current().approvals if not by_presenter else None
    if approvals is None or not approvals.is_required():
        return request
    return request.model_copy(update={"pending_approval": True})


def jobs_of(request: SubmitRequest) -> list[JobRequest]:
    """Return the jobs of a request; jobs of one picture have consecutive seeds, or random ones."""
    job = JobRequest(**request.model_dump(exclude={"separate"}))
    if not request.separate:
        return [job]
    numbers = range(request.count)
    return [
        job.model_copy(update={"count": 1, "seed": separate_seed(job.seed, n)}) for n in numbers
    ]


def separate_seed(seed: int | None, number: int) -> int | None:
    """Return the seed of a picture that is a job of its own; None, which is random, without one."""
    return None if seed is None else nth_seed(seed, number)


def publish_all(
    requests: Sequence[JobRequest],
    on_sent: Callable[[Job], None] = lambda _: None,
    submitter: str | None = None,
) -> list[Job]:
    """Publish jobs, and call ``on_sent`` with each once the queue has confirmed it.

    Raises QueueError or StoreError, with the ids of the jobs that were sent.
    """
    jobs: list[Job] = []
    for request in requests:
        try:
            jobs.append(runtime.current().submit(request, submitter))
            on_sent(jobs[-1])
        except (QueueError, StoreError) as error:
            if not jobs:
                raise
            ids = ", ".join(job.id for job in jobs)
            sent = f"{len(jobs)} of {len(requests)} jobs were sent ({ids}), then an error"
            raise type(error)(f"{sent}: {error}") from error
    return jobs


def resubmit(request: JobRequest, by_presenter: bool = False, submitter: str | None = None) -> Job:
    """Publish a request that was accepted before, perhaps with fields of another version.

    Raises MessageError, PromptRefused, QueueError or StoreError, as ``submit`` does.
    """
    _check_parameters(request)
    return runtime.current().submit(moderate(request, by_presenter), submitter)


def retry_dead_letter(letter: DeadLetter, by_presenter: bool = False) -> None:
    """Move a dead letter's job back to the queue.

    Raises PromptRefused, MessageError, QueueError or StoreError.
    """
    if letter.job:
        _check_words(letter.job)
        _require_moderated(letter.job, by_presenter)
    runtime.current().retry_dead_letter(letter)


def retry(job: Job, by_presenter: bool = False) -> Job:
    """Publish a failed job again and return it, possibly with another id.

    Raises PromptRefused, MessageError, QueueError or StoreError.
    """
    _check_words(job)
    _require_moderated(job, by_presenter)
    return runtime.current().retry(job)


def _require_moderated(job: Job, by_presenter: bool) -> None:
    """Raise MessageError for a job that was sent without approval, if it would need it now.

    A retried job is the same message, which cannot be marked afterwards.
    """
    if moderate(job, by_presenter).pending_approval and not job.pending_approval:
        raise MessageError(
            "Approval is on, and this job was sent before: only a presenter can retry it."
        )


def _require_companions(parameters: GenerationParameters) -> None:
    """Raise MessageError for a parameter that has no effect without another one."""
    for name, companion in REQUIRES.items():
        if getattr(parameters, name) is not None and getattr(parameters, companion) is None:
            sentence = f"The {name} has an effect only together with {companion}."
            raise MessageError(sentence, {name: sentence})


def _check_parameters(parameters: GenerationParameters) -> None:
    _check_words(parameters)
    _check_initial_picture(parameters.init_image)
    # Before a worker has announced its model, only the worker can check the rest.
    if model := runtime.current().sampler.snapshot().model:
        require_accepted(model, parameters)


def _check_initial_picture(name: str | None) -> None:
    """Raise MessageError for a picture that is hidden: the new one would show it."""
    picture = parse_picture_name(name) if name else None
    if picture and runtime.current().lacks_approval(picture.job_id):
        sentence = f"The init_image cannot be used. {NOT_SHOWN}"
        raise MessageError(sentence, {"init_image": sentence})


def _check_words(parameters: GenerationParameters) -> None:
    blocked_words.check(parameters.prompt)
    blocked_words.check(parameters.negative_prompt or "")
