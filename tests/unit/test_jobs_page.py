"""Tests of the Jobs page's list, filters, details and dead letters."""

from datetime import UTC

import pytest

from dashboard.components.common import tables
from dashboard.components.jobs import dead_letters, details, listing
from dashboard.components.jobs.filters import Filter
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading, Snapshot
from wire.messages.job import Job, JobRequest, new_job
from wire.queues.base import DeadLetter, QueueDepth

HOSTILE = "<img src=x onerror=alert(1)>"


def view(prompt: str = "a cat", state: str = "waiting", **fields: object) -> JobView:
    """Return a job of the list."""
    return JobView(new_job(JobRequest(prompt=prompt)), state, 1000.0, **fields)


JOBS = (view("A red Cat"), view("a dog", "done"), view("a red house", "starting"))


@pytest.mark.parametrize(
    ("selected", "prompts"),
    [
        (Filter(), ["A red Cat", "a dog", "a red house"]),
        (Filter(words="CAT  red"), ["A red Cat"]),
        (Filter(states=("starting", "generating")), ["a red house"]),
        (Filter(states=("done",), words="red"), []),
        (Filter(words=JOBS[1].job.id), ["a dog"]),
    ],
)
def test_filter_matches_state_words_and_id(selected: Filter, prompts: list[str]):
    """All words must match, in any order and case; a copied id finds its job."""
    assert [match.job.prompt for match in selected.matching(JOBS)] == prompts


def test_summary_counts_states_and_messages_without_event():
    """A message on the queue is counted even if no event of its job was received."""
    snapshot = Snapshot(1000.0, "laptop", (), queue=Reading(QueueDepth(4, 1), 1000.0), jobs=JOBS)
    assert listing.summary(snapshot) == (
        "1 waiting · 1 starting · 1 done · 3 more on the queue, without an event"
    )


def test_row_escapes_the_prompt_and_offers_allowed_actions():
    """Markup in a prompt is text; unfinished jobs can be cancelled, failed ones retried."""
    jobs = [view(HOSTILE), view("a dog", "failed"), view(state="done")]
    snapshot = Snapshot(1009.0, "laptop", ())
    allowed = frozenset({"cancel", "retry"})
    html = listing.table(jobs, snapshot, UTC, allowed).split("<tr data-key=")[1:]
    assert "<img" not in html[0]
    assert "&lt;img src=x onerror=alert(1)&gt;" in html[0]
    for text in ("waiting", "0 of 1", "00:16:40", "9 s", ">Cancel<"):
        assert text in html[0]
    assert ">Retry<" in html[1]
    assert "<button" not in html[2]
    assert "<button" not in listing.table(jobs, snapshot, UTC, frozenset())


def test_details_list_the_parameters():
    """Parameters that the job leaves open are shown as the model's defaults."""
    snapshot = Snapshot(1000.0, "laptop", ())
    whole = Job(
        id=JOBS[0].job.id,
        prompt="x",
        count=2,
        width=64,
        height=128,
        steps=1,
        seed=7,
        guidance_scale=7.5,
    )
    rows = dict(details.rows(JobView(whole, "waiting", None), snapshot, UTC))
    assert rows["Parameters"] == "64 by 128, 1 step, seed 7"
    assert "Submitted" not in rows
    assert rows["Guidance scale"] == "7.5"
    withheld = JobView(whole, "done", None, withheld=(1,))
    rows = dict(details.rows(withheld, snapshot, UTC, "the first words"))
    assert rows["The text encoder read"] == "the first words"
    assert rows["Pictures"] == "0 of 2, 1 withheld"
    assert rows["Not shown"] == "Withheld by the safety checker: 2"
    assert dict(details.rows(JOBS[0], snapshot, UTC))["Parameters"] == "model defaults"


def _html(row: tables.Row) -> str:
    return tables.table([tables.Column(str(number)) for number in range(len(row.cells))], [row])


def test_dead_letter_shows_its_message_as_text():
    """Any bytes on the queue are shown as text and never interpreted."""
    letter = DeadLetter("7'><b>", None, HOSTILE, "not <JSON>", None)
    html = _html(dead_letters.row(letter, {}, UTC))
    assert "<img" not in html
    assert "<b>" not in html
    assert "not &lt;JSON&gt;" in html


def test_dead_letter_shows_its_attempts():
    """Attempts are those of which events were received."""
    failed = view(state="failed", attempt=6)
    letter = DeadLetter("1", failed.job, "{}", "It is too large.", 1000.0)
    assert dead_letters.row(letter, {failed.job.id: failed}, UTC).cells[3] == "6"
    assert "6" not in dead_letters.row(letter, {}, UTC).cells[3]
