"""Grids of prompt matrices, on a real context: what is sent, and what their cells show."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from streamlit.util import AttributeDictionary

from core.errors import MessageError, PromptRefused, QueueFull, QueueUnavailable
from core.settings import Settings
from dashboard import access, runtime
from dashboard.access import browser_memory
from dashboard.components.grid import cells, grid, links
from dashboard.components.jobs import sending
from dashboard.components.pictures import stars, variations
from dashboard.components.studio import form_submission, matrix_form
from dashboard.domain import grids, prompt_matrix
from dashboard.domain.hidden_prompts import HIDDEN_PROMPT
from dashboard.runtime import submission
from dashboard.runtime.context import AppContext
from tests.support.conditions import wait_until
from tests.support.samples import preview_file
from wire.messages.event import Event
from wire.messages.job import Job
from wire.messages.object_names import PictureName, picture_name

PROMPT = "{red|blue} {cat|dog|}"
FIRST = "019a6f00-0000-7000-8000-00000000a000"
FIELDS = {"prompt": PROMPT, "count": 2, "seed": 7}
MATRIX = prompt_matrix.parse(PROMPT)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[AppContext]:
    """Run a dashboard without workers, whose queue takes ten jobs."""
    settings = Settings(_env_file=None, data_dir=tmp_path, fleet="none", max_waiting_jobs=10)
    try:
        yield runtime.start(settings)
    finally:
        runtime.stop()


def send(context: AppContext) -> list[Job]:
    """Send the matrix as the form does; return its jobs."""
    assert not context.replaying
    cells = matrix_form.with_ids(matrix_form.requests(MATRIX, FIELDS), FIRST)
    result = sending.send_all(cells, submitter="someone")
    assert result.error is None
    return list(result.jobs)


def read(context: AppContext) -> list[cells.Cell]:
    """Return the cells as a page reads them."""
    context.sampler.refresh()
    return cells.read(FIRST, MATRIX, context.sampler.snapshot())


def test_each_prompt_is_a_job_with_the_same_seed_and_the_next_id(context: AppContext):
    """The link to the grid names the jobs by their first id, in the order of the prompts."""
    jobs = send(context)
    assert [job.prompt for job in jobs] == list(MATRIX.prompts)
    assert [job.id for job in jobs] == [grids.nth_id(FIRST, number) for number in range(6)]
    assert {(job.count, job.seed, job.submitter) for job in jobs} == {(2, 7, "someone")}
    assert matrix_form.count(MATRIX, 2) == "6 prompts, 12 pictures"


def test_cells_fill_while_pictures_are_generated(context: AppContext):
    """A cell shows its state, the preview of a picture in progress, and each stored picture."""
    first, second, *_ = send(context)
    name = picture_name(first.id, 0)
    preview = preview_file()
    context.publish(
        Event(kind="received", job_id=first.id, job=first, worker="w"),
        Event(kind="stored", job_id=first.id, name=name, picture=0, worker="w"),
        Event(
            kind="step", job_id=first.id, picture=1, step=1, steps=4, preview=preview, worker="w"
        ),
        Event(kind="failed", job_id=second.id, detail="The device was lost.", worker="w"),
    )
    found = read(context)
    stored, coming = found[0].slots
    assert (stored.name, stored.source) == (name, f"/thumbnails/{name}")
    assert coming.name == ""
    assert coming.source.startswith("data:image/webp")
    assert "step 1 of 4" in found[0].status
    assert found[1].status == "failed: The device was lost."
    assert [len(cell.slots) for cell in found] == [2] * 6
    assert grid.summary(found) == "6 prompts, 1 of 12 pictures"


def test_grid_is_found_in_the_store_after_a_restart(context: AppContext):
    """A link shows the stored pictures although no event of their jobs is known any more."""
    for number in (0, 1):
        context.gallery.index.add(picture_name(FIRST, number), 1000.0)
    context.gallery.index.complete = True
    found = read(context)
    assert [slot.name[-5:] for slot in found[0].slots] == ["0.png", "1.png"]
    assert found[0].status == ""
    assert found[1].status == "no picture: not sent, or deleted"
    context.gallery.index.remove(picture_name(FIRST, 0))
    assert len(read(context)[0].slots) == 1


def test_pictures_that_need_approval_are_in_no_grid(context: AppContext):
    """Whoever has the link sees neither pictures nor previews before the approval."""
    context.approvals.read()
    context.approvals.require(True)
    job = send(context)[0]
    context.publish(Event(kind="stored", job_id=job.id, name=picture_name(job.id, 0), picture=0))
    hidden = read(context)[0]
    assert (hidden.slots, hidden.status) == ((), "after the presenter approves it")
    assert HIDDEN_PROMPT not in grid.html(MATRIX, PROMPT, read(context))


def test_changed_link_does_not_put_other_words_over_pictures(context: AppContext):
    """A cell knows when its pictures were generated from another prompt than the link's."""
    job = send(context)[0]
    other = prompt_matrix.parse("{ugly|nice} {cat|dog|}")
    context.sampler.refresh()
    snapshot = context.sampler.snapshot()
    assert all(cell.is_other for cell in cells.read(FIRST, other, snapshot))
    assert not any(cell.is_other for cell in read(context))
    context.gallery.index.set_prompt(job.id, job.prompt)
    assert context.gallery.index.prompt(job.id) == MATRIX.prompts[0]


