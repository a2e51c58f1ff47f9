"""The newest jobs, the workers and their model, folded from events."""

import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from dashboard.domain.faults import FaultHistory, add_fault, count_job
from dashboard.domain.fleet import Worker
from dashboard.domain.gpus import GONE_AFTER_SECONDS, DeviceReading
from dashboard.domain.inputs import Observer, noop
from dashboard.domain.jobs import (
    FINISHED,
    JobView,
    apply_event,
    initial_view,
    is_cancelled_on_queue,
)
from dashboard.domain.workers import (
    WorkerStart,
    WorkerView,
    apply_worker_event,
    apply_worker_reading,
    complete_start,
)
from wire.messages.event import Event
from wire.messages.model import ModelCapabilities

MAX_JOBS = 1000
MAX_UNFINISHED_JOBS = 10_000
_SWEEP_SECONDS = 1.0
"""Between searches for silent workers: one for each event takes all the time of thousands."""


class Journal:
    """Jobs and workers by name, and what the workers' model accepts. Thread-safe.

    Args:
        max_jobs: how many finished jobs are kept.
        max_unfinished: how many jobs are kept that are on the queue: a job is known as long as it
            waits, and a cancelled one until a worker drops its message.
        worker_timeout: seconds without an event after which a worker is removed; None where
            a supervisor reports ended workers, since an idle worker may send no event for hours.
        observer: called with each event.
        clock: returns the seconds by which the searches for silent workers are timed. Events have
            the clocks of their workers, which differ.

    """

    def __init__(
        self,
        max_jobs: int = MAX_JOBS,
        max_unfinished: int = MAX_UNFINISHED_JOBS,
        worker_timeout: float | None = None,
        observer: Observer = noop,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._lock = threading.Lock()
        self._max_jobs = max_jobs
        self._max_unfinished = max_unfinished
        self._worker_timeout = worker_timeout
        self._jobs: dict[str, JobView] = {}
        self._finished: dict[str, None] = {}
        """Ids of the finished jobs that left the queue, in the order in which they finished."""
        self._workers: dict[str, WorkerView] = {}
        self._starts: dict[str, WorkerStart] = {}
        self._model: ModelCapabilities | None = None
        self._devices: dict[str, DeviceReading] = {}
        self._has_seen_gpu = False
        self._faults = FaultHistory()
        self._swept_at = -math.inf

    def record(self, event: Event) -> None:
        """Apply an event, received or made here; recording it twice changes nothing."""
        with self._lock:
            self._observer(event)
            self._record_fault(event)
            self._record_job(event)
            self._record_worker(event)
            self._model = event.model or self._model
            self._record_telemetry(event)
            self._remove_silent(event.at)

    def jobs(self) -> tuple[JobView, ...]:
        """Return the jobs, newest first."""
        with self._lock:
            return tuple(reversed(self._jobs.values()))

    def unfinished(self) -> tuple[JobView, ...]:
        """Return the jobs that wait or are in progress, newest first."""
        return tuple(view for view in self.jobs() if view.state not in FINISHED)

    def find(self, job_id: str) -> JobView | None:
        """Return a job; None if no event of it was recorded."""
        with self._lock:
            return self._jobs.get(job_id)

    def workers(self) -> dict[str, WorkerView]:
        """Return the workers that have sent events and have not stopped, by name."""
        with self._lock:
            return dict(self._workers)

    def model(self) -> ModelCapabilities | None:
        """Return what the model accepts that was announced last; None before the first."""
        return self._model

    def record_model(self, model: ModelCapabilities) -> None:
        """Apply an announcement whose event was not received."""
        self._model = model

    def devices(self) -> tuple[DeviceReading, ...]:
        """Return the newest telemetry of each worker that has not stopped."""
        with self._lock:
            return tuple(self._devices.values())

    def has_seen_gpu(self) -> bool:
        """Return whether a worker has ever reported a GPU."""
        return self._has_seen_gpu

    def faults(self) -> FaultHistory:
        """Return the injected faults, and the jobs that are counted since."""
        return self._faults

    def record_fleet(self, workers: Iterable[Worker]) -> None:
        """Apply a reading of the fleet's workers to their starts."""
        with self._lock:
            self._starts = {
                worker.name: apply_worker_reading(self._starts.get(worker.name), worker)
                for worker in workers
            }

    def clear_finished(self) -> int:
        """Remove the finished jobs, and return how many there were."""
        with self._lock:
            finished = [name for name, view in self._jobs.items() if view.state in FINISHED]
            for name in finished:
                self._remove(name)
            return len(finished)

    def remove_worker(self, name: str) -> None:
        """Remove a worker that ended without an event."""
        with self._lock:
            self._workers.pop(name, None)
            self._devices.pop(name, None)

    def _record_fault(self, event: Event) -> None:
        if event.kind == "fault":
            unfinished = (view for view in self._jobs.values() if view.state not in FINISHED)
            self._faults = add_fault(self._faults, event, unfinished)

    def _record_job(self, event: Event) -> None:
        job_id = event.job.id if event.job else event.job_id
        if job_id is None:
            return
        view = self._jobs.get(job_id) or (initial_view(event.job) if event.job else None)
        if view is not None:
            self._keep(job_id, self._with_start(apply_event(view, event), event))

    def _keep(self, job_id: str, view: JobView) -> None:
        self._jobs[job_id] = view
        self._faults = count_job(self._faults, view)
        if view.state in FINISHED and not is_cancelled_on_queue(view):
            self._finished.setdefault(job_id)
        else:
            self._finished.pop(job_id, None)
        if len(self._finished) > self._max_jobs:
            self._remove(next(iter(self._finished)))
        if len(self._jobs) - len(self._finished) > self._max_unfinished:
            self._remove(next(each for each in self._jobs if each not in self._finished))

    def _remove(self, job_id: str) -> None:
        del self._jobs[job_id]
        self._finished.pop(job_id, None)

    def _with_start(self, view: JobView, event: Event) -> JobView:
        if event.kind != "received" or event.worker is None:
            return view
        start = complete_start(self._starts.get(event.worker), self._workers.get(event.worker))
        return replace(view, start=start)

    def _record_worker(self, event: Event) -> None:
        if event.worker is None:
            return
        view = apply_worker_event(self._workers.get(event.worker), event)
        if view is None:
            self._workers.pop(event.worker, None)
        else:
            self._workers[event.worker] = view

    def _record_telemetry(self, event: Event) -> None:
        if event.worker is None:
            return
        if event.kind == "stopped":
            self._devices.pop(event.worker, None)
        elif event.telemetry:
            self._devices[event.worker] = DeviceReading(event.worker, event.at, event.telemetry)
            self._has_seen_gpu |= event.telemetry.is_gpu

    def _remove_silent(self, now: float) -> None:
        """Remove workers and devices that have sent nothing for long."""
        if self._clock() - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = self._clock()
        self._remove_silent_devices(now - GONE_AFTER_SECONDS)
        if self._worker_timeout is not None:
            self._remove_silent_workers(now - self._worker_timeout)

    def _remove_silent_devices(self, since: float) -> None:
        self._devices = {
            name: reading for name, reading in self._devices.items() if reading.at >= since
        }

    def _remove_silent_workers(self, since: float) -> None:
        silent = [name for name, view in self._workers.items() if view.last_event_at < since]
        for name in silent:
            del self._workers[name]
