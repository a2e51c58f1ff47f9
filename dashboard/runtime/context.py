"""The parts of a running dashboard, and what a person may do with them."""

import time
from dataclasses import dataclass

from core.errors import StoreUnavailable
from core.settings import Settings
from dashboard.domain.inputs import Observers
from dashboard.domain.jobs import JobView
from dashboard.domain.journal import Journal
from dashboard.fleet.supervisor import Supervisor
from dashboard.gallery.approvals import Approvals
from dashboard.gallery.gallery import Gallery
from dashboard.gallery.stored_jobs import stored_job
from dashboard.sampling.dead_letters import DeadLetterReader, dead_letter_of
from dashboard.sampling.sampler import Sampler, Sources
from wire.events.base import Events
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.picture import Metadata, decode_metadata, metadata_name
from wire.queues.base import DeadLetter, Queue
from wire.stores import cancellation
from wire.stores.base import Store


@dataclass(frozen=True)
class AppContext:
    """Everything that a page or a route may use."""

    settings: Settings
    queue: Queue
    store: Store
    events: Events
    journal: Journal
    gallery: Gallery
    approvals: Approvals | None
    """None in a replay: what waited was not recorded."""
    dead_letters: DeadLetterReader | None
    """None in a replay: they are not recorded."""
    sampler: Sampler
    observers: Observers
    """Who is told of everything that enters what the pages show, such as a recorder."""
    sources: Sources | None
    """None in a replay, where nothing is read."""
    supervisor: Supervisor | None
    """None where somebody else runs the workers."""
    recording: str = ""
    """Which recording plays; empty in a live run."""

    @property
    def replaying(self) -> bool:
        """Whether this is a recording that plays, and no live run."""
        return self.sources is None

    def now(self) -> float:
        """Return Unix seconds: the clock's, or in a replay those of the recording."""
        return self.sampler.snapshot().at if self.replaying else time.time()

    def submit(self, request: JobRequest) -> Job:
        """Put a job on the queue; it is safe once this returns.

        Raises PublishRefused, and then nothing was sent; or QueueUnavailable, and then the
        job may be on the queue if the sentence says so. Raises StoreUnavailable, and sends
        nothing, if its pictures have to wait for approval and that cannot be noted.
        """
        job = new_job(request)
        accepted = Event(kind="accepted", job_id=job.id, job=job)
        if job.pending_approval:
            self.approvals.hold(job.id)
        self.queue.publish(job)
        self._tell(accepted)
        return job

    def retry(self, job: Job) -> Job:
        """Put a failed job on the queue again; as a new one if its dead letter is gone.

        Raises QueueError.
        """
        letter = dead_letter_of(self.queue, job.id)
        if letter is None:
            return self.submit(JobRequest(**job.model_dump(exclude={"id"})))
        self.retry_dead_letter(letter)
        return job

    def retry_dead_letter(self, letter: DeadLetter) -> None:
        """Put a dead letter's job on the queue again.

        Raises MessageError if it was no job, QueueError.
        """
        accepted = (
            Event(kind="accepted", job_id=letter.job.id, job=letter.job) if letter.job else None
        )
        self.queue.retry_dead_letter(letter.delivery_tag)
        self._forget_letter(letter)
        if accepted:
            self._tell(accepted)

    def drop_dead_letter(self, letter: DeadLetter) -> None:
        """Forget a dead letter; raises QueueUnavailable."""
        self.queue.drop_dead_letter(letter.delivery_tag)
        self._forget_letter(letter)

    def cancel(self, job_id: str) -> None:
        """Take a job back; a worker that has it stops at its next look.

        Raises StoreUnavailable, and then the job goes on.
        """
        cancellation.cancel(self.store, job_id)
        self._tell(Event(kind="cancelled", job_id=job_id))

    def cancel_waiting(self) -> int:
        """Take back all jobs that wait, and return how many they were.

        Raises StoreUnavailable, and then those left go on.
        """
        waiting = [view for view in self.journal.unfinished() if view.state == "waiting"]
        for view in waiting:
            self.cancel(view.job.id)
        return len(waiting)

    def clear_finished(self) -> int:
        """Drop what is finished from the list of jobs; pictures and dead letters stay."""
        number = self.journal.clear_finished()
        self.sampler.refresh()
        return number

    def find_job(self, job_id: str) -> JobView | None:
        """Return a job that was heard of or is stored; raises StoreUnavailable."""
        return self.journal.find(job_id) or stored_job(self.store, job_id)

    def shown_pictures(self, view: JobView) -> tuple[str, ...]:
        """Return the names of a job's pictures, but none that wait for approval."""
        return () if self.is_withheld(view.job.id) else view.pictures

    def is_withheld(self, job_id: str) -> bool:
        """Tell whether a job's pictures wait for approval, or were rejected."""
        return self.approvals is not None and self.approvals.of(job_id) is not None

    def metadata(self, job_id: str) -> Metadata:
        """Read what is known of a finished job's pictures, for a person who clicked.

        Raises ObjectMissing, MessageError or StoreUnavailable. While the store is known to
        be away it is not asked, so that no click waits until it gives up.
        """
        if error := self.sampler.snapshot().store.error:
            raise StoreUnavailable(error)
        return decode_metadata(self.store.get(metadata_name(job_id)))

    def _forget_letter(self, letter: DeadLetter) -> None:
        if self.dead_letters:
            self.dead_letters.forget(letter.delivery_tag)

    def _tell(self, event: Event) -> None:
        self.journal.record(event)
        self.sampler.refresh()
        self.events.publish(event)
