"""Jobs."""

from typing import Any

from pydantic import ConfigDict

from dashboard.domain.jobs import JobView, State
from dashboard.presentation.urls import absolute
from dashboard.routes.api import job_fields
from dashboard.routes.v1.schemas.base import Resource
from dashboard.runtime.submission import SubmitRequest
from wire.messages.parameters import GenerationParameters


def _as_accepted(schema: dict[str, Any]) -> None:
    """Describe what a client may send: no field of the wire alone, and no unknown one."""
    schema["properties"].pop("held")
    schema["additionalProperties"] = False


class NewJob(SubmitRequest):
    """What to generate. Whatever is left out has the default of the workers' model."""

    model_config = ConfigDict(json_schema_extra=_as_accepted)


class PictureLink(Resource):
    """A picture of a job."""

    name: str
    """Its name, under `/pictures`."""
    url: str
    """The path of its file, which never changes and may be cached."""


class Job(Resource):
    """A job and its progress. Times are Unix seconds."""

    id: str
    """A UUIDv7: ids sort by the time of submission."""
    url: str
    """The path of this job."""
    state: State
    parameters: GenerationParameters
    """What was requested; null is the default of the model."""
    count: int
    """Number of pictures that were requested."""
    pictures: tuple[PictureLink, ...]
    """Those that are stored; none while they need approval."""
    withheld: tuple[int, ...]
    """Numbers of the pictures, from 0, that the safety checker rejected."""
    submitted_at: float | None
    received_at: float | None
    """When the newest attempt began; null before the first."""
    finished_at: float | None
    retry_at: float | None
    """When it is tried again after a failed attempt; null if it waits for a worker only."""
    worker: str | None
    attempt: int
    """Attempts so far."""
    picture: int
    """Number of the picture in progress, from 0."""
    step: int
    """Denoising steps of this picture that are done."""
    steps: int | None
    """All of its steps; null while unknown."""
    detail: str | None
    """Why it failed, was returned to the queue, or does not progress."""


class AcceptedJobs(Resource):
    """The jobs of a request: one, or with `separate` one for each picture."""

    jobs: tuple[Job, ...]


class JobPage(Resource):
    """Jobs, newest first."""

    jobs: tuple[Job, ...]
    next_cursor: str | None
    """The `cursor` of the next page; null on the last one."""


def job_path(job_id: str) -> str:
    """Return the path of a job."""
    return absolute(f"/api/v1/jobs/{job_id}")


def to_job(view: JobView, pictures: tuple[str, ...]) -> Job:
    """Convert a job with the names of the pictures that may be shown."""
    links = [PictureLink(name=name, url=picture_file(name)) for name in pictures]
    own = {"url": job_path(view.job.id), "parameters": view.job.parameters, "pictures": links}
    steps = {"steps": view.steps or None}
    return Job.model_validate(job_fields(view, pictures) | own | steps)


def picture_file(name: str) -> str:
    """Return the path of a picture's file."""
    return absolute(f"/api/v1/pictures/{name}/file")
