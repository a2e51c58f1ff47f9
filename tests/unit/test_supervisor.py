"""The local supervisor and its worker processes."""

import logging
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from core.errors import FleetError, QueueUnavailable
from core.logs import JsonFormatter, TextFormatter
from core.settings import Settings
from dashboard.domain.journal import Journal
from dashboard.fleet import local, worker_logs, worker_processes
from dashboard.fleet.local import LocalFleet
from dashboard.fleet.reconciliation import jobs_of, to_start, to_stop
from dashboard.fleet.supervisor import Supervisor
from dashboard.fleet.worker_logs import last_sentence, open_log
from dashboard.fleet.worker_processes import WorkerProcess
from tests.support.conditions import wait_until
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.base import QueueDepth

STAND_IN = (sys.executable, str(Path(__file__).parents[1] / "support" / "stand_in_worker.py"))


@dataclass
class Counted:
    """A queue of which only the depth is asked."""

    jobs: int | None = 0
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.free.set()

    def depth(self) -> QueueDepth:
        """Count, be away, or hang."""
        self.free.wait()
        if self.jobs is None:
            raise QueueUnavailable("The queue is away.")
        return QueueDepth(ready=self.jobs, unacknowledged=0)


@dataclass
class Stage:
    """A supervisor with quick settings and what surrounds it."""

    supervisor: Supervisor
    queue: Counted
    journal: Journal

    def workers(self, state: str = "running") -> list[WorkerProcess]:
        """Return the workers in one state."""
        report = self.supervisor.report()
        return [worker for worker in report.workers if worker.state == state] if report else []

    def pids(self) -> set[int]:
        """Return the process ids of those that run."""
        return {worker.process.pid for worker in self.workers()}


@contextmanager
def stage(folder: Path, *manner: str, **changes: object):
    """Run a supervisor over stand-in workers, and stop it at the end."""
    quick = {"polling_interval": 0.05, "cooldown_period": 0.3, "max_workers": 3, "grace_period": 5}
    queue, journal = Counted(), Journal()
    settings = Settings(_env_file=None, data_dir=folder, **(quick | changes))
    supervisor = Supervisor(settings, queue, journal, command=(*STAND_IN, *manner))
    supervisor.start()
    try:
        yield Stage(supervisor, queue, journal)
    finally:
        queue.free.set()
        supervisor.stop()


def running(count: int, on: Stage) -> set[int]:
    """Wait until so many workers run and return their process ids."""
    wait_until(lambda: len(on.workers()) == count, what=f"{count} workers")
    return on.pids()


def gone(pids: set[int]) -> bool:
    return not any(psutil.pid_exists(pid) for pid in pids)


def test_workers_come_with_jobs_and_go_without(tmp_path):
    """From zero to the maximum and back to zero, by the number of jobs."""
    with stage(tmp_path) as on:
        assert running(0, on) == set()
        on.queue.jobs = 10
        pids = running(3, on)
        on.queue.jobs = 0
        running(0, on)
        wait_until(lambda: gone(pids), what="the workers ended")
        assert [event.text for event in on.supervisor.report().events].count(
            "worker-1 started"
        ) == 1


def test_stopping_leaves_nothing_running(tmp_path):
    """Ctrl+C ends the workers before the dashboard."""
    with stage(tmp_path) as on:
        on.queue.jobs = 10
        pids = running(3, on)
    assert gone(pids)


def test_a_worker_that_does_not_listen_is_killed(tmp_path, monkeypatch):
    """After the grace period nothing is left running, whatever a worker does."""
    monkeypatch.setattr(worker_processes, "_MARGIN", 0.2)
    with stage(tmp_path, "stubborn", grace_period=0) as on:
        on.queue.jobs = 1
        pids = running(1, on)
        log = tmp_path / "logs" / "worker-1.log"
        wait_until(lambda: "runs in session" in log.read_text(), what="it began")
    assert gone(pids)


def test_a_terminals_ctrl_c_does_not_reach_workers(tmp_path):
    """Each worker is in a session of its own, named, with its own log."""
    with stage(tmp_path) as on:
        on.queue.jobs = 1
        [pid] = running(1, on)
        log = tmp_path / "logs" / "worker-1.log"
        expected = f"worker-1 runs in session {pid} as {pid}\n"
        wait_until(lambda: log.read_text() == expected, what="its first words")


