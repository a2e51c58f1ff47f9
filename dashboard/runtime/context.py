"""The components of a running dashboard, and the operations of its pages and routes."""

import time
from dataclasses import dataclass

from core.errors import StoreUnavailable
from core.settings import Settings
from dashboard.domain.hidden_prompts import hide_prompt
from dashboard.domain.inputs import Observers
from dashboard.domain.jobs import JobView, PicturePreview
from dashboard.domain.journal import Journal
from dashboard.domain.snapshot import PictureView
from dashboard.fleet.supervisor import Supervisor
from dashboard.gallery.approvals import Approvals
from dashboard.gallery.gallery import Gallery
from dashboard.gallery.hearts import Hearts
from dashboard.gallery.stored_jobs import stored_job
from dashboard.runtime.waiting_limit import WaitingLimit
from dashboard.sampling.dead_letters import DeadLetterReader, dead_letter_of
from dashboard.sampling.sampler import Sampler, Sources
from wire.events.base import Events
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.metadata import Metadata, decode_metadata
from wire.messages.object_names import metadata_name
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
    """None in a replay: recordings contain no pending pictures."""
    hearts: Hearts | None
    """None in a replay: recordings contain no hearts."""
    dead_letters: DeadLetterReader | None
    """None in a replay: recordings contain no dead letters."""
    sampler: Sampler
    observers: Observers
    """Called with all inputs of the pages, for example by a recorder."""
    sources: Sources | None
    """None in a replay, which reads no backend."""
    supervisor: Supervisor | None
    """None where the workers run elsewhere."""
    waiting_limit: WaitingLimit

    @property
    def replaying(self) -> bool:
        """Whether this is the replay of a recording, not a live run."""
        return self.sources is None

    def now(self) -> float:
        """Return Unix seconds: the current time, or the recording's in a replay."""
        return self.sampler.snapshot().at if self.replaying else time.time()

    def full_reasons(self) -> tuple[str, ...]:
        """Return why disk or store take no more, in sentences; empty while they do."""
        sources = self.sources.space if self.sources else ()
        return tuple(reason for source in sources if (reason := source.reading().value))

    def submit(self, request: JobRequest, submitter: str | None = None) -> Job:
        """Publish a job, with its id if it has one; it is durable once this returns.

        It takes the submitter's turn, or that of all without a name.

        Raises:
            PublishRefused: nothing was sent.
            QueueFull: nothing was sent, because the maximum of jobs is waiting.
            QueueUnavailable: the job may be on the queue, as the message states.
            StoreUnavailable: nothing was sent, because the job's pictures need approval and
                its mark could not be stored.

        """
        job = request if isinstance(request, Job) else new_job(request, submitter)
        accepted = Event(kind="accepted", job_id=job.id, job=job)
        with self.waiting_limit.admit(self._count_waiting):
            if job.pending_approval and self.approvals:
                self.approvals.mark_pending(job.id)
            self.queue.publish(job)
            self.publish(accepted)
        return job

    def require_room(self, jobs: int) -> None:
        """Raise QueueFull unless the queue takes this number of jobs now."""
        self.waiting_limit.require_room(self._count_waiting, jobs)

    def _count_waiting(self) -> int:
        """Count the waiting jobs; while the broker's count is unknown, those of the events.

        Raises QueueUnavailable in a process that has just started, if the queue does not answer.
        """
        snapshot = self.sampler.snapshot()
        if snapshot.counts:
            return snapshot.counts.waiting
        if snapshot.queue.error is None and not self.replaying:  # this process has just started
            return self.queue.depth().waiting
        return sum(view.state == "waiting" for view in self.journal.jobs())

    def retry(self, job: Job) -> Job:
        """Publish a failed job again, as a new job if its dead letter is gone.

        Raises QueueError.
        """
        letter = dead_letter_of(self.queue, job.id)
        if letter is None:
            request = JobRequest(**job.model_dump(exclude={"id", "submitter"}))
            return self.submit(request, job.submitter)
        self.retry_dead_letter(letter)
        return job

    def retry_dead_letter(self, letter: DeadLetter) -> None:
        """Move a dead letter's job back to the queue.

        Raises MessageError if it contains no valid job, QueueError.
        """
        accepted = (
            Event(kind="accepted", job_id=letter.job.id, job=letter.job) if letter.job else None
        )
        self.queue.retry_dead_letter(letter.delivery_tag)
        self._forget_letter(letter)
        if accepted:
            self.publish(accepted)

    def drop_dead_letter(self, letter: DeadLetter) -> None:
        """Delete a dead letter; raises QueueUnavailable."""
        self.queue.drop_dead_letter(letter.delivery_tag)
        self._forget_letter(letter)

    def cancel(self, job_id: str) -> None:
        """Cancel a job; a worker that generates it stops at its next check.

        Raises StoreUnavailable, and then the job is not cancelled.
        """
        cancellation.cancel(self.store, job_id)
        self.publish(Event(kind="cancelled", job_id=job_id))

    def clear_finished(self) -> int:
        """Remove finished jobs from the list, and keep their pictures and dead letters."""
        count = self.journal.clear_finished()
        self.sampler.refresh()
        return count

    def find_job(self, job_id: str) -> JobView | None:
        """Return a job from the journal or the store; raises StoreUnavailable."""
        return self.journal.find(job_id) or stored_job(self.store, job_id)

    def shown_pictures(self, view: JobView) -> tuple[str, ...]:
        """Return the names of a job's pictures that may be shown."""
        return () if self.lacks_approval(view.job.id) else view.pictures

    def shown_picture(self, name: str) -> PictureView | None:
        """Return a known picture; None if it was deleted or may not be shown."""
        view = self.gallery.index.find(name)
        return None if view is None or self.lacks_approval(view.job_id) else view

    def shown_preview(self, view: JobView) -> PicturePreview | None:
        """Return the preview of a job's picture in progress; None while it may not be shown."""
        return None if self.lacks_approval(view.job.id) else view.preview

    def shown_job(self, view: JobView) -> JobView:
        """Return a job as everybody may see it: without prompts while it lacks approval."""
        return hide_prompt(view) if self.lacks_approval(view.job.id) else view

    def lacks_approval(self, job_id: str) -> bool:
        """Return whether a job's pictures are pending approval, or rejected."""
        return self.approvals is not None and self.approvals.state(job_id) is not None

    def metadata(self, job_id: str) -> Metadata:
        """Read a finished job's metadata.

        Fails fast while the last poll of the store failed, so that no click waits for a timeout.

        Raises ObjectMissing, MessageError or StoreUnavailable.
        """
        if error := self.sampler.snapshot().store.error:
            raise StoreUnavailable(error)
        return decode_metadata(self.store.get(metadata_name(job_id)))

    def _forget_letter(self, letter: DeadLetter) -> None:
        if self.dead_letters:
            self.dead_letters.remove(letter.delivery_tag)

    def publish(self, *events: Event) -> None:
        """Record events, show them, and publish them to other dashboards."""
        for event in events:
            self.journal.record(event)
        self.sampler.refresh()
        for event in events:
            self.events.publish(event)
