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
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest

from core.errors import FleetError, QueueUnavailable
from core.logs import JsonFormatter, TextFormatter
from core.settings import Settings
from dashboard.domain.journal import Journal
from dashboard.domain.workers import WorkerView
from dashboard.fleet import local, worker_logs, worker_processes
from dashboard.fleet.local import LocalFleet
from dashboard.fleet.reconciliation import SupervisorStatus, to_start, to_stop, total_jobs
from dashboard.fleet.supervisor import Supervisor
from dashboard.fleet.worker_logs import last_message, open_log, truncate_large_log
from dashboard.fleet.worker_processes import Child, WorkerProcess
from tests.support.conditions import wait_until
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.base import QueueDepth

STAND_IN = (sys.executable, str(Path(__file__).parents[1] / "support" / "stand_in_worker.py"))


@dataclass
class FakeQueue:
    """A queue with a depth that a test sets, or that hangs."""

    jobs: int | None = 0
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.free.set()

    def depth(self) -> QueueDepth:
        """Return the depth, fail, or hang."""
        self.free.wait()
        if self.jobs is None:
            raise QueueUnavailable("The queue cannot be reached.")
        return QueueDepth(ready=self.jobs, unacknowledged=0)


@dataclass
class Setup:
    """A supervisor with short intervals, its queue and its journal."""

    supervisor: Supervisor
    queue: FakeQueue
    journal: Journal

    def workers(self, state: str = "running") -> list[WorkerProcess]:
        """Return the workers in one state."""
        status = self.supervisor.status()
        return [worker for worker in status.workers if worker.state == state] if status else []

    def pids(self) -> set[int]:
        """Return the process ids of the running workers."""
        return {worker.child.popen.pid for worker in self.workers()}


@contextmanager
def supervised(folder: Path, *fault: str, gpus: tuple[str, ...] = (), **changes: object):
    """Run a supervisor with stand-in workers, and stop it at the end."""
    fast = {"polling_interval": 0.05, "cooldown_period": 0.3, "max_workers": 3, "grace_period": 5}
    queue, journal = FakeQueue(), Journal()
    settings = Settings(_env_file=None, data_dir=folder, **(fast | changes))
    supervisor = Supervisor(settings, queue, journal, gpus, command=(*STAND_IN, *fault))
    supervisor.start()
    try:
        yield Setup(supervisor, queue, journal)
    finally:
        queue.free.set()
        supervisor.stop()


def running(count: int, setup: Setup) -> set[int]:
    """Wait until ``count`` workers run, and return their process ids."""
    wait_until(lambda: len(setup.workers()) == count, what=f"{count} workers")
    return setup.pids()


def environment_of(pid: int) -> dict[str, str]:
    """Return a process's environment, which is empty for a moment while the process starts."""
    return wait_until(psutil.Process(pid).environ, what="its environment")


def are_gone(pids: set[int]) -> bool:
    return not any(psutil.pid_exists(pid) for pid in pids)


def test_workers_scale_up_with_jobs_and_down_to_zero(tmp_path):
    """From zero to the maximum and back to zero, by the number of jobs."""
    with supervised(tmp_path) as setup:
        assert running(0, setup) == set()
        setup.queue.jobs = 10
        pids = running(3, setup)
        setup.queue.jobs = 0
        running(0, setup)
        wait_until(lambda: are_gone(pids), what="the workers ended")
        assert [event.text for event in setup.supervisor.status().events].count(
            "worker-1 started"
        ) == 1


def test_stop_ends_all_worker_processes(tmp_path):
    """Ctrl+C ends the workers before the dashboard."""
    with supervised(tmp_path) as setup:
        setup.queue.jobs = 10
        pids = running(3, setup)
    assert are_gone(pids)


def test_worker_that_ignores_sigterm_is_killed(tmp_path, monkeypatch):
    """After the grace period no process is left, even of a worker that ignores SIGTERM."""
    monkeypatch.setattr(worker_processes, "_KILL_MARGIN_SECONDS", 0.2)
    with supervised(tmp_path, "stubborn", grace_period=0) as setup:
        setup.queue.jobs = 1
        pids = running(1, setup)
        log = tmp_path / "logs" / "worker-1.log"
        wait_until(lambda: "runs in session" in log.read_text(), what="it started")
    assert are_gone(pids)


