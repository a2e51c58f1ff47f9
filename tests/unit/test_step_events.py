"""The events of steps: previews travel with them, and hold up neither generation nor order."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.settings import Settings
from tests.support.conditions import HANG_TIMEOUT
from tests.support.flat_generator import FlatGenerator
from tests.support.ready_jobs import process_ready_jobs
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.preview import is_preview
from wire.queues.sqlite import SqliteQueue
from wire.stores.directory import DirectoryStore
from worker.context import WorkerContext
from worker.generator import Pixels
from worker.shutdown import ShutdownSignal

PREVIEW = np.full((16, 16, 3), 200, np.uint8)


class ListedEvents(SqliteEvents):
    """Events that also list what was published."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.published: list[Event] = []

    def publish(self, event: Event) -> None:
        """Publish an event, and list it."""
        self.published.append(event)
        super().publish(event)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[WorkerContext]:
    made = WorkerContext(
        queue=SqliteQueue(tmp_path),
        events=ListedEvents(tmp_path),
        store=DirectoryStore(tmp_path / "pictures"),
        generator=FlatGenerator(previews=lambda: dict.fromkeys(range(4), PREVIEW)),
        settings=Settings(_env_file=None, data_dir=tmp_path, worker_name="tester", batch_size=4),
        shutdown=ShutdownSignal(HANG_TIMEOUT),
    )
    yield made
    made.queue.close()
    made.events.close()


def submit(context: WorkerContext, count: int = 1) -> Job:
    job = new_job(JobRequest(prompt="cartoon dwarf", count=count, steps=4))
    context.queue.publish(job)
    return job


def steps(context: WorkerContext) -> list[Event]:
    return [event for event in context.events.published if event.kind == "step"]


def test_each_job_of_a_batch_has_one_preview(context: WorkerContext):
    """Two jobs of two pictures share a batch: a page shows one preview for each job."""
    jobs = [submit(context, count=2) for _ in range(2)]
    process_ready_jobs(context)
    previews = [event for event in steps(context) if event.preview]
    assert [(event.job_id, event.picture) for event in previews] == [(job.id, 0) for job in jobs]
    assert all(is_preview(event.preview) for event in previews)
    assert {event.step for event in previews} == {2}


def test_slow_preview_holds_up_no_generation(context: WorkerContext):
    """A preview that waits until its batch has ended does not keep it from ending.

    Its step is sent before the picture's end, and no later one overtakes it.
    """
    ended = threading.Event()

    def read() -> dict[int, Pixels]:
        assert ended.wait(HANG_TIMEOUT)
        return {0: PREVIEW}

    context.generator.previews = read
    original = context.generator.generate

    def generate(*arguments: object) -> object:
        try:
            return original(*arguments)
        finally:
            ended.set()

    context.generator.generate = generate
    submit(context)
    process_ready_jobs(context)
    kinds = [event.kind for event in context.events.published]
    assert kinds == ["received", "step", "step", "stored", "done"]
    assert [event.step for event in steps(context)] == [1, 2]


def test_failed_preview_fails_no_job(context: WorkerContext, caplog: pytest.LogCaptureFixture):
    """A preview that cannot be read is logged, and its picture is stored."""

    def read() -> dict[int, Pixels]:
        raise RuntimeError("no preview")

    context.generator.previews = read
    submit(context)
    process_ready_jobs(context)
    assert context.events.published[-1].kind == "done"
    assert "were not sent" in caplog.text


def test_frequent_steps_do_not_displace_previews(context: WorkerContext):
    """A step with a preview is sent although the one before was sent a moment ago."""
    submit(context)
    process_ready_jobs(context)
    assert [event.step for event in steps(context) if event.preview] == [2]
