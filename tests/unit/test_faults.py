"""Injected faults: what can be injected, their marks, and the count of what became of the jobs."""

import time
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import pytest

from core.errors import FleetError, QueueUnavailable
from dashboard.chaos import faults, progress
from dashboard.chaos.faults import Injection, available
from dashboard.chaos.local import LocalFaults
from dashboard.chaos.sqlite import SqliteFaults
from dashboard.domain.faults import FaultReport
from dashboard.domain.fleet import FleetReading, Node, Scaler, Worker
from dashboard.domain.journal import Journal
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation import fault_text
from dashboard.sampling.fault_annotations import annotate
from tests.support.conditions import wait_until
from tests.unit.test_supervisor import running, supervised
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.queues.base import QueueDepth
from wire.queues.sqlite import SqliteQueue

LANES = ("requests", "workers", "pictures")


def fault(at: float, text: str = "worker-1 killed", job: Job | None = None) -> Event:
    return Event(kind="fault", at=at, target="worker", detail=text, job_id=job and job.id)


def run(*events: Event) -> Journal:
    journal = Journal()
    for event in events:
        journal.record(event)
    return journal


def report(journal: Journal, depth: QueueDepth | None, read_at: float) -> FaultReport | None:
    queue = Reading(depth, read_at)
    snapshot = Snapshot(read_at, "laptop", LANES, queue, jobs=journal.jobs())
    return replace(snapshot, faults=journal.faults()).fault_report


def job_and_events() -> tuple[Job, Event, Event]:
    job = new_job(JobRequest(prompt="cat"))
    now = time.time()
    accepted = Event(kind="accepted", at=now, job=job)
    received = Event(kind="received", at=now + 1, job=job, job_id=job.id, worker="worker-1")
    return job, accepted, received


def test_jobs_are_counted_from_the_fault_to_their_end():
    """Unfinished and later jobs are counted, earlier ones are not; all finished: none is lost."""
    early, *_ = job_and_events()
    job, accepted, received = job_and_events()
    journal = run(
        Event(kind="accepted", job=early),
        Event(kind="done", job_id=early.id),
        accepted,
        received,
        fault(received.at + 1, job=job),
    )
    assert report(journal, QueueDepth(0, 1), received.at + 2) == FaultReport(
        since=received.at + 1,
        requests=1,
        finished=0,
        failed=0,
        cancelled=0,
        waiting=0,
        generating=1,
        lost=0,
    )
    journal.record(Event(kind="done", at=received.at + 5, job_id=job.id))
    found = report(journal, None, received.at + 6)
    assert found
    assert (found.finished, found.open, found.lost) == (1, 0, 0)


@pytest.mark.parametrize(
    ("depth", "age", "lost"),
    [
        (QueueDepth(1, 0), 60, 0),
        (QueueDepth(0, 1), 60, 0),
        (QueueDepth(0, 0, deferred=1), 60, 0),
        (QueueDepth(1, None), 60, 0),
        (QueueDepth(0, 0), 60, 1),
        (QueueDepth(0, 0), 1, None),  # the counts may be older than the job
        (QueueDepth(0, None), 60, None),  # a worker may have it
        (None, 60, None),
        (QueueDepth(1, 1), 60, None),  # one of the two is not this dashboard's
        (QueueDepth(2, 0), 60, None),
        (QueueDepth(1, 1), 1, 0),  # a job that was returned just now may be counted twice
    ],
)
def test_a_lost_job_is_neither_finished_nor_on_the_queue(depth, age, lost):
    """Lost is known from the queue's counts only, and unknown without them: never zero."""
    _, accepted, _ = job_and_events()
    journal = run(accepted, fault(accepted.at))
    found = report(journal, depth, accepted.at + age)
    assert found
    assert found.lost == lost
    line = f"{fault_text.verdict(found)}: {fault_text.count(found, None)}"
    expected = {0: "Nothing lost: 1 request", 1: "1 request lost: 1 request", None: "Lost: unknown"}
    assert line.startswith(expected[lost])
    assert ("lost: unknown" in fault_text.count(found, None)) == (lost is None)


def test_fault_after_all_jobs_are_finished_begins_a_new_count():
    """A fault while jobs of an earlier one are open extends the count; later it begins anew."""
    job, accepted, received = job_and_events()
    journal = run(accepted, fault(accepted.at), received, fault(received.at, "the queue locked"))
    assert journal.faults().since == accepted.at
    journal.record(Event(kind="done", at=received.at + 1, job_id=job.id))
    journal.record(fault(received.at + 2))
    found = report(journal, QueueDepth(0, 0), received.at + 3)
    assert found
    assert (found.since, found.requests, found.lost) == (received.at + 2, 0, 0)


def test_request_whose_id_has_no_time_is_counted_from_its_delivery():
    """Other clients choose their ids: such a request begins no count before the first fault."""
    job, accepted, received = job_and_events()
    foreign = job.model_copy(update={"id": str(uuid4())})
    at = received.at
    journal = run(Event(kind="accepted", at=at, job=foreign))
    assert journal.faults().states == {}
    journal.record(accepted)
    journal.record(fault(at + 1))
    assert (journal.faults().since, len(journal.faults().states)) == (at + 1, 2)
    late = foreign.model_copy(update={"id": str(uuid4())})
    journal.record(Event(kind="accepted", at=at + 2, job=late))
    journal.record(Event(kind="received", at=at + 3, job=late, job_id=late.id, worker="worker-1"))
    assert late.id in journal.faults().states


def test_fault_that_is_received_twice_is_one_fault():
    """The event of this process's own fault comes back from the queue's events."""
    event = fault(1.0)
    assert len(run(event, event).faults().faults) == 1


