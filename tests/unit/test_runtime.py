"""The running parts of a dashboard, put together from settings."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from core.errors import ObjectMissing, QueueUnavailable, StoreUnavailable
from core.settings import Settings
from dashboard import runtime
from dashboard.sampling import sampler
from tests.support.conditions import free_port, wait_until
from tests.support.samples import metadata_of
from tests.support.store_away import store_away
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.stores import cancellation

REQUEST = JobRequest(prompt="cartoon dwarf", count=2)


@contextmanager
def running(settings: Settings):
    """Start the parts and stop them."""
    try:
        yield runtime.start(settings)
    finally:
        runtime.stop()


@pytest.fixture
def parts(tmp_path):
    """Parts on this machine, without workers."""
    with running(Settings(_env_file=None, data_dir=tmp_path, fleet="none")) as parts:
        yield parts


def test_a_submitted_job_is_on_the_queue_and_on_the_page(parts):
    """A job is accepted once the queue has it, and is shown at once."""
    job = parts.submit(REQUEST)
    assert [delivery.job for delivery in parts.queue.receive(1, timeout=0)] == [job]
    assert [view.state for view in parts.sampler.snapshot().jobs] == ["waiting"]
    assert parts.find_job(job.id).job == job


def test_a_cancelled_job_is_marked_for_whoever_takes_it(parts):
    """A job that nobody took yet can be taken back."""
    job = parts.submit(REQUEST)
    parts.cancel(job.id)
    assert cancellation.is_cancelled(parts.store, job.id)
    assert parts.find_job(job.id).state == "cancelled"


def test_a_picture_is_shown_without_waiting_for_the_next_refresh(tmp_path, monkeypatch):
    """Somebody who waits for a picture sees it as soon as the dashboard hears of it."""
    monkeypatch.setattr(sampler, "REFRESH_EVERY", 3600.0)
    with running(Settings(_env_file=None, data_dir=tmp_path, fleet="none")) as parts:
        job = parts.submit(REQUEST)
        name = picture_name(job.id, 0)
        parts.events.publish(Event(kind="stored", job_id=job.id, worker="w", picture=0, name=name))
        wait_until(lambda: [each.name for each in parts.sampler.snapshot().pictures] == [name])


def test_an_unknown_job_is_none(parts):
    """A program that asks for a job that never was gets no answer but none."""
    assert parts.find_job(new_job(REQUEST).id) is None
    assert parts.find_job("no id at all") is None


def test_starting_again_finds_the_jobs_as_they_were(tmp_path):
    """A restarted dashboard on one machine knows the jobs that wait."""
    settings = Settings(_env_file=None, data_dir=tmp_path, fleet="none")
    with running(settings) as parts:
        job = parts.submit(REQUEST)
    with running(settings) as parts:
        wait_until(lambda: parts.journal.find(job.id), what="the job is known again")
        wait_until(lambda: parts.sampler.snapshot().queue.value, what="the queue is read")
        assert parts.sampler.snapshot().queue.value.ready == 1


def test_a_job_that_died_on_the_queue_is_shown_as_failed(parts):
    """A job that killed every worker has no event; its dead letter tells why."""
    job = parts.submit(REQUEST)
    parts.queue.reject(parts.queue.receive(1, timeout=0)[0], "It was tried 5 times.")
    assert parts.dead_letters.read() == 1
    view = parts.journal.find(job.id)
    assert (view.state, view.detail) == ("failed", "It was tried 5 times.")


def test_a_failure_is_found_behind_many_older_ones(parts):
    """A job is shown as failed although hundreds of dead letters lie before its own."""
    for number in range(150):
        parts.queue.publish(new_job(JobRequest(prompt=f"old {number}")))
    for delivery in parts.queue.receive(150, timeout=0):
        parts.queue.reject(delivery, "It is old.")
    job = parts.submit(REQUEST)
    fail(parts, job)
    parts.dead_letters.read()
    assert parts.find_job(job.id).state == "failed"


def fail(parts, job):
    """Let a job fail as a worker would."""
    [delivery] = parts.queue.receive(1, timeout=0)
    assert delivery.job == job
    parts.queue.reject(delivery, "The paint ran out.")


def test_trying_again_takes_the_dead_letter(parts):
    """A failed job goes back to the queue as it was, and leaves no dead letter."""
    job = parts.submit(REQUEST)
    fail(parts, job)
    parts.dead_letters.read()
    assert parts.retry(job) == job
    assert parts.queue.dead_letters(10) == []
    assert [view.state for view in parts.sampler.snapshot().jobs] == ["waiting"]
    assert [delivery.job for delivery in parts.queue.receive(2, timeout=0)] == [job]


def test_trying_again_without_a_dead_letter_sends_the_same_request(parts):
    """A failed job whose letter somebody dropped can be tried again nevertheless."""
    gone = new_job(REQUEST)
    again = parts.retry(gone)
    assert again.id != gone.id
    assert [delivery.job for delivery in parts.queue.receive(2, timeout=0)] == [again]
    assert JobRequest(**again.model_dump(exclude={"id"})) == REQUEST


def test_a_dead_letter_can_be_tried_again_or_dropped(parts):
    """What failed for good is a person's to decide, and leaves the list at once."""
    jobs = [parts.submit(REQUEST), parts.submit(REQUEST)]
    for job in jobs:
        fail(parts, job)
    assert parts.dead_letters.read() == 2
    dropped, retried = parts.dead_letters.letters()
    parts.drop_dead_letter(dropped)
    parts.retry_dead_letter(retried)
    assert parts.dead_letters.letters() == ()
    assert parts.queue.dead_letters(10) == []
    assert [delivery.job for delivery in parts.queue.receive(2, timeout=0)] == [jobs[0]]
    assert parts.find_job(jobs[0].id).state == "waiting"
    assert parts.find_job(jobs[1].id).state == "failed"