@pytest.mark.parametrize(
    ("first_id", "prompt"),
    [("", PROMPT), (FIRST, ""), (FIRST, "a cat"), (FIRST, "{a|b"), ("x", PROMPT), (FIRST[:-1], "")],
)
def test_incomplete_link_names_no_grid(first_id: str, prompt: str):
    """A link of which something is missing is named as such."""
    assert grid.matrix_of(first_id, prompt) is None
    assert grid.matrix_of(FIRST, PROMPT) == MATRIX


def test_headings_are_text(context: AppContext):
    """Rows and columns have their headings, also an empty one; markup in a prompt is text."""
    assert not context.replaying
    hostile = prompt_matrix.parse("{<img src=x>|a} {cat|}")
    html = grid.html(hostile, "{<img src=x>|a} {cat|}", cells.read(FIRST, hostile, _snapshot()))
    assert "<img src=x>" not in html
    assert '<th scope="row">&lt;img src=x&gt;</th>' in html
    assert '<th scope="col"><span class="muted">(nothing)</span></th>' in html
    line = prompt_matrix.parse("{a|b} cat")
    html = grid.html(line, "{a|b} cat", cells.read(FIRST, line, _snapshot()))
    assert html.count("<figcaption>") == 2


def test_address_survives_any_prompt():
    """Braces, bars and other special characters of a prompt come back from the address."""
    assert links.address(grids.Grid(FIRST, "{a|b} & ü #?", "2 prompts")) == (
        f"grid?id={FIRST}&prompt=%7Ba%7Cb%7D+%26+%C3%BC+%23%3F"
    )


def test_matrix_without_room_is_refused_as_a_whole(context: AppContext):
    """Nothing is sent if the queue takes fewer jobs than the matrix has prompts."""
    context.require_room(10)
    send(context)
    wait_until(lambda: context.sampler.snapshot().counts.waiting == 6, what="the queue's count")
    with pytest.raises(QueueFull, match=r"no room for 6 more\. Nothing was sent"):
        context.require_room(6)


@pytest.mark.parametrize(
    ("prompt", "error"),
    [("{a|b", MessageError), ("{cat|nude} x", PromptRefused)],
)
def test_matrix_is_checked_before_its_count_is_shown(
    context: AppContext, prompt: str, error: type[Exception]
):
    """A blocked word in one cell, or braces that are not closed, are refused at once."""
    assert not context.replaying
    with pytest.raises(error):
        matrix_form.propose({"prompt": prompt, "count": 1})


