"""The local supervisor: counts jobs, applies KEDA's rule, and starts and stops workers.

One supervisor per data directory is active: the one that holds the lock file. Others wait for
the lock, so that a second dashboard takes over when the first one ends.
"""

import logging
import threading
import time
from dataclasses import replace

from core.errors import QueueError
from core.settings import Settings
from dashboard.domain.fleet import FleetEvent, Phase
from dashboard.domain.journal import Journal
from dashboard.fleet.gpus import least_used
from dashboard.fleet.lock import SupervisorLock
from dashboard.fleet.reconciliation import (
    SupervisorStatus,
    describe_scaler,
    latest_from,
    make_policy,
    name_suffix,
    to_start,
    to_stop,
    total_jobs,
)
from dashboard.fleet.scaling_rule import ScalerState, decide
from dashboard.fleet.worker_processes import (
    WORKER_COMMAND,
    WorkerProcess,
    kill_if_overdue,
    launch,
    observe,
    request_stop,
    stop_all,
)
from wire.messages.event import Event
from wire.queues.base import Queue

_MAX_EVENTS = 100
_FIRST_POLL_TIMEOUT_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs 0 to N workers on this machine, in a thread of its own."""

    def __init__(
        self,
        settings: Settings,
        queue: Queue,
        journal: Journal,
        gpus: tuple[str, ...] = (),
        command: tuple[str, ...] = WORKER_COMMAND,
    ) -> None:
        self._settings = settings
        self._queue = queue
        self._journal = journal
        self._gpus = gpus
        self._command = command
        self._policy = make_policy(settings, len(gpus))
        self._grace_period = settings.grace_period
        self._state = ScalerState()
        self.paused = False
        """Whether the number of workers stays as it is."""
        self._workers: dict[str, WorkerProcess] = {}
        self._events: tuple[FleetEvent, ...] = ()
        self._lock = SupervisorLock(settings.data_dir)
        self._status: SupervisorStatus | None = None
        self._polled = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    @property
    def interval(self) -> float:
        """Seconds between two polls of the queue."""
        return self._settings.polling_interval

    def start(self) -> None:
        """Start the thread that polls the queue."""
        self._thread.start()

    def stop(self) -> None:
        """Stop all workers, and return when none is left."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        if busy := self.busy_workers():
            _log.info("%d busy workers have %g s to finish their jobs.", busy, self._grace_period)
        stop_all(self._workers.values(), self._grace_period)
        self._workers = {}
        self._lock.release()

    def status(self) -> SupervisorStatus | None:
        """Return the status after the newest poll; waits briefly for the first, None without."""
        self._polled.wait(_FIRST_POLL_TIMEOUT_SECONDS)
        return self._status

    def busy_workers(self) -> int:
        """Return the number of workers that have a job."""
        return sum(phase == "generating" for phase in self._phases().values())

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._status = self._poll(time.time())
                self._polled.set()
            except Exception:  # noqa: BLE001, an unexpected error must not end the thread
                _log.exception("A poll of the supervisor failed; it polls again.")
            self._stopping.wait(self.interval)

    def _poll(self, now: float) -> SupervisorStatus:
        if error := self._lock.acquire():
            return SupervisorStatus(now, has_lock=False, error=error)
        jobs = self._count_jobs()
        if not self.paused:
            self._state = decide(self._policy, self._state, jobs, now)
        if not self._stopping.is_set():
            self._reconcile(self._state.workers, now)
        return SupervisorStatus(
            at=now,
            has_lock=True,
            wanted=self._state.workers,
            scaler=replace(
                describe_scaler(self._settings, self._policy, self._state, jobs, now),
                paused=self.paused,
            ),
            workers=tuple(self._workers.values()),
            events=self._events,
        )

    def _count_jobs(self) -> int | None:
        try:
            return total_jobs(self._queue.depth(), self.busy_workers())
        except QueueError as error:
            # Not a warning: pages show the queue's error already.
            _log.debug("The jobs cannot be counted, so no worker is started or stopped. %s", error)
            return None

    def _reconcile(self, wanted: int, now: float) -> None:
        self._observe_workers(now)
        for worker in to_stop(self._workers.values(), wanted, self._phases()):
            self._stop_worker(worker, now)
        # A GPU has no memory for a new worker beside one that is still stopping.
        places = self._policy.maximum if self._gpus else None
        suffix = name_suffix(self._settings)
        for name in to_start(self._workers.values(), wanted, suffix, places):
            self._start_worker(name, now)
        for worker in list(self._workers.values()):
            kill_if_overdue(worker, self._grace_period, now)
            if worker.state == "failed" and now >= worker.retry_at:
                self._start_worker(worker.name, now, worker)

    def _observe_workers(self, now: float) -> None:
        views = self._journal.workers()
        for worker in list(self._workers.values()):
            view = latest_from(worker, views)
            observed = observe(worker, now, was_ready=bool(view and view.ready_at))
            self._set_worker(worker.name, observed)
            if observed is None:
                self._log_event(now, f"{worker.name} stopped")
            elif observed.state == "failed" and worker.state == "running":
                self._log_event(now, f"{worker.name} failed: {observed.reason}")
                self._return_jobs(worker)

    def _return_jobs(self, worker: WorkerProcess) -> None:
        """Record the events that a worker which ended unexpectedly could not send."""
        view = latest_from(worker, self._journal.workers())
        for job_id in view.jobs if view else ():
            detail = f"{worker.name} ended while generating it"
            event = Event(kind="returned", worker=worker.name, job_id=job_id, detail=detail)
            self._journal.record(event)
        self._journal.remove_worker(worker.name)

    def _start_worker(self, name: str, now: float, failed: WorkerProcess | None = None) -> None:
        failures, reason = (failed.failures, failed.reason) if failed else (0, "")
        self._journal.remove_worker(name)
        gpu = least_used(self._gpus, (worker.gpu for worker in self._workers.values()))
        try:
            worker = launch(name, self._settings, self._command, now, gpu)
            worker = replace(worker, failures=failures, reason=reason)
            self._log_event(now, f"{name} started")
        except OSError as error:
            reason = f"{error.strerror}."
            worker = WorkerProcess(name, "failed", now, failures=failures + 1, reason=reason)
            self._log_event(now, f"{name} failed: {reason}")
        self._set_worker(name, worker)

    def _stop_worker(self, worker: WorkerProcess, now: float) -> None:
        self._set_worker(worker.name, request_stop(worker, now))
        self._log_event(now, f"{worker.name} is stopping")

    def _set_worker(self, name: str, worker: WorkerProcess | None) -> None:
        if worker is None:
            self._workers.pop(name, None)
        else:
            self._workers[name] = worker

    def _log_event(self, now: float, text: str) -> None:
        _log.info("%s", text)
        self._events = (*self._events, FleetEvent(now, text))[-_MAX_EVENTS:]

    def _phases(self) -> dict[str, Phase]:
        views = self._journal.workers()
        return {
            worker.name: view.phase
            for worker in list(self._workers.values())
            if (view := latest_from(worker, views)) is not None
        }
