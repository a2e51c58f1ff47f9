"""Numbers, times and job states as text, and the cards that show them."""

from datetime import UTC
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from core.errors import QueueUnavailable
from dashboard.components.common import viewer
from dashboard.components.studio import form_submission, job_cards
from dashboard.domain.fleet import FleetReading, Worker
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation import formatting, job_text
from dashboard.presentation.time_zones import find_zone
from wire.messages.job import Job
from wire.messages.object_names import picture_name

_ID = "019a6f00-0000-7000-8000-{:012d}"


def _view(number: int = 1, state: str = "waiting", count: int = 4, **fields: object) -> JobView:
    job = Job(id=_ID.format(number), prompt=f"job {number}", count=count)
    return JobView(job, state, **({"submitted_at": 1000.0 + number} | fields))


def _snapshot(*jobs: JobView, ready: int | None = 1, workers: tuple[Worker, ...] = ()) -> Snapshot:
    fleet = FleetReading(None, ready, ready, workers, None)
    return Snapshot(2000.0, "laptop", (), jobs=jobs, fleet=Reading(fleet, 2000.0))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (143, "2 min 23 s"),
        (3900, "1 h 5 min"),
        (7200, "2 h"),
    ],
)
def test_duration_has_at_most_two_units(seconds: float, expected: str):
    """A duration never reads 60 s or 60 min, and has the two largest units only."""
    assert formatting.duration(seconds) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st")],
)
def test_ordinals_have_english_suffixes(number: int, expected: str):
    """Ordinals follow English, 11th to 13th included."""
    assert formatting.ordinal(number) == expected


def test_clock_uses_the_viewers_zone():
    """Times are shown in the zone of the browser and not of the server."""
    assert formatting.clock(0, UTC) == "00:00:00"
    assert formatting.clock(0, ZoneInfo("Asia/Tokyo")) == "09:00:00"


@pytest.mark.parametrize(
    "name",
    [None, "", "Europe", "Middle/Earth", "../../etc/passwd", "/etc", "\0", "\ud800", "a" * 5000],
)
def test_unknown_zone_is_the_servers(name: str | None, monkeypatch: pytest.MonkeyPatch):
    """Whatever a browser names as its time zone, the page is shown, with the server's times."""
    monkeypatch.setattr(viewer.st, "context", SimpleNamespace(timezone=name))
    assert viewer.zone() is None


def test_zone_is_found_by_its_name():
    """The time zone that a browser names is the one of the page and of its downloads."""
    assert find_zone("Asia/Tokyo") == ZoneInfo("Asia/Tokyo")


def test_missing_reading_shows_the_time_of_the_last_one():
    """A source that answered once shows when; a source that never did shows no time."""
    assert formatting.time_ago(0, UTC) == "no reading since 00:00:00"
    assert formatting.time_ago(None, UTC) == "no reading yet"


def test_estimates_are_rounded():
    """Estimates come in steps of five seconds, then in minutes."""
    assert formatting.approximate_duration(1) == "~5 s"
    assert formatting.approximate_duration(37) == "~35 s"
    assert formatting.approximate_duration(150) == "~2 min"


def test_progress_has_a_share_for_each_picture():
    """A stored picture is full, the one in progress as far as its steps, the others empty."""
    stored = (picture_name(_ID.format(1), 0),)
    view = _view(state="generating", pictures=stored, picture=1, step=1, steps=4)
    assert job_text.progress(view) == [1, 0.25, 0, 0]


def test_many_pictures_share_one_bar():
    """A job of a hundred pictures has one bar with the share that is done."""
    names = tuple(picture_name(_ID.format(1), number) for number in range(25))
    view = _view(state="generating", count=100, pictures=names)
    assert job_text.progress(view) == [0.25]


def test_waiting_job_shows_queue_position_and_estimate():
    """A waiting job shows its queue position and an estimate from finished jobs."""
    done = _view(1, "done", received_at=1000.0, finished_at=1040.0)
    first, second = _view(2), _view(3)
    snapshot = _snapshot(second, first, done)
    assert job_text.describe_state(first, snapshot) == "1st in queue, ~40 s"
    assert job_text.describe_state(second, snapshot) == "2nd in queue, ~80 s"


def test_estimate_leaves_out_pictures_that_were_withheld():
    """A picture that was withheld is not generated again, so nobody waits for it."""
    done = _view(1, "done", received_at=1000.0, finished_at=1040.0)
    stored = (picture_name(_ID.format(2), 0),)
    generating = _view(2, "generating", pictures=stored, withheld=(1, 2))
    waiting = _view(3)
    text = job_text.describe_state(waiting, _snapshot(waiting, generating, done))
    assert text == "1st in queue, ~50 s"


