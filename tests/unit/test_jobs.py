"""Jobs and workers, folded from events that may be late, lost or duplicated."""

import itertools
import time
from dataclasses import replace

import pytest

from dashboard.domain.fleet import Worker
from dashboard.domain.jobs import PicturePreview, apply_event, initial_view
from dashboard.domain.journal import Journal
from dashboard.domain.workers import apply_newer_events
from dashboard.presentation import job_text
from tests.support.samples import preview_file
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.model import ModelCapabilities
from wire.messages.telemetry import Telemetry

JOB = new_job(JobRequest(prompt="cartoon dwarf", count=2))
TELEMETRY = Telemetry(device="mps")


def after(*kinds: str, **fields: object):
    """Return the job after events of these kinds, a second apart."""
    view = initial_view(JOB)
    for at, kind in enumerate(kinds, start=1):
        view = apply_event(
            view, Event(kind=kind, at=at, job_id=JOB.id, worker="worker-1", **fields)
        )
    return view


def picture(number: int, at: float = 0) -> Event:
    """Return the event of a stored picture."""
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
def test_events_change_the_state(kinds, state):
    """Each event advances a job; a finished job changes only with a retry."""
    assert after(*kinds).state == state


def test_withheld_picture_is_counted_once():
    """A picture that the safety checker rejected is finished: it is neither stored nor missing."""
    withheld = Event(kind="withheld", job_id=JOB.id, worker="worker-1", picture=1)
    view = apply_event(apply_event(after("received"), withheld), withheld)
    view = apply_event(view, picture(0))
    assert (view.state, view.withheld, len(view.pictures)) == ("generating", (1,), 1)
    assert job_text.count_pictures(view) == "1 of 2, 1 withheld"
    assert job_text.progress(view) == [1, 1]


def test_announcement_of_a_model_replaces_the_earlier_one():
    """What the model accepts is what a worker announced last."""
    journal = Journal()
    assert journal.model() is None
    for model_id in ("first", "second"):
        model = ModelCapabilities(model_id=model_id)
        journal.record(Event(kind="ready", worker="worker-1", model=model))
    journal.record(Event(kind="ready", worker="older-worker"))
    assert journal.model().model_id == "second"


def test_picture_stored_during_cancellation_is_kept():
    """A picture that was stored before the worker dropped the job is shown; it stays cancelled."""
    view = apply_event(after("received", "cancelled"), picture(0))
    assert (view.state, view.pictures) == ("cancelled", (f"{JOB.id}-0.png",))


def test_late_accepted_event_changes_nothing():
    """A client's event that arrives after the worker's last one does not restart the job."""
    accepted = Event(kind="accepted", at=0.5, job_id=JOB.id, job=JOB)
    assert apply_event(after("received", "done"), accepted).state == "done"


def test_retry_counts_attempts_and_clears_the_failure():
    """A job that is generated again shows no reason of the earlier attempt."""
    view = after("received", "failed", "received", detail="out of memory")
    assert (view.attempt, view.detail, view.finished_at) == (2, None, None)


def test_reason_of_a_pause_is_shown_until_the_job_continues():
    """A job that waits for its store shows the reason, until the next progress."""
    view = after("received", "step", step=2, steps=4)
    paused = Event(kind="step", job_id=JOB.id, worker="worker-1", detail="The store is full.")
    view = apply_event(view, paused)
    assert (view.state, view.step, view.detail) == ("generating", 2, "The store is full.")
    assert apply_event(view, picture(0)).detail is None


def step(number: int, preview: bytes | None = None) -> Event:
    """Return the event of a step of a picture."""
    return Event(kind="step", job_id=JOB.id, picture=number, step=2, steps=4, preview=preview)


def test_preview_is_replaced_by_its_picture():
    """A job has its newest preview until that picture is stored, and no other one ends it."""
    view = after("received")
    for event in (step(0, preview_file("red")), step(0, preview_file()), step(1)):
        view = apply_event(view, event)
    assert view.preview == PicturePreview(0, preview_file())
    assert apply_event(view, picture(1)).preview == view.preview
    assert apply_event(view, picture(0)).preview is None


@pytest.mark.parametrize("kind", ["done", "failed", "returned", "cancelled", "received"])
def test_job_that_is_not_generated_has_no_preview(kind: str):
    """When an attempt ends, for whatever reason, its preview is gone."""
    view = apply_event(after("received"), step(0, preview_file()))
    end = Event(kind=kind, at=9, job_id=JOB.id, worker="worker-1", job=JOB)
    assert apply_event(view, end).preview is None