def test_ctrl_c_in_a_terminal_does_not_signal_workers(tmp_path):
    """Each worker has its own session, name and log."""
    with supervised(tmp_path) as setup:
        setup.queue.jobs = 1
        [pid] = running(1, setup)
        log = tmp_path / "logs" / "worker-1.log"
        expected = f"worker-1 runs in session {pid} as {pid}\n"
        wait_until(lambda: log.read_text() == expected, what="its first line")


def test_workers_stop_when_the_dashboard_is_killed(tmp_path):
    """A dashboard that is killed by SIGKILL leaves no worker running: its pipe closes."""
    script = (
        "import sys, time, pathlib\n"
        "from tests.unit.test_supervisor import supervised, running\n"
        "with supervised(pathlib.Path(sys.argv[1])) as setup:\n"
        "    setup.queue.jobs = 1\n"
        "    print(running(1, setup).pop(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: are_gone({pid}), what="the worker ended")


def test_killed_worker_is_replaced(tmp_path):
    """The supervisor starts another worker after `kill -9`, and logs the reason."""
    with supervised(tmp_path) as setup:
        setup.queue.jobs = 1
        [pid] = running(1, setup)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: setup.pids() - {pid}, what="another worker")
        texts = [event.text for event in setup.supervisor.status().events]
        assert any(text.startswith("worker-1 failed: It was killed by SIGKILL") for text in texts)


def test_jobs_of_a_killed_worker_wait_again(tmp_path):
    """A job whose worker was killed is waiting again; it does not stay "generating"."""
    job = new_job(JobRequest(prompt="cat"))
    with supervised(tmp_path) as setup:
        setup.queue.jobs = 1
        [pid] = running(1, setup)
        setup.journal.record(Event(kind="received", worker="worker-1", job_id=job.id, job=job))
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: setup.journal.find(job.id).state == "waiting", what="the job waits")
        assert setup.journal.find(job.id).detail == "worker-1 ended while generating it"


def test_worker_that_fails_at_start_shows_its_last_message(tmp_path):
    """The reason of a failed start, such as a missing model, is the last line of the log."""
    with supervised(tmp_path, "fails") as setup:
        setup.queue.jobs = 1
        [worker] = wait_until(lambda: setup.workers("failed"), what="a failed worker")
        assert worker.reason == "There is no model in models/nowhere."
        [shown] = LocalFleet(setup.supervisor, setup.journal).read().workers
        assert shown.phase == "failed"
        assert shown.reason.startswith("There is no model in models/nowhere. It is started again")


def test_reason_of_a_failed_start_stays_until_a_start_succeeds():
    """Loading takes longer than the pause between two starts, so a start alone hides nothing."""
    child = Child(None, started_at=0.0, log=Path("worker-1.log"), log_start=0)
    again = WorkerProcess("worker-1", "running", 0.0, child, 2, "There is no model.")
    status = SupervisorStatus(0.0, has_lock=True, workers=(again,))
    loading = WorkerView("worker-1", "starting", "loading the model", 1.0, 1.0, loading_at=1.0)
    for views in ({}, {"worker-1": loading}):
        [worker] = local.make_reading(status, views, ()).workers
        assert worker.phase == "failed"
        assert worker.reason == "There is no model. It is started again (try 3)."
    ready = replace(loading, phase="idle", reason="waits for a job", ready_at=2.0)
    [worker] = local.make_reading(status, {"worker-1": ready}, ()).workers
    assert (worker.phase, worker.reason) == ("idle", "waits for a job")


