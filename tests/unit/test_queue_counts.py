"""One number of waiting and one of generating jobs, from the broker's counts and the events."""

from dataclasses import replace

import pytest

from dashboard.domain.jobs import JobView, apply_event, initial_view
from dashboard.domain.journal import Journal
from dashboard.domain.queue_counts import QueueCounts, count_jobs
from dashboard.domain.snapshot import Reading, Snapshot
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.queues.base import QueueDepth

READ_AT = 1_800_000_000.0
LONG_AGO = READ_AT - 600
NOW = READ_AT + 0.8


def job_view(*events: tuple[str, float], submitted_at: float = LONG_AGO) -> JobView:
    """Return a job after events, each a kind and its Unix seconds."""
    job = new_job(JobRequest(prompt="cat"))
    view = replace(initial_view(job), submitted_at=submitted_at)
    for kind, at in events:
        worker = None if kind == "cancelled" else "worker-1"
        view = apply_event(view, Event(kind=kind, at=at, job_id=job.id, worker=worker))
    return view


WAITING = job_view()
GENERATING = job_view(("received", LONG_AGO), ("step", LONG_AGO))
DONE = job_view(("received", LONG_AGO), ("done", LONG_AGO))
SUBMITTED_NOW = job_view(submitted_at=NOW)
RECEIVED_NOW = job_view(("received", NOW))
DONE_NOW = job_view(("received", LONG_AGO), ("done", NOW))
STORED_NOW = job_view(("done", NOW))
RETURNED_NOW = job_view(("received", LONG_AGO), ("returned", NOW))
RETRIED_NOW = job_view(("received", LONG_AGO), ("failed", LONG_AGO), ("accepted", NOW))
CANCELLED_NOW = job_view(("cancelled", NOW))
CANCELLED = job_view(("cancelled", LONG_AGO))
QUICK = job_view(("received", NOW), ("done", NOW + 0.1), submitted_at=NOW - 0.1)


@pytest.mark.parametrize(
    ("ready", "unacknowledged", "jobs", "waiting", "generating"),
    [
        pytest.param(0, 0, [], 0, 0, id="empty queue"),
        pytest.param(2, 1, [WAITING, WAITING, GENERATING, DONE], 2, 1, id="all agree"),
        pytest.param(20, 3, [], 20, 3, id="jobs of other clients have no events"),
        pytest.param(20, 3, [WAITING, GENERATING], 20, 3, id="some jobs have no events"),
        pytest.param(0, 6, [GENERATING] * 2 + [DONE_NOW] * 4, 0, 2, id="done since the count"),
        pytest.param(0, 2, [GENERATING] * 2 + [DONE_NOW] * 4, 0, 2, id="done before the count"),
        pytest.param(0, 0, [SUBMITTED_NOW] * 5, 5, 0, id="submitted since the count"),
        pytest.param(5, 0, [SUBMITTED_NOW] * 5, 5, 0, id="submitted before the count"),
        pytest.param(25, 0, [SUBMITTED_NOW] * 5, 25, 0, id="submitted among others"),
        pytest.param(8, 0, [RECEIVED_NOW] * 6 + [WAITING] * 2, 2, 6, id="received since"),
        pytest.param(2, 6, [RECEIVED_NOW] * 6 + [WAITING] * 2, 2, 6, id="received before"),
        pytest.param(0, 1, [RETURNED_NOW], 1, 0, id="returned to the queue"),
        pytest.param(0, 0, [RETRIED_NOW], 1, 0, id="retried after a failure"),
        pytest.param(1, 0, [CANCELLED_NOW], 0, 0, id="cancelled since the count"),
        pytest.param(3, 0, [CANCELLED, WAITING, WAITING], 2, 0, id="cancelled on the queue"),
        pytest.param(1, 1, [QUICK], 0, 0, id="submitted and done since the count"),
        pytest.param(1, 0, [STORED_NOW], 0, 0, id="done, found in the store"),
        pytest.param(3, 2, [WAITING] * 10, 3, 2, id="events lost: the broker decides"),
        pytest.param(0, 2, [GENERATING] * 6, 0, 2, id="events of the ends lost"),
    ],
)
def test_counts_follow_the_newest_event_and_the_broker_for_the_rest(
    ready, unacknowledged, jobs, waiting, generating
):
    """Events newer than the broker's counts win; jobs without such events are counted too."""
    counts = count_jobs(QueueDepth(ready, unacknowledged), READ_AT, jobs)
    assert counts == QueueCounts(waiting, generating)


def test_unknown_depth_is_unknown_and_never_zero():
    """Without the broker's count only some jobs are known, so their number is unknown."""
    assert count_jobs(None, READ_AT, [WAITING, GENERATING]) is None
    assert count_jobs(QueueDepth(1, None), READ_AT, [WAITING]) == QueueCounts(1, None)


def test_dropped_cancelled_job_no_longer_counts_as_a_message():
    """Once a worker has dropped a cancelled job, the broker's message is another job's."""
    dropped = apply_event(
        CANCELLED,
        Event(kind="cancelled", at=LONG_AGO + 5, job_id=CANCELLED.job.id, worker="worker-1"),
    )
    assert dropped.finished_at == CANCELLED.finished_at
    assert count_jobs(QueueDepth(1, 0), READ_AT, [dropped]) == QueueCounts(1, 0)


def test_snapshot_counts_its_own_jobs():
    """All pages read the same number from the snapshot, whose jobs are newer than the queue."""
    journal = Journal()
    job = Job(id=WAITING.job.id, prompt="cat")
    journal.record(Event(kind="received", at=NOW, worker="worker-1", job_id=job.id, job=job))
    queue = Reading(QueueDepth(1, 0), READ_AT)
    snapshot = Snapshot(NOW, "laptop", (), queue=queue, jobs=journal.jobs())
    assert snapshot.counts == QueueCounts(waiting=0, generating=1)
    assert Snapshot(NOW, "laptop", (), jobs=journal.jobs()).counts is None