def test_duplicate_stored_event_adds_no_picture():
    """A job that is generated twice overwrites its pictures."""
    view = initial_view(JOB)
    for event in (picture(0), picture(0), picture(1)):
        view = apply_event(view, event)
    assert view.pictures == (f"{JOB.id}-0.png", f"{JOB.id}-1.png")


def test_journal_adds_jobs_of_other_clients():
    """A job that another program submitted appears when a worker receives it."""
    journal = Journal()
    journal.record(Event(kind="received", job_id=JOB.id, job=JOB, worker="worker-1"))
    assert journal.find(JOB.id).state == "starting"


def test_journal_keeps_the_newest_finished_jobs():
    """The number of finished jobs is limited; the newest are returned first."""
    journal = Journal(max_jobs=3)
    jobs = [new_job(JobRequest(prompt=f"cat {number}")) for number in range(5)]
    for job in jobs:
        journal.record(Event(kind="accepted", job_id=job.id, job=job))
        journal.record(Event(kind="done", job_id=job.id))
    assert [view.job for view in journal.jobs()] == jobs[:1:-1]
    assert journal.clear_finished() == 3


def test_job_is_known_as_long_as_it_waits():
    """However many jobs wait or finish, the first of them is found; a retried job counts anew."""
    journal = Journal(max_jobs=2)
    jobs = [new_job(JobRequest(prompt=f"cat {number}")) for number in range(2_500)]
    for job in jobs:
        journal.record(Event(kind="accepted", job_id=job.id, job=job))
    for job in jobs[1:5]:
        journal.record(Event(kind="failed", job_id=job.id, at=1))
        journal.record(Event(kind="accepted", job_id=job.id, job=job, at=2))
    for job in jobs[5:9]:
        journal.record(Event(kind="done", job_id=job.id))
    assert all(journal.find(job.id) for job in jobs[:5])
    assert len(journal.jobs()) == 2_498
    assert journal.clear_finished() == 2


def test_memory_of_the_journal_is_bounded():
    """Jobs that nobody finishes cannot fill the memory: the oldest is dropped."""
    journal = Journal(max_unfinished=2)
    jobs = [new_job(JobRequest(prompt=f"cat {number}")) for number in range(3)]
    for job, kind in zip(jobs, ("done", "accepted", "accepted"), strict=True):
        journal.record(Event(kind="accepted", job_id=job.id, job=job))
        journal.record(Event(kind=kind, job_id=job.id))
    journal.record(Event(kind="accepted", job_id=JOB.id, job=JOB))
    assert [view.job for view in journal.jobs()] == [JOB, jobs[2], jobs[0]]


def test_event_of_an_unknown_job_adds_no_job():
    """An event without the job itself changes only its worker."""
    journal = Journal()
    journal.record(Event(kind="step", job_id=JOB.id, worker="worker-1", step=1, steps=4))
    assert journal.jobs() == ()
    assert journal.workers()["worker-1"].phase == "generating"


def test_worker_with_several_jobs_is_idle_after_the_last():
    """A worker that received a batch is generating until its last job is done."""
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


def test_silent_workers_are_removed_after_the_timeout():
    """A worker that ended without an event is removed, unless a supervisor reports its end."""
    for timeout, kept in ((None, {"silent", "alive"}), (3600, {"alive"})):
        journal = Journal(worker_timeout=timeout, clock=itertools.count().__next__)
        journal.record(Event(kind="ready", worker="silent", at=1000))
        journal.record(Event(kind="ready", worker="alive", at=4599))
        assert set(journal.workers()) == {"silent", "alive"}
        journal.record(Event(kind="ready", worker="alive", at=4601))
        assert set(journal.workers()) == kept


@pytest.mark.parametrize("skew", [0, 5], ids=["the same time", "clocks that differ"])
def test_recording_an_event_costs_the_same_with_many_workers(skew):
    """With 2,000 workers their events take no more time each than with 20: none is compared.

    Nor with workers whose clocks differ, which send alternately.
    """
    seconds = {}
    for workers in (20, 2000):
        journal = Journal(worker_timeout=3600)
        events = [
            Event(kind="step", worker=f"worker-{number % workers}", at=at, telemetry=TELEMETRY)
            for number, at in zip(range(4000), itertools.cycle((1000, 1000 + skew)))
        ]
        seconds[workers] = min(_seconds_to_record(journal, events) for _ in range(3))
    assert seconds[2000] < 4 * seconds[20]


def _seconds_to_record(journal, events):
    started = time.process_time()
    for event in events:
        journal.record(event)
    return time.process_time() - started


def test_stopped_worker_is_removed():
    """A worker that sent its stopped event is no longer listed."""
    journal = Journal()
    for kind in ("loading", "ready", "stopped"):
        journal.record(Event(kind=kind, worker="worker-1"))
    assert journal.workers() == {}
