"""A job's time breakdown: only measured times are attributed."""

from dataclasses import replace
from itertools import pairwise

import pytest

from dashboard.components.jobs import time_bar
from dashboard.domain.fleet import Worker
from dashboard.domain.jobs import JobView
from dashboard.domain.journal import Journal
from dashboard.domain.workers import WorkerStart
from dashboard.insights.waterfall import Span, waterfall
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.metadata import Timings

JOB = new_job(JobRequest(prompt="cartoon dwarf", count=2))
T = 1000.0
DONE = JobView(JOB, "done", T, received_at=T + 60, finished_at=T + 70, worker="w", attempt=1)
TIMED = replace(DONE, timings=Timings(painting=8.0, storing=1.5))


def seconds_by_stage(view: JobView, now: float = T + 100) -> dict[str, float]:
    """Return the seconds of each stage, in order."""
    return {span.stage: round(span.seconds, 3) for span in waterfall(view, now)}


def test_job_on_a_new_node_has_all_stages():
    """Queue, node, image, model, generating and storing are consecutive, and sum to the total."""
    start = WorkerStart(pending_at=T + 2, starting_at=T + 30, loading_at=T + 45, ready_at=T + 59)
    spans = waterfall(replace(TIMED, start=start), T + 100)
    assert [(span.stage, span.seconds) for span in spans] == [
        ("queue", 2),
        ("node", 28),
        ("start", 15),
        ("model", 14),
        ("queue", 1),
        ("generating", 8),
        ("storing", 1.5),
        ("unknown", 0.5),
    ]
    assert sum(span.seconds for span in spans) == 70
    assert all(a.end == b.start for a, b in pairwise(spans))


def test_measured_phases_divide_generating_and_storing():
    """Phases that were measured are spans of their own; what they leave keeps its name."""
    timings = Timings(
        painting=8.0, storing=1.5, encoding_text=1, denoising=5, decoding=1.5, encoding_png=0.5
    )
    assert seconds_by_stage(replace(TIMED, timings=timings)) == {
        "queue": 60,
        "encoding_text": 1,
        "denoising": 5,
        "decoding": 1.5,
        "generating": 0.5,
        "encoding_png": 0.5,
        "storing": 1,
        "unknown": 0.5,
    }


def test_start_before_the_job_is_queue_time():
    """A worker's start before the job was submitted is not part of the job's time."""
    start = WorkerStart(pending_at=T - 90, starting_at=T - 80, loading_at=T - 70, ready_at=T - 60)
    assert seconds_by_stage(replace(TIMED, start=start))["queue"] == 60
    half = replace(start, loading_at=T - 5, ready_at=T + 10)
    assert seconds_by_stage(replace(TIMED, start=half)) == {
        "model": 10,
        "queue": 50,
        "generating": 8,
        "storing": 1.5,
        "unknown": 0.5,
    }


def test_short_job_keeps_its_short_stages():
    """Short stages are left out of long jobs only."""
    view = replace(DONE, received_at=T + 0.003, finished_at=T + 0.007)
    assert seconds_by_stage(view) == {"queue": 0.003, "worker": 0.004}
    assert seconds_by_stage(replace(DONE, received_at=T + 0.003, finished_at=T + 7)) == {
        "worker": 6.997
    }


def test_unmeasured_time_is_unknown():
    """Without its worker's timings a job's work is one span; without its events it is unknown."""
    assert seconds_by_stage(DONE) == {"queue": 60, "worker": 10}
    assert seconds_by_stage(replace(DONE, received_at=None)) == {"unknown": 70}
    assert waterfall(replace(DONE, submitted_at=None, received_at=None), T) == ()


def test_unfinished_job_lasts_until_now():
    """A bar grows until its job is done."""
    waiting = JobView(JOB, "waiting", T)
    assert seconds_by_stage(waiting, T + 5) == {"queue": 5}
    generating = replace(waiting, state="generating", received_at=T + 3, attempt=1)
    assert seconds_by_stage(generating, T + 5) == {"queue": 3, "generating": 2}


def test_earlier_attempts_have_a_stage():
    """Time of earlier attempts is neither queue time nor generating."""
    assert seconds_by_stage(replace(TIMED, attempt=2))["earlier"] == 60
    assert seconds_by_stage(JobView(JOB, "waiting", T, received_at=T + 1, attempt=1), T + 9) == {
        "earlier": 9
    }


def test_cancelled_job_has_only_queue_time():
    """A job that was cancelled before a worker received it has only waited."""
    assert seconds_by_stage(JobView(JOB, "cancelled", T, finished_at=T + 4)) == {"queue": 4}


def test_clock_differences_give_no_negative_time():
    """A worker's clock may be slow: stages are limited to the job's time, never negative."""
    early = replace(TIMED, received_at=T - 5)
    assert all(span.seconds > 0 for span in waterfall(early, T + 100))
    long = replace(TIMED, timings=Timings(painting=99, storing=9))
    assert seconds_by_stage(long) == {"queue": 60, "generating": 10}


def test_job_keeps_the_start_of_its_worker():
    """Node and image times come from the fleet, model times from the worker's events."""
    journal = Journal()

    def read(phase: str, since: float) -> None:
        journal.record_fleet([Worker("w", phase, "", since)])

    read("idle", 1)  # an earlier worker of that name
    read("pending", 10)
    read("pending", 11)
    read("starting", 20)
    journal.record(Event(kind="loading", worker="w", at=30))
    read("starting", 30)
    journal.record(Event(kind="ready", worker="w", at=40))
    read("idle", 40)
    journal.record(Event(kind="received", worker="w", at=41, job_id=JOB.id, job=JOB))
    start = journal.find(JOB.id).start
    assert (start.pending_at, start.starting_at, start.loading_at, start.ready_at) == (
        10,
        20,
        30,
        40,
    )


def test_worker_timings_are_kept():
    """The worker's timings are kept, even if the store reported the job as done before."""
    journal, timings = Journal(), Timings(painting=2, storing=1)
    journal.record(Event(kind="received", worker="w", job_id=JOB.id, job=JOB))
    journal.record(Event(kind="done", job_id=JOB.id))
    assert journal.find(JOB.id).timings is None
    journal.record(Event(kind="done", job_id=JOB.id, timings=timings))
    assert journal.find(JOB.id).timings == timings


def test_long_wait_does_not_flatten_other_bars():
    """The scale of a list follows its median; longer bars are cut off and marked."""
    short = [[Span("queue", 0, seconds)] for seconds in (8, 10, 12)]
    assert time_bar.scale(short) == 12
    long = [Span("queue", 0, 3600)]
    assert time_bar.scale([*short, long]) == 44
    assert "time-bar long" in time_bar.bar(long, 44)
    assert "width: 100.0%" in time_bar.bar(long, 44)
    assert time_bar.scale([]) == 0


@pytest.mark.parametrize("stage", sorted(time_bar.NAMES))
def test_every_stage_has_a_text(stage):
    """A bar has an accessible label with its stages and their durations."""
    html = time_bar.bar([Span(stage, 0, 1.5)], 3)
    assert f'aria-label="{time_bar.NAMES[stage]} 1.5 s"' in html
    assert "width: 50.0%" in html
