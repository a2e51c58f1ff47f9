"""From inputs to lines: what a recording tells, and what it keeps to itself."""

from collections.abc import Callable, Iterator

from dashboard.domain.inputs import Input, Observation, PictureFound, PromptRead
from dashboard.domain.jobs import JobView
from dashboard.recordings.format import Line, line_of
from dashboard.recordings.observations import ObservationWriter
from dashboard.recordings.redaction import without_addresses
from wire.messages.event import Event
from wire.messages.picture import metadata_name, parse_picture_name


class Transcript:
    """Writes inputs down, one after the other.

    Pictures from before the recording, and their prompts, are left out.

    Args:
        started: Unix seconds.
        known: jobs that are in progress then.
        waits: tells whether a job's pictures wait for approval, or were rejected.

    """

    def __init__(
        self, started: float, known: tuple[JobView, ...], waits: Callable[[str], bool]
    ) -> None:
        self._waits = waits
        self._started = started
        self._known = known
        self._jobs = {view.job.id for view in known}
        self._observations = ObservationWriter()

    def opening(self) -> Iterator[Line]:
        """Tell of the jobs that were in progress at the start."""
        for view in self._known:
            for event in life_of(view):
                if event.kind == "stored" and self._waits(view.job.id):
                    continue
                yield line_of(self._started, event)

    def line(self, at: float, one: Input) -> Line | None:
        """Write down what entered at ``at``; None if it is older than the recording."""
        if isinstance(one, Observation):
            return self._observations.write(one)
        if isinstance(one, PromptRead):
            return line_of(at, one) if one.job_id in self._jobs else None
        if isinstance(one, PictureFound):
            return self._picture_line(at, one)
        if one.job_id:
            self._jobs.add(one.job_id)
        if one.kind == "stored" and self._waits(one.job_id):
            return None
        if one.detail:
            one = one.model_copy(update={"detail": without_addresses(one.detail)})
        return line_of(at, one)

    def objects(self, one: Input) -> Iterator[str]:
        """Name the objects that an input tells of, if they were stored during the recording."""
        if isinstance(one, PictureFound) and one.at >= self._started:
            yield one.name
        if (
            isinstance(one, Event)
            and one.kind == "done"
            and one.job_id
            and not self._waits(one.job_id)
        ):
            yield metadata_name(one.job_id)

    def _picture_line(self, at: float, one: PictureFound) -> Line | None:
        identity = parse_picture_name(one.name)
        if identity is None or one.at < self._started:
            return None
        self._jobs.add(identity.job_id)
        return line_of(at, one)


def life_of(view: JobView) -> Iterator[Event]:
    """Tell a job again, so that a recording knows those that began before it."""
    job_id, begun = view.job.id, view.submitted_at or 0.0
    yield Event(kind="accepted", at=begun, job_id=job_id, job=view.job)
    if view.received_at is not None:
        about = {"job_id": job_id, "worker": view.worker}
        yield Event(kind="received", at=view.received_at, job=view.job, **about)
        for number, name in enumerate(view.pictures):
            yield Event(kind="stored", at=view.received_at, picture=number, name=name, **about)