def test_workers_stop_when_the_dashboard_is_killed(tmp_path):
    """A dashboard that dies by SIGKILL leaves no worker behind: its pipe ends."""
    script = (
        "import sys, time, pathlib\n"
        "from tests.unit.test_supervisor import stage, running\n"
        "with stage(pathlib.Path(sys.argv[1])) as on:\n"
        "    on.queue.jobs = 1\n"
        "    print(running(1, on).pop(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: gone({pid}), what="the worker ended")


def test_a_worker_that_was_killed_is_replaced(tmp_path):
    """A worker ended by kill -9 costs a moment, not the fleet."""
    with stage(tmp_path) as on:
        on.queue.jobs = 1
        [pid] = running(1, on)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: on.pids() - {pid}, what="another worker")
        texts = [event.text for event in on.supervisor.report().events]
        assert any(text.startswith("worker-1 failed: It was ended by SIGKILL") for text in texts)


def test_the_jobs_of_a_worker_that_was_killed_wait_again(tmp_path):
    """A job whose worker died is shown in line, not as painted for ever."""
    job = new_job(JobRequest(prompt="cat"))
    with stage(tmp_path) as on:
        on.queue.jobs = 1
        [pid] = running(1, on)
        on.journal.record(Event(kind="received", worker="worker-1", job_id=job.id, job=job))
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: on.journal.find(job.id).state == "waiting", what="it is in line")
        assert on.journal.find(job.id).detail == "worker-1 ended in the middle of it"


def test_a_worker_that_dies_at_its_start_says_why(tmp_path):
    """A model that cannot be loaded is told, in the worker's own last words."""
    with stage(tmp_path, "dies") as on:
        on.queue.jobs = 1
        [worker] = wait_until(lambda: on.workers("failed"), what="a failed worker")
        assert worker.reason == "There is no model in models/nowhere."
        [worker] = LocalFleet(on.supervisor, on.journal).read().workers
        assert (worker.phase, worker.reason) == ("failed", worker.reason)


def test_a_worker_that_keeps_dying_is_tried_less_and_less():
    """Starting a broken worker again does not become a hot loop."""
    pauses = [WorkerProcess("worker-1", "failed", 0.0, failures=n).retry_at for n in range(1, 9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_worker_that_failed_ten_thousand_times_is_still_tried():
    """A worker that is broken for days does not end the supervisor's looks."""
    assert WorkerProcess("worker-1", "failed", 5.0, failures=10_000).retry_at == 65


def test_an_unknown_depth_keeps_the_workers(tmp_path):
    """While the queue is away, nothing is started and nothing is stopped."""
    with stage(tmp_path, cooldown_period=0.1) as on:
        on.queue.jobs = 1
        pids = running(1, on)
        on.queue.jobs = None
        before = on.supervisor.report().at
        wait_until(lambda: on.supervisor.report().at > before + 0.5, what="some looks")
        assert on.pids() == pids
        assert on.supervisor.report().scaler.jobs is None


def test_a_queue_that_hangs_makes_the_fleet_unknown(tmp_path, monkeypatch):
    """What the supervisor saw last is not shown as if it were now."""
    monkeypatch.setattr(local, "_SLOW_LOOK", 0.2)
    with stage(tmp_path) as on:
        fleet = LocalFleet(on.supervisor, on.journal)
        assert fleet.read().wanted == 0
        on.queue.free.clear()
        seen = on.supervisor.report().at
        wait_until(lambda: time.time() > seen + 0.5, what="it is old")
        with pytest.raises(FleetError, match="has waited for the queue"):
            fleet.read()


def test_one_supervisor_serves_a_data_folder(tmp_path):
    """A second dashboard starts no workers, says so, and takes over when the first ends."""
    with stage(tmp_path) as second_waits, stage(tmp_path) as other:
        first, second = sorted(
            (second_waits, other), key=lambda on: not on.supervisor.report().in_charge
        )
        with pytest.raises(FleetError, match="Another process on this data folder"):
            LocalFleet(second.supervisor, second.journal).read()
        first.supervisor.stop()
        wait_until(lambda: second.supervisor.report().in_charge, what="the second took over")


def test_the_fleet_tells_what_each_worker_does(tmp_path):
    """Processes and events together make the picture; old events do not count."""
    with stage(tmp_path, max_workers=1) as on:
        fleet = LocalFleet(on.supervisor, on.journal)
        on.journal.record(Event(kind="ready", worker="worker-1", at=1.0))
        on.queue.jobs = 1
        running(1, on)
        on.journal.record(Event(kind="ready", worker="worker-1", at=1.0))
        assert fleet.read().workers[0].phase == "starting"
        assert fleet.read().ready == 0
        on.journal.record(Event(kind="ready", worker="worker-1"))
        reading = fleet.read()
        assert (reading.workers[0].phase, reading.wanted, reading.ready) == ("idle", 1, 1)


def test_those_who_would_lose_the_least_stop_first():
    """Failed before idle, idle before starting, and one that paints last."""
    names = ("paints", "starts", "idles", "broken", "leaves")
    states = ("running", "running", "running", "failed", "stopping")
    workers = [WorkerProcess(name, state, 0.0) for name, state in zip(names, states, strict=True)]
    phases = {"paints": "generating", "idles": "idle"}
    order = [worker.name for worker in to_stop(workers, 0, phases)]
    assert order == ["broken", "idles", "starts", "paints"]
    assert [worker.name for worker in to_stop(workers, 3, phases)] == ["broken"]
    assert to_stop(workers, 4, phases) == []


def test_new_workers_get_the_lowest_free_numbers():
    """Names stay small, and a worker that still stops keeps its own."""
    workers = [
        WorkerProcess("worker-1", "stopping", 0.0),
        WorkerProcess("worker-3", "running", 0.0),
    ]
    assert to_start(workers, 3, "") == ["worker-2", "worker-4"]
    assert to_start(workers, 1, "") == []


def test_workers_of_one_broker_are_told_apart_by_their_machine(tmp_path, monkeypatch):
    """On a queue that other machines share, a worker's name holds its own machine's."""
    monkeypatch.setattr(platform, "node", lambda: "oak")
    with stage(tmp_path, max_workers=1) as on:
        on.queue.jobs = 1
        running(1, on)
        assert [worker.name for worker in on.workers()] == ["worker-1"]
    with stage(tmp_path, max_workers=1, rabbitmq_url="amqp://localhost/", fleet="local") as on:
        on.queue.jobs = 1
        running(1, on)
        assert [worker.name for worker in on.workers()] == ["worker-1@oak"]
        log = tmp_path / "logs" / "worker-1@oak.log"
        wait_until(lambda: log.read_text().startswith("worker-1@oak runs"), what="its name")


def test_busy_workers_are_counted_where_the_queue_cannot_tell():
    """A broker that only knows what waits does not make a painting worker look idle."""
    assert jobs_of(QueueDepth(2, 3), busy=1) == 5
    assert jobs_of(QueueDepth(2, None), busy=1) == 3


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter(), logging.Formatter()])
def test_the_last_words_are_those_of_this_start(tmp_path, formatter):
    """A log is read from where a worker began; what is told is the sentence alone."""
    path = tmp_path / "logs" / "worker-1.log"
    with open_log(path) as log:
        log.write(b"an older failure\n")
    start = path.stat().st_size
    assert last_sentence(path, start) is None
    record = logging.makeLogRecord({"msg": "The disk is full.", "levelname": "ERROR"})
    with open_log(path) as log:
        log.write(b"\xff\n" + formatter.format(record).encode() + b"\n\n")
    assert last_sentence(path, start) == "The disk is full."