def test_grid_is_linked_only_once_its_requests_are_being_sent(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """A second press sends nothing again; while others are being sent, the matrix stays."""
    assert not context.replaying
    state = AttributeDictionary(matrix_draft=FIELDS)
    memory = browser_memory.Memory()
    monkeypatch.setattr(matrix_form.st, "session_state", state)
    monkeypatch.setattr(browser_memory, "current", lambda: memory)
    sent: list[list] = []
    matrix_form._send(FIELDS, lambda _requests: False)
    assert "still being sent" in str(state["submission_error"])
    assert (state["matrix_draft"], memory.grid) == (FIELDS, None)
    for _ in range(2):
        matrix_form._send(FIELDS, lambda requests: not sent.append(list(requests)))
    assert len(sent) == 1
    assert memory.grid is not None
    assert memory.grid.first_id == sent[0][0]["id"]


def test_rest_of_a_burst_is_kept_until_it_is_sent(monkeypatch: pytest.MonkeyPatch):
    """While the queue stays away, "Send the other 2" keeps the requests however often it fails."""
    state, fields = AttributeDictionary(), [{"prompt": "cat"}, {"prompt": "dog"}, {"prompt": "ant"}]
    monkeypatch.setattr(form_submission.st, "session_state", state)
    monkeypatch.setattr(sending, "begin", lambda _place, _requests: None)
    away = QueueUnavailable("The queue is away.")

    def send(requests: Sequence[dict], sent: int) -> Sequence[dict]:
        unsent = tuple(requests[sent:])
        error = away if unsent else None
        result = sending.Result(len(requests), sent, (), unsent, error)
        monkeypatch.setattr(sending, "take", lambda _place: result)
        form_submission.send(requests)
        return state.unsent

    assert send(fields, 0) == ()  # the form still has all of it
    rest = send(fields, 1)
    assert rest == tuple(fields[1:])
    for _ in range(2):
        assert send(rest, 0) == rest
    assert send(rest, 2) == ()


def test_burst_of_a_matrix_repeats_its_prompts():
    """A burst sends the prompts in turn, and never one with the braces."""
    sent = form_submission.burst_fields("{red|blue} cat", (), {})
    assert len(sent) == form_submission.BURST
    assert [fields["prompt"] for fields in sent[:3]] == ["red cat", "blue cat", "red cat"]


def test_braces_are_text_over_http(context: AppContext):
    """A program's prompt is one prompt: only the form expands it."""
    assert not context.replaying
    [job] = submission.submit({"prompt": PROMPT})
    assert job.prompt == PROMPT


def test_several_stars_change_at_once(context: AppContext, monkeypatch: pytest.MonkeyPatch):
    """All selected pictures are starred; names that are no pictures reach no store."""
    monkeypatch.setattr(access, "require", lambda _action: None)
    names = [picture_name(FIRST, number) for number in range(3)]
    for starred in (True, False):
        stars.change(stars.parse({"names": names, "starred": starred}))
        assert [context.gallery.index.is_starred(name) for name in names] == [starred] * 3
    for value in (None, {}, {"names": "x"}, {"names": ["../x"], "starred": True}):
        assert stars.parse(value) is None
    assert stars.parse({"names": names * 34, "starred": True}) is None


def test_variations_begin_with_the_picture():
    """All parameters stay but the seed; the picture is the initial one, at a medium strength."""
    job = Job(id=FIRST, prompt="a cat", width=128, steps=4, seed=7)
    varied = variations.varied(job, PictureName(FIRST, 2))
    assert (varied.prompt, varied.width, varied.steps) == ("a cat", 128, 4)
    assert (varied.count, varied.init_image) == (variations.COUNT, picture_name(FIRST, 2))
    assert varied.strength == variations.STRENGTH


def _snapshot():
    return runtime.current().sampler.snapshot()