def test_clearing_takes_back_what_waits_and_forgets_what_is_finished(parts):
    """The line is cancelled, a job in progress goes on, and the list can be emptied."""
    painted, waiting = parts.submit(REQUEST), parts.submit(REQUEST)
    received = Event(kind="received", worker="worker-1", job_id=painted.id, job=painted)
    parts.journal.record(received)
    assert parts.cancel_waiting() == 1
    assert cancellation.is_cancelled(parts.store, waiting.id)
    assert not cancellation.is_cancelled(parts.store, painted.id)
    assert parts.clear_finished() == 1
    assert [view.job for view in parts.sampler.snapshot().jobs] == [painted]


def test_metadata_is_read_for_a_person_and_not_while_the_store_is_away(parts):
    """A click reads what is known of a picture; with the store away, nobody waits for it."""
    job, pictures = new_job(REQUEST), parts.settings.data_dir / "pictures"
    with pytest.raises(ObjectMissing):
        parts.metadata(job.id)
    body = encode_metadata(metadata_of(job))
    parts.store.put(metadata_name(job.id), body, "application/json")
    assert parts.metadata(job.id) == metadata_of(job)
    with store_away(pictures):
        wait_until(lambda: parts.sampler.snapshot().store.error, what="the store's silence")
        with pytest.raises(StoreUnavailable, match="cannot be used"):
            replace(parts, store=None).metadata(job.id)


def test_parts_are_made_once(parts):
    """All sessions of a process share one sampler."""
    assert runtime.start(parts.settings) is parts
    assert runtime.current() is parts


def test_nothing_runs_before_start():
    """Whoever asks too early is told what to do."""
    with pytest.raises(RuntimeError, match="make demo"):
        runtime.current()


def test_on_a_cluster_the_timeline_has_all_its_lanes(tmp_path, monkeypatch):
    """The cluster is one more source: read by itself, named so, and away without harm."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    settings = Settings(_env_file=None, data_dir=tmp_path, fleet="kubernetes")
    with running(settings) as parts:
        wait_until(lambda: parts.sampler.snapshot().fleet.error, what="the cluster's silence")
        snapshot = parts.sampler.snapshot()
        assert (snapshot.mode, parts.supervisor) == ("cluster", None)
        assert snapshot.lanes == ("requests", "workers", "nodes", "pictures")
        assert "No cluster is configured here" in snapshot.fleet.error
        assert snapshot.queue.value is not None


def test_a_page_opens_while_broker_and_store_are_away(tmp_path):
    """The parts start without their servers, say so, and refuse a job with a sentence."""
    address = f"127.0.0.1:{free_port()}"
    away = Settings(
        _env_file=None,
        data_dir=tmp_path,
        rabbitmq_url=f"amqp://guest:guest@{address}/",
        minio_endpoint=address,
        minio_access_key="key",
        minio_secret_key="secret",
    )
    with running(away) as parts:
        assert parts.sampler.snapshot().mode == "compose"
        wait_until(lambda: parts.sampler.snapshot().queue.error, what="the queue's silence")
        wait_until(lambda: parts.sampler.snapshot().store.error, what="the store's silence")
        snapshot = parts.sampler.snapshot()
        assert (snapshot.queue.value, snapshot.store.value) == (None, None)
        assert snapshot.jobs == ()
        with pytest.raises(QueueUnavailable):
            parts.submit(REQUEST)
        with pytest.raises(StoreUnavailable):
            parts.cancel(new_job(REQUEST).id)
        assert parts.sampler.snapshot().jobs == ()
