"""Turn inputs into lines, leaving out what a recording must not disclose."""

from collections.abc import Callable, Iterator

from dashboard.domain.inputs import Input, Observation, PictureFound, PromptRead
from dashboard.domain.jobs import JobView
from dashboard.recordings.format import Line, to_line
from dashboard.recordings.observations import ObservationWriter
from dashboard.recordings.redaction import model_name, redact
from wire.messages.event import Event
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import metadata_name, parse_picture_name


class Transcript:
    """Turns inputs into lines, in the order of arrival.

    Pictures from before the recording, and their prompts, are left out.

    Args:
        started: Unix seconds.
        known: jobs that are in progress at that time.
        is_withheld: returns whether a job's pictures wait for approval or were rejected.

    """

    def __init__(
        self, started: float, known: tuple[JobView, ...], is_withheld: Callable[[str], bool]
    ) -> None:
        self._is_withheld = is_withheld
        self._started = started
        self._known = known
        self._jobs = {view.job.id for view in known}
        self._observations = ObservationWriter()

    def opening(self) -> Iterator[Line]:
        """Yield the lines of the jobs that were in progress at the start."""
        for view in self._known:
            for event in past_events(view):
                if event.kind != "stored" or not self._is_withheld(view.job.id):
                    yield to_line(self._started, event)

    def line(self, at: float, value: Input) -> Line | None:
        """Return the line of an input that arrived at ``at``; None if it is left out."""
        if isinstance(value, Observation):
            return self._observations.write(value)
        if isinstance(value, PromptRead):
            return to_line(at, value) if value.job_id in self._jobs else None
        if isinstance(value, PictureFound):
            return self._picture_line(at, value)
        return self._event_line(at, value)

    def objects(self, value: Input) -> Iterator[str]:
        """Yield the names of objects that were stored during the recording."""
        if isinstance(value, PictureFound) and value.at >= self._started:
            yield value.name
        job_id = value.job_id if isinstance(value, Event) and value.kind == "done" else None
        if job_id and not self._is_withheld(job_id):
            yield metadata_name(job_id)

    def _event_line(self, at: float, event: Event) -> Line | None:
        if event.job_id:
            self._jobs.add(event.job_id)
            if event.kind == "stored" and self._is_withheld(event.job_id):
                return None
        if event.preview:  # the picture itself is recorded, once it may be shown
            event = event.model_copy(update={"preview": None})
        if event.detail:
            event = event.model_copy(update={"detail": redact(event.detail)})
        if event.model:
            event = event.model_copy(update={"model": public_model(event.model)})
        return to_line(at, event)

    def _picture_line(self, at: float, picture: PictureFound) -> Line | None:
        identity = parse_picture_name(picture.name)
        if identity is None or picture.at < self._started:
            return None
        self._jobs.add(identity.job_id)
        return to_line(at, picture)


def public_model(model: ModelCapabilities) -> ModelCapabilities:
    """Return what a model accepts with the path of its folder removed."""
    return model.model_copy(update={"model_id": model_name(model.model_id)})


def past_events(view: JobView) -> Iterator[Event]:
    """Yield events that lead to a job's present state, for jobs older than the recording."""
    job, worker = view.job, view.worker
    yield Event(kind="accepted", at=view.submitted_at or 0.0, job_id=job.id, job=job)
    if view.received_at is None:
        return
    at = view.received_at
    yield Event(kind="received", at=at, job_id=job.id, job=job, worker=worker)
    for number, name in enumerate(view.pictures):
        yield Event(kind="stored", at=at, job_id=job.id, worker=worker, picture=number, name=name)
    for number in view.withheld:
        yield Event(kind="withheld", at=at, job_id=job.id, worker=worker, picture=number)
