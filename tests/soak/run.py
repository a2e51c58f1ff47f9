"""Carry out the plan of a soak test on a pair of backends."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass, field

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from core.errors import ApplicationError, QueueUnavailable
from dashboard.fleet.supervisor import Supervisor
from dashboard.sampling.source import Source
from tests.soak.backends import Backends
from tests.soak.fleet import kill_worker, supervised
from tests.soak.plan import Plan
from tests.soak.record import Record, Restoration
from tests.soak.verdict import Remains, Verdict, judge
from tests.support.conditions import wait_until
from wire.backends import open_queue, open_store
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import parse_metadata_name, parse_picture_name
from wire.queues.base import Queue

Report = Callable[[str], None]

_READ_SECONDS = 0.25
_REPORT_SECONDS = 5.0
_MAX_SECONDS = 120.0
"""For a job to be sent, and for all jobs to end when all faults are over."""
_MAX_RECOVERY_WAIT_SECONDS = 60.0
_MAX_DEAD_LETTERS = 1000


def soak(plan: Plan, backends: Backends, seed: int, report: Report) -> Verdict:
    """Send the jobs while workers are killed and servers are down; judge what remains."""
    record, store = Record(), open_store(backends.settings)
    completions = Source("completions", lambda: record.read_completions(store), _READ_SECONDS)
    with closing(open_queue(backends.settings)) as queue:
        with supervised(backends.settings, record.observe) as supervisor:
            completions.start()
            _run_all(_Soak(plan, backends, queue, supervisor, record, random.Random(seed)), report)
            _wait_until_done(queue, record, report)
            completions.stop()
        record.read_completions(store)
        return judge(record, _remains(backends, queue))


@dataclass(frozen=True)
class _Soak:
    """A plan that is being carried out."""

    plan: Plan
    backends: Backends
    queue: Queue
    supervisor: Supervisor
    record: Record
    chance: random.Random
    started: float = field(default_factory=time.monotonic)

    def send_jobs(self) -> None:
        """Publish each job at its moment."""
        for job in self.plan.jobs:
            self._sleep_until(job.at)
            self._send(job.request)

    def kill_workers(self) -> None:
        """Kill a worker at each moment, or as soon as one runs, until all jobs are stored."""
        for at in self.plan.kills:
            self._sleep_until(at)
            wait_until(lambda: self._kill_worker() or self._is_done, what="a worker to kill")

    def take_down(self) -> None:
        """Take servers down and bring them back, one at a time."""
        for outage in self.plan.outages:
            self._sleep_until(outage.at)
            with self.backends.down[outage.part]():
                time.sleep(outage.seconds)
            restoration = Restoration(outage.part, time.time())
            self.record.restorations.append(restoration)
            self._send(outage.next_request)
            self._wait_for_recovery(restoration)

    @property
    def _is_done(self) -> bool:
        return len(self.record.completions) == len(self.plan.jobs) + len(self.plan.outages)

    def _kill_worker(self) -> bool:
        killed = kill_worker(self.supervisor, self.chance)
        self.record.kills += killed
        return killed

    def _wait_for_recovery(self, restoration: Restoration) -> None:
        """Wait a minute at most: the next outage must not hide that there was none."""
        deadline = time.monotonic() + _MAX_RECOVERY_WAIT_SECONDS
        while time.monotonic() < deadline and self.record.recovery(restoration) is None:
            time.sleep(_READ_SECONDS)

    def _sleep_until(self, at: float) -> None:
        time.sleep(max(0.0, self.started + at - time.monotonic()))

    def _send(self, request: JobRequest) -> None:
        """Publish a job as a client that repeats it, with its id, until it is confirmed."""
        job = new_job(request)
        self.record.jobs[job.id] = job
        for attempt in Retrying(
            retry=retry_if_exception_type(QueueUnavailable),
            stop=stop_after_delay(_MAX_SECONDS),
            wait=wait_fixed(0.5),
            reraise=True,
        ):
            with attempt:
                self.record.resent += attempt.retry_state.attempt_number > 1
                self.queue.publish(job)
        with suppress(QueueUnavailable):
            self.queue.dispatch()  # as a dashboard does


def _run_all(run: _Soak, report: Report) -> None:
    actions = (run.send_jobs, run.kill_workers, run.take_down)
    with ThreadPoolExecutor(len(actions)) as threads:
        running = [threads.submit(action) for action in actions]
        while wait(running, _REPORT_SECONDS).not_done:
            report(f"{time.monotonic() - run.started:4.0f} s: {_progress(run.record)}")
    for each in running:
        each.result()


def _progress(record: Record) -> str:
    return (
        f"{len(record.completions)} of {len(record.jobs)} jobs stored, "
        f"{record.kills} workers killed, {len(record.restorations)} outages over"
    )


def _wait_until_done(queue: Queue, record: Record, report: Report) -> None:
    """Wait until no job is left, or too long: the verdict counts the others."""
    deadline = time.monotonic() + _MAX_SECONDS
    while _unfinished(queue, record) and time.monotonic() < deadline:
        time.sleep(_READ_SECONDS)
    report(f"all faults are over: {_progress(record)}")


def _unfinished(queue: Queue, record: Record) -> bool:
    try:
        queue.dispatch()  # as a dashboard does
        depth, dead = queue.depth(), queue.count_dead_letters()
    except ApplicationError:
        return True
    left = depth.waiting + (depth.unacknowledged or 0)
    return left > 0 or len(record.completions) + dead < len(record.jobs)


def _remains(backends: Backends, queue: Queue) -> Remains:
    names = (entry.name for entry in open_store(backends.settings).entries())
    depth = queue.depth()
    return Remains(
        names=frozenset(n for n in names if parse_picture_name(n) or parse_metadata_name(n)),
        dead=tuple(letter.reason for letter in queue.dead_letters(_MAX_DEAD_LETTERS)),
        queued=depth.waiting + (depth.unacknowledged or 0),
    )
