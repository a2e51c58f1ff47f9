"""Presets of several requests, and sending them."""

import pytest

from core.errors import QueueUnavailable
from core.model_defaults import read_model_defaults
from dashboard.components.jobs import own_jobs
from dashboard.domain.bursts import BURSTS, MIXED, Burst
from dashboard.runtime import blocked_words
from wire.messages.job import JobRequest, new_job, validate


@pytest.mark.parametrize("burst", BURSTS, ids=lambda burst: burst.name)
def test_presets_are_requests_that_this_site_paints(burst: Burst):
    """Each request is valid, alone in its burst, and of words that the bundled model knows."""
    subjects = read_model_defaults("models/demo").vocabulary["subjects"]
    requests = [validate(JobRequest, fields) for fields in burst.requests()]
    assert len({request.prompt for request in requests}) == len(requests)
    for request in requests:
        blocked_words.check(request.prompt)
        assert any(subject in request.prompt for subject in subjects), request.prompt


def test_presets_hold_the_seven_dwarfs_and_a_burst_of_twenty():
    """The older sample's seven dwarfs are there, each by name, and twenty of all sorts."""
    by_name = {burst.name: burst for burst in BURSTS}
    dwarfs = by_name["Seven dwarfs"].prompts
    assert len(dwarfs) == 7
    assert all("cartoon dwarf" in prompt for prompt in dwarfs)
    assert len(MIXED.prompts) == 20
    assert len(by_name) == len(BURSTS)


def test_burst_that_breaks_off_keeps_the_rest(monkeypatch: pytest.MonkeyPatch):
    """If the queue goes away in the middle, it is known what was sent and what was not."""
    sent = []

    def submit(fields: dict) -> None:
        if len(sent) == 2:
            raise QueueUnavailable("The queue is away.")
        sent.append(fields)

    monkeypatch.setattr(own_jobs, "submit", submit)
    requests = [{"prompt": str(number)} for number in range(5)]
    sending = own_jobs.submit_all(requests)
    assert (sending.sent, list(sending.unsent)) == (2, requests[2:])
    assert str(sending.error) == "The queue is away."


def test_visitors_picture_painted_again_is_ones_own(monkeypatch: pytest.MonkeyPatch):
    """A job that waited for the presenter's nod is repeated as the viewer's, who needs none."""
    sent = []
    monkeypatch.setattr(own_jobs, "submit", sent.append)
    own_jobs.repeat(
        new_job(JobRequest(prompt="a cat", count=2, seed=3, pending_approval=True)), seed=4
    )
    assert sent == [{"prompt": "a cat", "count": 2, "seed": 4}]