def test_mark_says_what_became_of_the_job():
    """The second half is said only once events show it, and "nothing lost" only when it is done."""
    job, accepted, received = job_and_events()
    journal = run(accepted, received, fault(received.at + 1, job=job))

    def mark() -> str:
        [annotation] = annotate((), journal.faults(), journal.jobs(), LANES)
        assert annotation.is_fault
        assert annotation.lane == "workers"
        return annotation.text

    assert mark() == "worker-1 killed"
    journal.record(Event(kind="returned", at=received.at + 2, job_id=job.id, detail="ended"))
    assert mark() == "worker-1 killed, its request waits again"
    again = received.model_copy(update={"at": received.at + 3, "worker": "worker-2"})
    journal.record(again)
    assert mark() == "worker-1 killed, its request began again"
    journal.record(Event(kind="done", at=received.at + 4, job_id=job.id))
    assert mark() == "worker-1 killed, nothing lost"
    [elsewhere] = annotate((), journal.faults(), (), ("requests", "pictures"))
    assert (elsewhere.lane, elsewhere.text) == ("requests", "worker-1 killed")


def test_busiest_worker_and_node_are_offered():
    """The victim is a worker that generates; a cordoned node is offered to be uncordoned."""
    workers = (
        Worker("worker-1", "idle", "", 0.0, node="gpu-1"),
        Worker("worker-2", "generating", "", 0.0, node="gpu-2", job_id="a"),
        Worker("worker-3", "generating", "", 0.0, node="gpu-2"),
        Worker("worker-4", "stopping", "", 0.0, node="gpu-1"),
    )
    nodes = (
        Node("gpu-1", None, 1, 1, True, 0.0),
        Node("gpu-2", None, 2, 2, True, 0.0),
        Node("gpu-3", None, 2, 0, False, 0.0, state="cordoned"),
    )
    scaler = Scaler("ScaledObject", "", None, 1, 0, 4, 1.0, 1.0)
    fleet = FleetReading(scaler, 4, 3, workers, nodes)
    snapshot = Snapshot(0.0, "cluster", LANES, fleet=Reading(fleet, 0.0))
    labels = [each.label for each in available(snapshot)]
    assert labels == [
        "Kill worker-2",
        "Drain gpu-2",
        "Uncordon gpu-3",
        "Pause KEDA",
        "Cut the broker for 10 s",
    ]
    paused = replace(fleet, scaler=replace(scaler, paused=True), workers=(), nodes=None)
    labels = [each.label for each in available(replace(snapshot, fleet=Reading(paused, 0.0)))]
    assert labels == ["Resume KEDA", "Cut the broker for 10 s"]
    assert [each.name for each in available(Snapshot(0.0, "laptop", LANES))] == ["cut"]


def test_killed_worker_is_replaced_and_a_paused_supervisor_keeps_its_number(tmp_path):
    """A real process is killed and started again; while paused, the queue starts and stops none."""
    with supervised(tmp_path) as setup:
        faults = LocalFaults(setup.supervisor)
        setup.queue.jobs = 1
        pids = running(1, setup)
        faults.kill("worker-1")
        wait_until(lambda: len(setup.workers()) == 1 and setup.pids() != pids, what="a new process")
        with pytest.raises(FleetError, match="worker-7 had ended already; nothing was killed"):
            faults.kill("worker-7")
        faults.set_paused(True)
        wait_until(lambda: setup.supervisor.status().scaler.paused, what="it is paused")
        setup.queue.jobs = 3
        wait_until(lambda: setup.supervisor.status().scaler.jobs == 3, what="it counts three")
        running(1, setup)
        faults.set_paused(False)
        running(3, setup)


@pytest.mark.parametrize(
    ("outcome", "sentence", "failed"),
    [
        (KeyError("metadata"), progress._UNEXPECTED, True),
        (FleetError("worker-1 had ended."), "worker-1 had ended.", True),
        (
            "gpu-1 cordoned, 0 of 1 worker evicted: No",
            "Gpu-1 cordoned, 0 of 1 worker evicted: No.",
            False,
        ),
    ],
)
def test_result_of_a_fault_is_a_sentence_whatever_happened(monkeypatch, outcome, sentence, failed):
    """An unexpected error breaks no page; the mark names what was done, not what was not."""

    def apply(*_arguments) -> str:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    published: list[Event] = []
    sampler = SimpleNamespace(snapshot=lambda: Snapshot(0.0, "cluster", LANES))
    monkeypatch.setattr(faults, "_apply", apply)
    context = SimpleNamespace(sampler=sampler, publish=published.append)
    progress.begin(context, Injection("drain", "Drain gpu-1", "", "gpu-1"))
    wait_until(progress.newest, what="the result")
    result = progress.newest()
    assert result
    assert (result.sentence, result.failed) == (sentence, failed)
    marks = [] if failed else ["gpu-1 cordoned, 0 of 1 worker evicted"]
    assert [event.detail for event in published] == marks


def test_locked_queue_takes_no_job_and_loses_none(tmp_path):
    """While the lock is held a job waits to be sent; then it is sent, and the earlier is there."""
    with closing(SqliteQueue(tmp_path)) as queue:
        queue.publish(new_job(JobRequest(prompt="before")))
        faults = SqliteFaults(tmp_path, seconds=0.5)
        began = time.monotonic()
        assert faults.cut() == "queue locked for 0.5 s"
        with pytest.raises(QueueUnavailable, match="locked already"):
            faults.cut()
        queue.publish(new_job(JobRequest(prompt="during")))
        assert time.monotonic() - began >= 0.5
        assert queue.depth().ready == 2