def test_failing_worker_is_restarted_with_exponential_backoff():
    """A worker that fails again and again is restarted at growing intervals, up to a minute."""
    pauses = [WorkerProcess("worker-1", "failed", 0.0, failures=n).retry_at for n in range(1, 9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("exit_code", "was_ready", "pause"),
    [
        (-signal.SIGKILL, True, 1),
        (-signal.SIGKILL, False, 8),  # perhaps out of memory while it loaded its model
        (-signal.SIGSEGV, True, 60),
        (4, True, 60),  # its device was lost
        (3, False, 60),
    ],
)
def test_worker_that_is_killed_again_and_again_is_replaced_soon(
    tmp_path, exit_code, was_ready, pause
):
    """A hundred kills leave the fleet working: only what fails by itself waits ever longer."""
    ended = subprocess.Popen(["sleep", "0"])
    ended.wait()
    ended.returncode = exit_code
    child = Child(ended, 0.0, tmp_path / "worker-1.log", 0)
    worker = WorkerProcess("worker-1", "running", 0.0, child, failures=9)
    assert worker_processes.observe(worker, 5.0, was_ready).retry_at == 5.0 + pause


@pytest.mark.parametrize(("number", "name"), [(signal.SIGTERM, "SIGTERM"), (35, "signal 35")])
def test_any_signal_that_killed_a_worker_is_its_reason(tmp_path, number, name):
    """Most real-time signals have no name; the supervisor restarts their workers all the same."""
    ended = subprocess.Popen(["sleep", "0"])
    ended.wait()
    ended.returncode = -number
    child = Child(ended, 0.0, tmp_path / "worker-1.log", 0)
    worker = worker_processes.observe(WorkerProcess("worker-1", "running", 0.0, child), 5.0)
    assert (worker.state, worker.reason) == ("failed", f"It was killed by {name}.")


def test_backoff_of_many_failures_does_not_overflow():
    """A worker that fails for days is still restarted once a minute."""
    assert WorkerProcess("worker-1", "failed", 5.0, failures=10_000).retry_at == 65


def test_unknown_queue_depth_changes_no_workers(tmp_path):
    """While the queue is unreachable, no worker is started or stopped."""
    with supervised(tmp_path, cooldown_period=0.1) as setup:
        setup.queue.jobs = 1
        pids = running(1, setup)
        setup.queue.jobs = None
        before = setup.supervisor.status().at
        wait_until(lambda: setup.supervisor.status().at > before + 0.5, what="some polls")
        assert setup.pids() == pids
        assert setup.supervisor.status().scaler.jobs is None


def test_hanging_queue_makes_the_fleet_unknown(tmp_path, monkeypatch):
    """An old status of the supervisor is not shown as the current one."""
    monkeypatch.setattr(local, "_MAX_POLL_SECONDS", 0.2)
    with supervised(tmp_path) as setup:
        fleet = LocalFleet(setup.supervisor, setup.journal)
        assert fleet.read().wanted == 0
        setup.queue.free.clear()
        seen = setup.supervisor.status().at
        wait_until(lambda: time.time() > seen + 0.5, what="it is old")
        with pytest.raises(FleetError, match="has waited for the queue"):
            fleet.read()


def test_only_one_supervisor_is_active_per_data_directory(tmp_path):
    """A second dashboard starts no workers, reports why, and takes over when the first ends."""
    with supervised(tmp_path) as one, supervised(tmp_path) as other:
        first, second = sorted(
            (one, other), key=lambda setup: not setup.supervisor.status().has_lock
        )
        with pytest.raises(FleetError, match="Another process on this data folder"):
            LocalFleet(second.supervisor, second.journal).read()
        first.supervisor.stop()
        wait_until(lambda: second.supervisor.status().has_lock, what="the second took over")


def test_fleet_combines_processes_with_events(tmp_path):
    """A worker's phase comes from its events; those of an earlier process are ignored."""
    with supervised(tmp_path, max_workers=1) as setup:
        fleet = LocalFleet(setup.supervisor, setup.journal)
        setup.journal.record(Event(kind="ready", worker="worker-1", at=1.0))
        setup.queue.jobs = 1
        running(1, setup)
        setup.journal.record(Event(kind="ready", worker="worker-1", at=1.0))
        assert fleet.read().workers[0].phase == "starting"
        assert fleet.read().ready == 0
        setup.journal.record(Event(kind="ready", worker="worker-1"))
        reading = fleet.read()
        assert (reading.workers[0].phase, reading.wanted, reading.ready) == ("idle", 1, 1)


def test_workers_that_lose_the_least_work_stop_first():
    """The order is failed, idle, starting, generating; stopping workers are not chosen again."""
    names = ("busy", "starting", "idle", "failed", "stopping")
    states = ("running", "running", "running", "failed", "stopping")
    workers = [WorkerProcess(name, state, 0.0) for name, state in zip(names, states, strict=True)]
    phases = {"busy": "generating", "idle": "idle"}
    order = [worker.name for worker in to_stop(workers, 0, phases)]
    assert order == ["failed", "idle", "starting", "busy"]
    assert [worker.name for worker in to_stop(workers, 3, phases)] == ["failed"]
    assert to_stop(workers, 4, phases) == []


def test_new_workers_get_the_lowest_free_numbers():
    """Numbers stay small; the name of a worker that is still stopping is not reused."""
    workers = [
        WorkerProcess("worker-1", "stopping", 0.0),
        WorkerProcess("worker-3", "running", 0.0),
    ]
    assert to_start(workers, 3, "") == ["worker-2", "worker-4"]
    assert to_start(workers, 1, "") == []


def test_worker_names_contain_the_machine_where_a_broker_is_shared(tmp_path, monkeypatch):
    """Workers of several machines on one broker have different names."""
    monkeypatch.setattr(platform, "node", lambda: "oak")
    with supervised(tmp_path, max_workers=1) as setup:
        setup.queue.jobs = 1
        running(1, setup)
        assert [worker.name for worker in setup.workers()] == ["worker-1"]
    with supervised(
        tmp_path, max_workers=1, rabbitmq_url="amqp://localhost/", fleet="local"
    ) as setup:
        setup.queue.jobs = 1
        running(1, setup)
        assert [worker.name for worker in setup.workers()] == ["worker-1@oak"]
        log = tmp_path / "logs" / "worker-1@oak.log"
        wait_until(lambda: log.read_text().startswith("worker-1@oak runs"), what="its name")


def test_busy_workers_count_as_jobs_without_the_management_api():
    """A generating worker's job is counted although the broker reports only waiting jobs."""
    assert total_jobs(QueueDepth(2, 3), busy_workers=1) == 5
    assert total_jobs(QueueDepth(2, None), busy_workers=1) == 3


def test_jobs_that_no_worker_may_receive_start_none():
    """While the queue is paused, or a job waits for its next attempt, no worker is started."""
    assert total_jobs(QueueDepth(0, 0, deferred=5, paused=True), busy_workers=0) == 0
    assert total_jobs(QueueDepth(1, 0, deferred=1), busy_workers=0) == 1


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter(), logging.Formatter()])
def test_last_message_is_of_the_newest_start(tmp_path, formatter):
    """Lines of earlier starts are ignored, and only the message of a log line is returned."""
    path = tmp_path / "logs" / "worker-1.log"
    with open_log(path) as log:
        log.write(b"an older failure\n")
    start = path.stat().st_size
    assert last_message(path, start) is None
    record = logging.makeLogRecord({"msg": "The disk is full.", "levelname": "ERROR"})
    with open_log(path) as log:
        log.write(b"\xff\n" + formatter.format(record).encode() + b"\n\n")
    assert last_message(path, start) == "The disk is full."


