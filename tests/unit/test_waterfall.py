"""Where a job's time went: only what was measured is told apart."""

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
from wire.messages.picture import Timings

JOB = new_job(JobRequest(prompt="cartoon dwarf", count=2))
T = 1000.0
DONE = JobView(JOB, "done", T, received_at=T + 60, finished_at=T + 70, worker="w", attempt=1)
TIMED = replace(DONE, timings=Timings(painting=8.0, storing=1.5))


def told(view: JobView, now: float = T + 100) -> dict[str, float]:
    """Tell the seconds of each stage, in order."""
    return {span.stage: round(span.seconds, 3) for span in waterfall(view, now)}


def test_a_job_on_a_fresh_node_has_all_its_stages():
    """Line, node, image, model, painting and storing follow each other, and sum up."""
    start = WorkerStart(pending_at=T + 2, starting_at=T + 30, loading_at=T + 45, ready_at=T + 59)
    spans = waterfall(replace(TIMED, start=start), T + 100)
    assert [(each.stage, each.seconds) for each in spans] == [
        ("queue", 2),
        ("node", 28),
        ("start", 15),
        ("model", 14),
        ("queue", 1),
        ("generating", 8),
        ("storing", 1.5),
        ("unknown", 0.5),
    ]
    assert sum(each.seconds for each in spans) == 70
    assert all(a.end == b.start for a, b in pairwise(spans))


def test_a_worker_that_was_there_before_left_only_the_line():
    """What a worker did before the job came is not the job's time."""
    start = WorkerStart(pending_at=T - 90, starting_at=T - 80, loading_at=T - 70, ready_at=T - 60)
    assert told(replace(TIMED, start=start))["queue"] == 60
    half = replace(start, loading_at=T - 5, ready_at=T + 10)
    assert told(replace(TIMED, start=half)) == {
        "model": 10,
        "queue": 50,
        "generating": 8,
        "storing": 1.5,
        "unknown": 0.5,
    }


def test_a_job_of_milliseconds_has_its_stages_too():
    """What is short is left out of a long job only."""
    view = replace(DONE, received_at=T + 0.003, finished_at=T + 0.007)
    assert told(view) == {"queue": 0.003, "worker": 0.004}
    assert told(replace(DONE, received_at=T + 0.003, finished_at=T + 7)) == {"worker": 6.997}


def test_what_was_not_measured_is_not_guessed():
    """Without its worker's measures, a job's work is one span; unheard time is unknown."""
    assert told(DONE) == {"queue": 60, "worker": 10}
    assert told(replace(DONE, received_at=None)) == {"unknown": 70}
    assert waterfall(replace(DONE, submitted_at=None, received_at=None), T) == ()


def test_unfinished_jobs_go_on_until_now():
    """A bar grows as long as its job is not done."""
    waiting = JobView(JOB, "waiting", T)
    assert told(waiting, T + 5) == {"queue": 5}
    painting = replace(waiting, state="generating", received_at=T + 3, attempt=1)
    assert told(painting, T + 5) == {"queue": 3, "generating": 2}


def test_earlier_attempts_are_told_apart():
    """A job that was given back had time with workers, which is neither line nor painting."""
    assert told(replace(TIMED, attempt=2))["earlier"] == 60
    assert told(JobView(JOB, "waiting", T, received_at=T + 1, attempt=1), T + 9) == {"earlier": 9}


def test_a_cancelled_job_was_in_line():
    """A job that nobody took before it was cancelled has waited."""
    assert told(JobView(JOB, "cancelled", T, finished_at=T + 4)) == {"queue": 4}


def test_clocks_that_disagree_give_no_negative_time():
    """A worker's clock may be behind: stages are cut to the job's life, never negative."""
    early = replace(TIMED, received_at=T - 5)
    assert all(span.seconds > 0 for span in waterfall(early, T + 100))
    long = replace(TIMED, timings=Timings(painting=99, storing=9))
    assert told(long) == {"queue": 60, "generating": 10}


def test_the_journal_learns_how_a_worker_started():
    """The fleet tells of node and image, the worker of its model; the job keeps it."""
    journal = Journal()

    def look(phase: str, since: float) -> None:
        journal.record_fleet([Worker("w", phase, "", since)])

    look("idle", 1)  # an earlier one of that name
    look("pending", 10)
    look("pending", 11)
    look("starting", 20)
    journal.record(Event(kind="loading", worker="w", at=30))
    look("starting", 30)
    journal.record(Event(kind="ready", worker="w", at=40))
    look("idle", 40)
    journal.record(Event(kind="received", worker="w", at=41, job_id=JOB.id, job=JOB))
    start = journal.find(JOB.id).start
    assert (start.pending_at, start.starting_at, start.loading_at, start.ready_at) == (
        10,
        20,
        30,
        40,
    )


def test_the_workers_measures_arrive_with_the_job():
    """How long painting and storing took is told by the worker, also after the store was seen."""
    journal, timings = Journal(), Timings(painting=2, storing=1)
    journal.record(Event(kind="received", worker="w", job_id=JOB.id, job=JOB))
    journal.record(Event(kind="done", job_id=JOB.id))
    assert journal.find(JOB.id).timings is None
    journal.record(Event(kind="done", job_id=JOB.id, timings=timings))
    assert journal.find(JOB.id).timings == timings


def test_one_long_wait_does_not_flatten_all_bars():
    """The scale of a list follows its median; what is longer is cut and says so."""
    short = [[Span("queue", 0, seconds)] for seconds in (8, 10, 12)]
    assert time_bar.scale(short) == 12
    long = [Span("queue", 0, 3600)]
    assert time_bar.scale([*short, long]) == 44
    assert "time-bar long" in time_bar.bar(long, 44)
    assert "width: 100.0%" in time_bar.bar(long, 44)
    assert time_bar.scale([]) == 0


@pytest.mark.parametrize("stage", sorted(time_bar.NAMES))
def test_every_stage_has_words_beside_its_colour(stage):
    """A bar is read aloud with its stages and their times."""
    html = time_bar.bar([Span(stage, 0, 1.5)], 3)
    assert f'aria-label="{time_bar.NAMES[stage]} 1.5 s"' in html
    assert "width: 50.0%" in html