def test_a_log_does_not_grow_for_ever(tmp_path):
    """A large log is set aside at the next start; one older is kept."""
    path = tmp_path / "worker-1.log"
    path.write_bytes(b"x" * (1024 * 1024 + 1))
    open_log(path).close()
    assert path.stat().st_size == 0
    assert path.with_suffix(".log.1").exists()


def test_the_log_of_a_worker_that_never_ends_does_not_grow_for_ever(tmp_path, monkeypatch):
    """A worker that runs for months goes on in an emptied log, and its last words are found."""
    with stage(tmp_path) as on:
        on.queue.jobs = 1
        [pid] = running(1, on)
        log = tmp_path / "logs" / "worker-1.log"
        wait_until(lambda: "runs in session" in log.read_text(), what="its first words")
        monkeypatch.setattr(worker_logs, "_LARGEST_IN_USE", 5)
        wait_until(lambda: log.stat().st_size == 0, what="the log is emptied")
        assert "runs in session" in log.with_suffix(".log.1").read_text()
        monkeypatch.setattr(worker_logs, "_LARGEST_IN_USE", 10**6)
        os.kill(pid, signal.SIGUSR1)
        wait_until(lambda: log.read_text() == "still there\n", what="more words")
        assert wait_until(lambda: on.workers(), what="a look")[0].log_start == 0


def test_a_log_that_cannot_be_copied_is_left_as_it_is(tmp_path):
    """A full disk costs the log's room, not the supervisor's look."""
    path = tmp_path / "worker-1.log"
    path.write_bytes(b"x" * 10_000_000)
    path.with_suffix(".log.1").mkdir()
    assert not worker_logs.emptied(path)
    assert not worker_logs.emptied(tmp_path / "nowhere.log")
    assert path.stat().st_size == 10_000_000