def test_large_log_is_rotated_at_start(tmp_path):
    """A large log is renamed when its worker starts again; one older log is kept."""
    path = tmp_path / "worker-1.log"
    path.write_bytes(b"x" * (1024 * 1024 + 1))
    open_log(path).close()
    assert path.stat().st_size == 0
    assert path.with_suffix(".log.1").exists()


def test_log_of_a_running_worker_is_truncated(tmp_path, monkeypatch):
    """A worker that runs for months continues in a truncated log, and its last line is found."""
    with supervised(tmp_path) as setup:
        setup.queue.jobs = 1
        [pid] = running(1, setup)
        log = tmp_path / "logs" / "worker-1.log"
        wait_until(lambda: "runs in session" in log.read_text(), what="its first line")
        monkeypatch.setattr(worker_logs, "_MAX_BYTES_IN_USE", 5)
        wait_until(lambda: log.stat().st_size == 0, what="the log is truncated")
        assert "runs in session" in log.with_suffix(".log.1").read_text()
        monkeypatch.setattr(worker_logs, "_MAX_BYTES_IN_USE", 10**6)
        os.kill(pid, signal.SIGUSR1)
        wait_until(lambda: log.read_text() == "still there\n", what="another line")
        assert wait_until(lambda: setup.workers(), what="a poll")[0].child.log_start == 0


def test_log_that_cannot_be_copied_is_not_truncated(tmp_path):
    """A full disk loses no log and does not make the poll fail."""
    path = tmp_path / "worker-1.log"
    path.write_bytes(b"x" * 10_000_000)
    path.with_suffix(".log.1").mkdir()
    assert not truncate_large_log(path)
    assert not truncate_large_log(tmp_path / "nowhere.log")
    assert path.stat().st_size == 10_000_000


def test_local_workers_get_the_hub_token(tmp_path):
    """The HF_TOKEN that the dashboard read from .env is in the environment of its workers."""
    with supervised(tmp_path, max_workers=1, hf_token="hf_secret") as setup:
        setup.queue.jobs = 1
        [pid] = running(1, setup)
        assert environment_of(pid)["HF_TOKEN"] == "hf_secret"
