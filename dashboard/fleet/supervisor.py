"""The local supervisor: it counts jobs, applies KEDA's rule, and drives worker processes.

One supervisor serves a data directory: whoever holds the lock file. Others wait for it, so
that a second dashboard takes over when the first one ends.
"""

import logging
import threading
import time

from filelock import FileLock, Timeout

from core.errors import QueueError
from core.settings import Settings
from dashboard.domain.fleet import FleetEvent, Phase
from dashboard.domain.journal import Journal
from dashboard.fleet.reconciliation import (
    Report,
    describe,
    jobs_of,
    latest_from,
    name_suffix,
    policy_of,
    to_start,
    to_stop,
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

_EVENTS = 100
_FIRST_LOOK = 2.0
"""Seconds."""

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs 0..N workers on this machine, in a thread of its own."""

    def __init__(
        self,
        settings: Settings,
        queue: Queue,
        journal: Journal,
        command: tuple[str, ...] = WORKER_COMMAND,
    ) -> None:
        self._settings = settings
        self._queue = queue
        self._journal = journal
        self._command = command
        self._policy = policy_of(settings)
        self._grace = settings.grace_period
        self._state = ScalerState()
        self._slots: dict[str, WorkerProcess] = {}
        self._events: tuple[FleetEvent, ...] = ()
        self._file = FileLock(settings.data_dir / "supervisor.lock", timeout=0, thread_local=False)
        self._report: Report | None = None
        self._looked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    @property
    def interval(self) -> float:
        """Seconds between two looks."""
        return self._settings.polling_interval

    def start(self) -> None:
        """Begin to look at the queue."""
        self._thread.start()

    def stop(self) -> None:
        """Stop every worker and return when none is left."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        if busy := self.busy_workers():
            _log.info("Workers that paint: %d. They have %g s to finish.", busy, self._grace)
        stop_all(self._slots.values(), self._grace)
        self._slots = {}
        self._file.release()

    def report(self) -> Report | None:
        """Return the newest report; waits a moment for the first, None if there is none."""
        self._looked.wait(_FIRST_LOOK)
        return self._report

    def busy_workers(self) -> int:
        """Count the workers of this supervisor that hold a job."""
        return sum(phase == "generating" for phase in self._phases().values())

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._report = self._look(time.time())
                self._looked.set()
            except Exception:  # noqa: BLE001, the page says that it ended, whatever ended it
                _log.exception("The supervisor stumbled; it goes on at its next look.")
            self._stopping.wait(self.interval)

    def _look(self, now: float) -> Report:
        trouble = self._take_charge()
        if trouble:
            return Report(now, in_charge=False, error=trouble)
        jobs = self._count_jobs()
        self._state = decide(self._policy, self._state, jobs, now)
        if not self._stopping.is_set():
            self._reconcile(self._state.workers, now)
        return Report(
            at=now,
            in_charge=True,
            wanted=self._state.workers,
            scaler=describe(self._settings, self._state, jobs, now),
            workers=tuple(self._slots.values()),
            events=self._events,
        )

    def _take_charge(self) -> str | None:
        if self._file.is_locked:
            return None
        try:
            self._settings.data_dir.mkdir(parents=True, exist_ok=True)
            self._file.acquire()
        except Timeout:
            return "Another process on this data folder runs the workers."
        except OSError as error:
            return f"The lock in {self._settings.data_dir} cannot be taken: {error.strerror}."
        return None

    def _count_jobs(self) -> int | None:
        try:
            return jobs_of(self._queue.depth(), self.busy_workers())
        except QueueError as error:
            # Said on the page already, once a second.
            _log.debug("The jobs cannot be counted, so nothing changes. %s", error)
            return None

    def _reconcile(self, wanted: int, now: float) -> None:
        self._watch(now)
        for worker in to_stop(self._slots.values(), wanted, self._phases()):
            self._stop_one(worker, now)
        for name in to_start(self._slots.values(), wanted, name_suffix(self._settings)):
            self._start_one(name, now)
        for worker in list(self._slots.values()):
            kill_if_overdue(worker, self._grace, now)
            if worker.state == "failed" and now >= worker.retry_at:
                self._start_one(worker.name, now, worker.failures)

    def _watch(self, now: float) -> None:
        for worker in list(self._slots.values()):
            seen = observe(worker, now)
            self._keep(worker.name, seen)
            if seen is None:
                self._tell(now, f"{worker.name} stopped")
            elif seen.state == "failed" and worker.state == "running":
                self._tell(now, f"{worker.name} failed: {seen.reason}")
                self._return_jobs(worker)

    def _return_jobs(self, worker: WorkerProcess) -> None:
        """Tell what a worker that died could not: its jobs wait for another."""
        view = latest_from(worker, self._journal.workers())
        for job_id in view.jobs if view else ():
            detail = f"{worker.name} ended in the middle of it"
            event = Event(kind="returned", worker=worker.name, job_id=job_id, detail=detail)
            self._journal.record(event)
        self._journal.remove_worker(worker.name)

    def _start_one(self, name: str, now: float, failures: int = 0) -> None:
        self._journal.remove_worker(name)
        try:
            worker = launch(name, self._settings, self._command, now, failures)
        except OSError as error:
            worker = WorkerProcess(
                name, "failed", now, failures=failures + 1, reason=f"{error.strerror}."
            )
        self._keep(name, worker)
        self._tell(now, f"{name} started" if worker.process else f"{name} failed: {worker.reason}")

    def _stop_one(self, worker: WorkerProcess, now: float) -> None:
        self._keep(worker.name, request_stop(worker, now))
        self._tell(now, f"{worker.name} asked to stop")

    def _keep(self, name: str, worker: WorkerProcess | None) -> None:
        if worker is None:
            self._slots.pop(name, None)
        else:
            self._slots[name] = worker

    def _tell(self, now: float, text: str) -> None:
        _log.info("%s", text)
        self._events = (*self._events, FleetEvent(now, text))[-_EVENTS:]

    def _phases(self) -> dict[str, Phase]:
        heard = self._journal.workers()
        return {
            worker.name: view.phase
            for worker in list(self._slots.values())
            if (view := latest_from(worker, heard)) is not None
        }
