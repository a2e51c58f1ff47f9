"""What this process heard: the newest jobs and the workers, folded from events."""

import threading
from collections.abc import Iterable
from dataclasses import replace

from dashboard.domain.fleet import Worker
from dashboard.domain.inputs import Observer, nobody
from dashboard.domain.jobs import FINISHED, JobView, follow, waiting
from dashboard.domain.worker_starts import WorkerStart, follow_start, whole_start
from dashboard.domain.workers import WorkerView, follow_worker
from wire.messages.event import Event

MOST_JOBS = 1000


class Journal:
    """Jobs and workers by name; safe to use from any thread.

    Args:
        most_jobs: how many jobs are kept.
        longest_silence: seconds after which a worker is forgotten that said nothing; None
            where a supervisor tells, since an idle worker may well be silent for hours.
        observer: is told of each event.

    """

    def __init__(
        self,
        most_jobs: int = MOST_JOBS,
        longest_silence: float | None = None,
        observer: Observer = nobody,
    ) -> None:
        self._observer = observer
        self._lock = threading.Lock()
        self._most_jobs = most_jobs
        self._longest_silence = longest_silence
        self._jobs: dict[str, JobView] = {}
        self._workers: dict[str, WorkerView] = {}
        self._starts: dict[str, WorkerStart] = {}

    def record(self, event: Event) -> None:
        """Take in one event, heard or made here; hearing it twice changes nothing."""
        with self._lock:
            self._observer(event)
            self._record_job(event)
            self._record_worker(event)

    def jobs(self) -> tuple[JobView, ...]:
        """Return the jobs, newest first."""
        with self._lock:
            return tuple(reversed(self._jobs.values()))

    def unfinished(self) -> tuple[JobView, ...]:
        """Return the jobs that wait or are in progress, newest first."""
        return tuple(view for view in self.jobs() if view.state not in FINISHED)

    def find(self, job_id: str) -> JobView | None:
        """Return a job, if this process heard of it."""
        with self._lock:
            return self._jobs.get(job_id)

    def workers(self) -> dict[str, WorkerView]:
        """Return the workers that were heard and have not stopped, by name."""
        with self._lock:
            return dict(self._workers)

    def note_fleet(self, workers: Iterable[Worker]) -> None:
        """Take in how a fleet's workers are now."""
        with self._lock:
            self._starts = {
                worker.name: follow_start(self._starts.get(worker.name), worker)
                for worker in workers
            }

    def clear_finished(self) -> int:
        """Drop the jobs that are finished from the list, and return how many they were."""
        with self._lock:
            finished = [name for name, view in self._jobs.items() if view.state in FINISHED]
            for name in finished:
                del self._jobs[name]
            return len(finished)

    def forget_worker(self, name: str) -> None:
        """Drop a worker that ended without a word."""
        with self._lock:
            self._workers.pop(name, None)

    def _record_job(self, event: Event) -> None:
        job_id = event.job.id if event.job else event.job_id
        if job_id is None:
            return
        view = self._jobs.get(job_id) or (waiting(event.job) if event.job else None)
        if view is not None:
            self._jobs[job_id] = self._with_start(follow(view, event), event)
        if len(self._jobs) > self._most_jobs:
            del self._jobs[self._least_missed()]

    def _with_start(self, view: JobView, event: Event) -> JobView:
        if event.kind != "received" or event.worker is None:
            return view
        heard = self._workers.get(event.worker)
        return replace(view, start=whole_start(self._starts.get(event.worker), heard))

    def _least_missed(self) -> str:
        """Choose the oldest finished job; the oldest of all while none is finished."""
        finished = (job_id for job_id, view in self._jobs.items() if view.state in FINISHED)
        return next(finished, next(iter(self._jobs)))

    def _record_worker(self, event: Event) -> None:
        if event.worker is None:
            return
        view = follow_worker(self._workers.get(event.worker), event)
        if view is None:
            self._workers.pop(event.worker, None)
        else:
            self._workers[event.worker] = view
        if self._longest_silence is not None:
            self._forget_silent(event.at - self._longest_silence)

    def _forget_silent(self, since: float) -> None:
        silent = [name for name, view in self._workers.items() if view.last_event_at < since]
        for name in silent:
            del self._workers[name]
