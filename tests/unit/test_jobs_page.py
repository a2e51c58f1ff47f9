"""What the Jobs page says of its jobs and dead letters."""

from datetime import UTC

import pytest

from dashboard.components.jobs import dead_letters, details, listing
from dashboard.components.jobs.filters import Filter
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading, Snapshot
from wire.messages.job import Job, JobRequest, new_job
from wire.queues.base import DeadLetter, QueueDepth

HOSTILE = "<img src=x onerror=alert(1)>"


def view(prompt: str = "a cat", state: str = "waiting", **fields: object) -> JobView:
    """Make a job of the list."""
    return JobView(new_job(JobRequest(prompt=prompt)), state, 1000.0, **fields)


JOBS = (view("A red Cat"), view("a dog", "done"), view("a red house", "starting"))


@pytest.mark.parametrize(
    ("chosen", "prompts"),
    [
        (Filter(), ["A red Cat", "a dog", "a red house"]),
        (Filter(words="CAT  red"), ["A red Cat"]),
        (Filter(states=("starting", "generating")), ["a red house"]),
        (Filter(states=("done",), words="red"), []),
        (Filter(words=JOBS[1].job.id), ["a dog"]),
    ],
)
def test_jobs_are_found_by_state_words_and_id(chosen: Filter, prompts: list[str]):
    """All words must be there, in any order and case; a copied id finds its job."""
    assert [found.job.prompt for found in chosen.matching(JOBS)] == prompts


def test_jobs_are_counted_and_unheard_ones_are_said():
    """What waits on the queue without having been heard of is told, not hidden."""
    snapshot = Snapshot(1000.0, "laptop", (), queue=Reading(QueueDepth(4, 1), 1000.0), jobs=JOBS)
    assert listing.summary(snapshot) == (
        "1 waiting · 1 starting · 1 done · 3 more on the queue that this dashboard has not heard of"
    )


def test_a_row_shows_a_prompt_as_it_was_typed_and_offers_what_can_be_done():
    """Markup in a prompt is text; unfinished jobs can be cancelled, failed ones tried again."""
    jobs = [view(HOSTILE), view("a dog", "failed"), view(state="done")]
    rows = listing.rows(jobs, 1009.0, UTC, frozenset({"cancel", "retry"}))
    html = [" ".join(row.cells) for row in rows]
    assert "<img" not in html[0]
    assert "&lt;img src=x onerror=alert(1)&gt;" in html[0]
    assert [word in html[0] for word in ("waiting", "0 of 1", "00:16:40", "9 s", ">Cancel<")] == [
        True
    ] * 5
    assert ">Try again<" in html[1]
    assert "<button" not in html[2]
    looked_at = listing.rows(jobs, 1009.0, UTC, frozenset())
    assert "<button" not in "".join(cell for row in looked_at for cell in row.cells)


def test_details_say_what_was_asked_for():
    """What was left open is said, too."""
    snapshot = Snapshot(1000.0, "laptop", ())
    whole = Job(id=JOBS[0].job.id, prompt="x", width=64, height=128, steps=1, seed=7)
    said = dict(details.rows(JobView(whole, "waiting", None), snapshot, UTC))
    assert said["Asked for"] == "64 by 128, 1 step, seed 7"
    assert "Sent" not in said
    assert dict(details.rows(JOBS[0], snapshot, UTC))["Asked for"] == "what the model does best"


def test_a_dead_letter_shows_its_message_as_text():
    """Whatever bytes somebody put on the queue, they are shown and never run."""
    letter = DeadLetter("7'><b>", None, HOSTILE, "not <JSON>", None)
    row = dead_letters.row(letter, {}, UTC)
    html = " ".join(row.cells)
    assert "<img" not in html
    assert "<b>" not in html
    assert "not &lt;JSON&gt;" in html


def test_a_dead_letter_says_how_often_it_was_tried():
    """Attempts are those that were heard of."""
    failed = view(state="failed", attempt=6)
    letter = DeadLetter("1", failed.job, "{}", "It is too large.", 1000.0)
    assert dead_letters.row(letter, {failed.job.id: failed}, UTC).cells[3] == "6"
    assert "6" not in dead_letters.row(letter, {}, UTC).cells[3]