def test_waiting_job_shows_what_the_starting_worker_does():
    """Without a ready worker, a waiting job shows the state of the worker that starts."""
    starting = Worker("worker-1", "starting", "loading the model", 1990.0)
    text = job_text.describe_state(_view(), _snapshot(_view(), ready=0, workers=(starting,)))
    assert text == "1st in queue, worker: loading the model"


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (_view(state="starting", worker="worker-1"), "starting on worker-1"),
        (
            _view(state="generating", worker="worker-1", step=2, steps=4),
            "generating, step 2 of 4 on worker-1",
        ),
        (
            _view(state="generating", step=2, steps=4, detail="The disk is full."),
            "waiting: The disk is full.",
        ),
        (_view(state="starting", detail="The store is away."), "waiting: The store is away."),
        (
            _view(state="done", submitted_at=10, received_at=100.0, finished_at=126.0),
            "done in 1 min 56 s, 26 s generating",
        ),
        (_view(state="failed", detail="No room is left."), "failed: No room is left."),
        (_view(state="cancelled"), "cancelled"),
        (
            _view(state="cancelled", pictures=(picture_name(_ID.format(1), 0),)),
            "cancelled; finished pictures were kept",
        ),
    ],
)
def test_every_state_has_a_description(view: JobView, expected: str):
    """A card describes the state of its job with what is known of it."""
    assert job_text.describe_state(view, _snapshot(view)) == expected


def test_newest_job_comes_first_then_those_in_progress():
    """A job that was just sent always has a card; then come the jobs in progress."""
    done, generating, first, newest = (
        _view(1, "done", finished_at=1500.0),
        _view(2, "generating"),
        _view(3),
        _view(4),
    )
    assert job_cards.choose([newest, first, generating, done]) == [newest, generating, first]


def test_own_jobs_come_before_those_of_others():
    """Jobs of others fill the cards that a session's own jobs leave free."""
    theirs, waiting, old, own = (
        _view(1, "done", finished_at=1900.0),
        _view(2),
        _view(3, "done", finished_at=1500.0),
        _view(4, "done", finished_at=1600.0),
    )
    mine = frozenset((old.job.id, own.job.id))
    assert job_cards.choose([own, old, waiting, theirs], mine) == [own, waiting, old]
    unfinished = _view(5, "generating")
    mine |= {unfinished.job.id}
    assert job_cards.choose([own, waiting, unfinished, theirs], mine) == [own, unfinished, waiting]
    assert job_cards.choose([waiting, own, theirs], mine) == [own, waiting]


def test_title_of_the_cards_names_their_owners():
    """Only a session's own requests are titled as such; requests not shown are counted."""
    jobs = [_view(number) for number in range(5)]
    own = frozenset(view.job.id for view in jobs[:4])
    assert "Your requests<" in job_cards.title(jobs, jobs[:3], own)
    assert "1 more" in job_cards.title(jobs, jobs[:3], own)
    assert "Your requests and others<" in job_cards.title(jobs, jobs[2:], own)
    assert "2 more" in job_cards.title(jobs, jobs[2:], own)
    assert ">Requests<" in job_cards.title(jobs, jobs[:3], frozenset())


def test_card_escapes_the_prompt():
    """A prompt is text on its card, and in the tooltip that shows all of it."""
    view = JobView(Job(id=_ID.format(1), prompt="'><script>"), "waiting", None)
    image = job_cards.CardImage("/thumbnails/a.png", view.job.prompt)
    written = job_cards.card(view, _snapshot(view), frozenset(), image)
    assert "<script>" not in written
    assert 'title="&#39;&gt;&lt;script&gt;"' in written
    assert 'alt="&#39;&gt;&lt;script&gt;"' in written


def test_burst_uses_the_prompt_or_the_suggestions_in_turn():
    """A burst without a prompt uses the suggestions in turn; no two jobs share a seed."""
    suggestions = ("a cat", "a dog")
    typed = form_submission.burst_fields("a boat", suggestions, {"seed": 1, "steps": 2})
    assert typed == [{"prompt": "a boat", "count": 1, "steps": 2}] * form_submission.BURST
    empty = form_submission.burst_fields("", suggestions, {})
    assert [fields["prompt"] for fields in empty[:3]] == ["a cat", "a dog", "a cat"]


def test_refusal_counts_what_was_sent():
    """An error message states whether and how many requests were sent."""
    error = QueueUnavailable("The queue cannot be reached.")
    assert form_submission.refusal(error, 0, 20) == f"{error} Your text is still here."
    assert form_submission.refusal(error, 7, 20).startswith("7 of 20 requests were sent")
