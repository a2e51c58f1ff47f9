"""A context that runs on the backends of the settings."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from core.errors import ObjectMissing, QueueUnavailable, StoreUnavailable
from core.settings import Settings
from dashboard import runtime
from dashboard.domain.journal import Journal
from dashboard.runtime import queue_control
from dashboard.sampling import sampler
from dashboard.sampling.announcements import AnnouncementReader
from tests.support.conditions import free_port, wait_until
from tests.support.samples import metadata_of
from tests.support.store_away import store_away
from wire.backends import open_store
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.metadata import encode_metadata
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import metadata_name, picture_name
from wire.queues.base import QueueDepth
from wire.stores import cancellation
from wire.stores.capabilities import write_capabilities
from wire.stores.directory import DirectoryStore

REQUEST = JobRequest(prompt="cartoon dwarf", count=2)


@contextmanager
def running(settings: Settings):
    """Start a context and stop it."""
    try:
        yield runtime.start(settings)
    finally:
        runtime.stop()


@pytest.fixture
def context(tmp_path):
    """Run a context on this machine, without workers."""
    with running(Settings(_env_file=None, data_dir=tmp_path, fleet="none")) as context:
        yield context


def test_submitted_job_is_queued_and_shown(context):
    """A job is accepted once it is on the queue, and is shown immediately."""
    job = context.submit(REQUEST)
    assert [delivery.job for delivery in context.queue.receive(1, timeout=0)] == [job]
    assert [view.state for view in context.sampler.snapshot().jobs] == ["waiting"]
    assert context.find_job(job.id).job == job


def test_cancelled_job_is_marked_in_the_store(context):
    """A worker that receives the job later finds the mark."""
    job = context.submit(REQUEST)
    context.cancel(job.id)
    assert job.id in cancellation.cancelled_jobs(context.store)
    assert context.find_job(job.id).state == "cancelled"


def test_new_picture_triggers_a_refresh(tmp_path, monkeypatch):
    """A picture is shown as soon as its event is received, before the periodic refresh."""
    monkeypatch.setattr(sampler, "REFRESH_INTERVAL_SECONDS", 3600.0)
    with running(Settings(_env_file=None, data_dir=tmp_path, fleet="none")) as context:
        job = context.submit(REQUEST)
        name = picture_name(job.id, 0)
        context.events.publish(
            Event(kind="stored", job_id=job.id, worker="w", picture=0, name=name)
        )
        wait_until(lambda: [each.name for each in context.sampler.snapshot().pictures] == [name])


def test_stored_announcement_is_read(tmp_path):
    """A dashboard that starts while no worker runs knows what the model accepts."""
    settings = Settings(_env_file=None, data_dir=tmp_path, fleet="none")
    model = ModelCapabilities(model_id="m", schedulers=("Euler",))
    write_capabilities(open_store(settings), model)
    with running(settings) as context:
        wait_until(lambda: context.sampler.snapshot().model == model, what="the model")


def test_announcement_by_event_is_not_undone_by_an_older_object(tmp_path):
    """An object that did not change since it was read is older than a new event."""
    store, journal = DirectoryStore(tmp_path), Journal()
    stored, announced, replaced = (ModelCapabilities(model_id=name) for name in "abc")
    reader = AnnouncementReader(store, journal)
    reader.read()
    write_capabilities(store, stored)
    reader.read()
    journal.record_model(announced)
    reader.read()
    assert journal.model() == announced
    write_capabilities(store, replaced)
    reader.read()
    assert journal.model() == replaced


def test_unknown_job_is_none(context):
    """Neither an unknown nor an invalid id raises an error."""
    assert context.find_job(new_job(REQUEST).id) is None
    assert context.find_job("no id at all") is None


def test_restart_restores_waiting_jobs(tmp_path):
    """A dashboard with a local queue knows the waiting jobs after a restart."""
    settings = Settings(_env_file=None, data_dir=tmp_path, fleet="none")
    with running(settings) as context:
        job = context.submit(REQUEST)
    with running(settings) as context:
        wait_until(lambda: context.journal.find(job.id), what="the job is known again")
        wait_until(lambda: context.sampler.snapshot().queue.value, what="the queue is read")
        assert context.sampler.snapshot().queue.value.ready == 1


def test_dead_lettered_job_is_shown_as_failed(context):
    """A job that crashed every worker has no event; its dead letter has the reason."""
    job = context.submit(REQUEST)
    context.queue.reject(context.queue.receive(1, timeout=0)[0], "It was tried 5 times.")
    assert context.dead_letters.read() == 1
    view = context.journal.find(job.id)
    assert (view.state, view.detail) == ("failed", "It was tried 5 times.")


def test_dead_letter_is_found_behind_many_older_ones(context):
    """A job is shown as failed although 150 older dead letters precede its own."""
    for number in range(150):
        context.queue.publish(new_job(JobRequest(prompt=f"old {number}")))
    for delivery in context.queue.receive(150, timeout=0):
        context.queue.reject(delivery, "It is old.")
    job = context.submit(REQUEST)
    fail(context, job)
    context.dead_letters.read()
    assert context.find_job(job.id).state == "failed"


def fail(context, job):
    """Reject a job as a worker does."""
    [delivery] = context.queue.receive(1, timeout=0)
    assert delivery.job == job
    context.queue.reject(delivery, "Out of memory.")


def test_retry_moves_the_dead_letter_to_the_queue(context):
    """A failed job returns to the queue unchanged, and its dead letter is gone."""
    job = context.submit(REQUEST)
    fail(context, job)
    context.dead_letters.read()
    assert context.retry(job) == job
    assert context.queue.dead_letters(10) == []
    assert [view.state for view in context.sampler.snapshot().jobs] == ["waiting"]
    assert [delivery.job for delivery in context.queue.receive(2, timeout=0)] == [job]


def test_retry_without_a_dead_letter_submits_the_same_request(context):
    """A failed job whose dead letter was dropped can be retried as a new job."""
    gone = new_job(REQUEST)
    again = context.retry(gone)
    assert again.id != gone.id
    assert [delivery.job for delivery in context.queue.receive(2, timeout=0)] == [again]
    assert JobRequest(**again.model_dump(exclude={"id", "submitter"})) == REQUEST


def test_retry_keeps_the_fields_of_a_newer_version(context):
    """A job of a newer client loses nothing when this dashboard retries it."""
    newer = new_job(JobRequest(prompt="a cat", loras=[{"name": "ink"}], clip_skip=2))
    assert context.retry(newer).model_extra == {"clip_skip": 2}
    [delivery] = context.queue.receive(1, timeout=0)
    assert delivery.job.model_extra == {"clip_skip": 2}
    assert delivery.job.parameters == newer.parameters


def test_dead_letter_can_be_retried_or_dropped(context):
    """A dead letter leaves the list as soon as it is retried or dropped."""
    jobs = [context.submit(REQUEST), context.submit(REQUEST)]
    for job in jobs:
        fail(context, job)
    assert context.dead_letters.read() == 2
    dropped, retried = context.dead_letters.letters()
    context.drop_dead_letter(dropped)
    context.retry_dead_letter(retried)
    assert context.dead_letters.letters() == ()
    assert context.queue.dead_letters(10) == []
    assert [delivery.job for delivery in context.queue.receive(2, timeout=0)] == [jobs[0]]
    assert context.find_job(jobs[0].id).state == "waiting"
    assert context.find_job(jobs[1].id).state == "failed"


def test_clearing_cancels_waiting_and_removes_finished_jobs(context):
    """Waiting jobs are cancelled, a job in progress goes on, and finished jobs leave the list."""
    generating, waiting = context.submit(REQUEST), context.submit(REQUEST)
    context.queue.receive(1, timeout=0)
    received = Event(kind="received", worker="worker-1", job_id=generating.id, job=generating)
    context.journal.record(received)
    assert queue_control.cancel_waiting() == 1
    assert context.queue.depth() == QueueDepth(0, 1)
    assert context.find_job(waiting.id).state == "cancelled"
    assert context.clear_finished() == 1
    assert [view.job for view in context.sampler.snapshot().jobs] == [generating]


def test_metadata_fails_fast_while_the_store_is_unavailable(context):
    """Metadata is read on demand; without the store, no click waits for a timeout."""
    job, pictures = new_job(REQUEST), context.settings.data_dir / "pictures"
    with pytest.raises(ObjectMissing):
        context.metadata(job.id)
    body = encode_metadata(metadata_of(job))
    context.store.put(metadata_name(job.id), body, "application/json")
    assert context.metadata(job.id) == metadata_of(job)
    with store_away(pictures):
        wait_until(lambda: context.sampler.snapshot().store.error, what="the store's error")
        with pytest.raises(StoreUnavailable, match="cannot be used"):
            replace(context, store=None).metadata(job.id)


def test_context_is_created_once(context):
    """All sessions of a process share one sampler."""
    assert runtime.start(context.settings) is context
    assert runtime.current() is context


def test_no_context_before_start():
    """The error names the command that starts a dashboard."""
    with pytest.raises(RuntimeError, match="make demo"):
        runtime.current()


def test_timeline_on_a_cluster_has_all_lanes(tmp_path, monkeypatch):
    """The cluster is a source of its own: the others are read while it is unavailable."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    settings = Settings(_env_file=None, data_dir=tmp_path, fleet="kubernetes")
    with running(settings) as context:
        wait_until(lambda: context.sampler.snapshot().fleet.error, what="the cluster's error")
        snapshot = context.sampler.snapshot()
        assert (snapshot.mode, context.supervisor) == ("cluster", None)
        assert snapshot.lanes == ("requests", "workers", "nodes", "pictures")
        assert "No cluster is configured here" in snapshot.fleet.error
        assert snapshot.queue.value is not None


def test_context_starts_without_broker_and_store(tmp_path):
    """Without its servers the context starts, shows errors, and refuses jobs."""
    address = f"127.0.0.1:{free_port()}"
    unavailable = Settings(
        _env_file=None,
        data_dir=tmp_path,
        rabbitmq_url=f"amqp://guest:guest@{address}/",
        minio_endpoint=address,
        minio_access_key="key",
        minio_secret_key="secret",
    )
    with running(unavailable) as context:
        assert context.sampler.snapshot().mode == "compose"
        wait_until(lambda: context.sampler.snapshot().queue.error, what="the queue's error")
        wait_until(lambda: context.sampler.snapshot().store.error, what="the store's error")
        snapshot = context.sampler.snapshot()
        assert (snapshot.queue.value, snapshot.store.value) == (None, None)
        assert snapshot.jobs == ()
        with pytest.raises(QueueUnavailable):
            context.submit(REQUEST)
        with pytest.raises(StoreUnavailable):
            context.cancel(new_job(REQUEST).id)
        assert context.sampler.snapshot().jobs == ()
