"""The life of a job, told by events that may be late, lost or doubled."""

from dataclasses import replace

import pytest

from dashboard.domain.fleet import Worker
from dashboard.domain.jobs import apply_event, initial_view
from dashboard.domain.journal import Journal
from dashboard.domain.workers import apply_newer_events
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job

JOB = new_job(JobRequest(prompt="cartoon dwarf", count=2))


def told(*kinds: str, **fields: object):
    """Follow events of these kinds, a second apart."""
    view = initial_view(JOB)
    for at, kind in enumerate(kinds, start=1):
        view = apply_event(
            view, Event(kind=kind, at=at, job_id=JOB.id, worker="worker-1", **fields)
        )
    return view


def picture(number: int, at: float = 0) -> Event:
    """Say that a picture was stored."""
    return Event(kind="stored", at=at, job_id=JOB.id, name=f"{JOB.id}-{number}.png", picture=number)


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ((), "waiting"),
        (("received",), "starting"),
        (("received", "step"), "generating"),
        (("received", "step", "done"), "done"),
        (("received", "failed"), "failed"),
        (("received", "returned"), "waiting"),
        (("cancelled",), "cancelled"),
        (("received", "failed", "accepted"), "waiting"),
        (("received", "failed", "received"), "starting"),
        (("done", "step", "stored", "returned"), "done"),
        (("received", "cancelled", "done"), "done"),
        (("received", "done", "cancelled"), "done"),
        (("cancelled", "received", "step"), "cancelled"),
    ],
)
def test_events_lead_to_states(kinds, state):
    """Each event moves a job on; a finished job moves again only when it is tried again."""
    assert told(*kinds).state == state


def test_a_picture_stored_while_its_job_was_cancelled_is_kept():
    """What a worker stored before it heard of it is on the card, and the job stays cancelled."""
    view = apply_event(told("received", "cancelled"), picture(0))
    assert (view.state, view.pictures) == ("cancelled", (f"{JOB.id}-0.png",))


def test_a_late_acceptance_does_not_undo_a_quick_worker():
    """A sender's event that arrives after a worker's last one changes nothing."""
    accepted = Event(kind="accepted", at=0.5, job_id=JOB.id, job=JOB)
    assert apply_event(told("received", "done"), accepted).state == "done"


def test_a_retry_counts_attempts_and_forgets_the_failure():
    """A job that is painted again shows no reason of the attempt before."""
    view = told("received", "failed", "received", detail="out of memory")
    assert (view.attempt, view.detail, view.finished_at) == (2, None, None)


def test_what_holds_a_job_up_is_told_until_it_goes_on():
    """A store that is away is said on the job, and forgotten with the next step."""
    view = told("received", "step", step=2, steps=4)
    held = Event(kind="step", job_id=JOB.id, worker="worker-1", detail="The store is full.")
    view = apply_event(view, held)
    assert (view.state, view.step, view.detail) == ("generating", 2, "The store is full.")
    assert apply_event(view, picture(0)).detail is None


def test_a_picture_heard_of_twice_is_one_picture():
    """Doing a job twice overwrites, never doubles."""
    view = initial_view(JOB)
    for event in (picture(0), picture(0), picture(1)):
        view = apply_event(view, event)
    assert view.pictures == (f"{JOB.id}-0.png", f"{JOB.id}-1.png")


def test_the_journal_learns_of_jobs_that_others_sent():
    """A job sent by another program appears when a worker takes it."""
    journal = Journal()
    journal.record(Event(kind="received", job_id=JOB.id, job=JOB, worker="worker-1"))
    assert journal.find(JOB.id).state == "starting"


def test_the_journal_keeps_the_newest_jobs_newest_first():
    """It holds a bounded number of jobs."""
    journal = Journal(max_jobs=3)
    jobs = [new_job(JobRequest(prompt=f"cat {number}")) for number in range(5)]
    for job in jobs:
        journal.record(Event(kind="accepted", job_id=job.id, job=job))
    assert [view.job for view in journal.jobs()] == jobs[:1:-1]


def test_a_finished_job_is_forgotten_before_one_that_waits():
    """A long line stays known while there is anything else to forget."""
    journal = Journal(max_jobs=2)
    jobs = [new_job(JobRequest(prompt=f"cat {number}")) for number in range(3)]
    for job, kind in zip(jobs, ("accepted", "done", "accepted"), strict=True):
        journal.record(Event(kind="accepted", job_id=job.id, job=job))
        journal.record(Event(kind=kind, job_id=job.id))
    assert [view.job for view in journal.jobs()] == [jobs[2], jobs[0]]


def test_an_event_of_an_unknown_job_is_passed_over():
    """Half a story is not shown as a job."""
    journal = Journal()
    journal.record(Event(kind="step", job_id=JOB.id, worker="worker-1", step=1, steps=4))
    assert journal.jobs() == ()
    assert journal.workers()["worker-1"].phase == "generating"


def test_a_worker_with_several_jobs_is_idle_after_the_last():
    """A worker that took a batch paints until none of it is left."""
    journal, other = Journal(), new_job(JobRequest(prompt="cat"))
    phases = []
    for kind, job in [
        ("loading", None),
        ("ready", None),
        ("received", JOB),
        ("received", other),
        ("done", JOB),
        ("done", other),
    ]:
        journal.record(Event(kind=kind, worker="worker-1", job_id=job.id if job else None, job=job))
        phases.append(journal.workers()["worker-1"].phase)
    assert phases == ["starting", "idle", "generating", "generating", "generating", "idle"]


def test_events_newer_than_the_fleet_reading_end_a_workers_job():
    """A worker whose job ended after the fleet was read is idle, and keeps its node."""
    journal = Journal()
    journal.record(Event(kind="received", at=1, worker="worker-1", job_id=JOB.id, job=JOB))
    journal.record(Event(kind="done", at=3, worker="worker-1", job_id=JOB.id))
    generating = Worker("worker-1", "generating", "step 2 of 4", 1, "gpu-0", JOB.id)
    stopping = replace(generating, phase="stopping")
    views = journal.workers()
    assert apply_newer_events([generating], 2, views) == (
        Worker("worker-1", "idle", "waits for a job", 3, "gpu-0"),
    )
    assert apply_newer_events([generating], 4, views) == (generating,)
    assert apply_newer_events([stopping], 2, views) == (stopping,)


def test_workers_that_nobody_watches_are_forgotten_after_a_long_silence():
    """A worker that died without a word does not stay, unless a supervisor knows better."""
    for silence, kept in ((None, {"dead", "alive"}), (3600, {"alive"})):
        journal = Journal(worker_timeout=silence)
        journal.record(Event(kind="ready", worker="dead", at=1000))
        journal.record(Event(kind="ready", worker="alive", at=4599))
        assert set(journal.workers()) == {"dead", "alive"}
        journal.record(Event(kind="ready", worker="alive", at=4601))
        assert set(journal.workers()) == kept


def test_a_worker_that_stopped_is_forgotten():
    """A worker that says goodbye is no worker any more."""
    journal = Journal()
    for kind in ("loading", "ready", "stopped"):
        journal.record(Event(kind=kind, worker="worker-1"))
    assert journal.workers() == {}
