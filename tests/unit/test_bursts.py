"""Presets of several requests, and their submission."""

import pytest

from core.errors import QueueUnavailable
from core.model_defaults import read_model_defaults
from dashboard import access
from dashboard.access import submitters
from dashboard.components.jobs import own_jobs, sending
from dashboard.components.studio.form_submission import separate_fields
from dashboard.domain.bursts import BURSTS, MIXED, Burst
from dashboard.runtime import blocked_words, submission
from wire.messages.job import Job, JobRequest, new_job, validate


@pytest.mark.parametrize("burst", BURSTS, ids=lambda burst: burst.name)
def test_presets_are_valid_requests(burst: Burst):
    """Each request is valid, unique in its burst, and names a subject of the bundled model."""
    subjects = read_model_defaults("models/demo").vocabulary["subjects"]
    requests = [validate(JobRequest, fields) for fields in burst.requests()]
    assert len({request.prompt for request in requests}) == len(requests)
    for request in requests:
        blocked_words.check(request.prompt)
        assert any(subject in request.prompt for subject in subjects), request.prompt


def test_presets_contain_seven_dwarfs_and_a_burst_of_twenty():
    """There are the seven dwarfs of the older sample, and a burst of 20 mixed prompts."""
    by_name = {burst.name: burst for burst in BURSTS}
    dwarfs = by_name["Seven dwarfs"].prompts
    assert len(dwarfs) == 7
    assert all("cartoon dwarf" in prompt for prompt in dwarfs)
    assert len(MIXED.prompts) == 20
    assert len(by_name) == len(BURSTS)


def test_interrupted_burst_keeps_the_unsent_requests(monkeypatch: pytest.MonkeyPatch):
    """If the queue fails during a burst, sent and unsent requests are known."""
    sent = []

    def submit(fields: dict, _by_presenter: bool, submitter: str) -> list[Job]:
        assert submitter == "someone"
        if len(sent) == 2:
            raise QueueUnavailable("The queue is unavailable.")
        sent.append(new_job(JobRequest(**fields)))
        return sent[-1:]

    monkeypatch.setattr(submission, "submit", submit)
    requests = [{"prompt": str(number)} for number in range(5)]
    result = sending.send_all(requests, submitter="someone")
    assert (result.sent, result.total, list(result.unsent)) == (2, 5, requests[2:])
    assert list(result.jobs) == sent
    assert str(result.error) == "The queue is unavailable."


def test_pictures_as_separate_jobs_are_a_request_each():
    """If the queue fails between them, the others can be sent, and none is sent twice."""
    fields = {"prompt": "a cat", "steps": 4}
    assert separate_fields(fields, 2) == [{**fields, "count": 1, "seed": None}] * 2
    seeded = separate_fields({**fields, "seed": 2**32 - 1}, 2)
    assert [request["seed"] for request in seeded] == [2**32 - 1, 0]


def test_repeated_job_needs_no_approval(monkeypatch: pytest.MonkeyPatch):
    """A visitor's job that is generated again becomes the viewer's; all else stays."""
    sent = []
    request = JobRequest(prompt="a cat", count=2, seed=3, pending_approval=True, newer="x")
    job = new_job(request, "the visitor")
    monkeypatch.setattr(access, "require", lambda _action: None)
    monkeypatch.setattr(access, "is_presenter", lambda: True)
    monkeypatch.setattr(submitters, "of_viewer", lambda: "the viewer")
    monkeypatch.setattr(submission, "resubmit", lambda *arguments: sent.append(arguments) or job)
    own_jobs.repeat(job, seed=4)
    repeated = JobRequest(prompt="a cat", count=2, seed=4, newer="x")
    assert sent == [(repeated, True, "the viewer")]
