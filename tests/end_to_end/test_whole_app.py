"""From a prompt in a browser to a picture, with real servers and workers, and with failures."""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import httpx
import pika
import psutil
import pytest
from playwright.sync_api import Page, expect

from core.errors import QueueError
from core.settings import Settings
from tests.end_to_end.conftest import QUICK_FLEET
from tests.support.browser.presenter import log_in
from tests.support.browser.studio_page import StudioPage
from tests.support.conditions import wait_until
from tests.support.dashboard_server import Dashboard, stop
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer
from wire.backends import open_queue, open_store
from wire.messages.metadata import decode_metadata
from wire.messages.names import QUEUE
from wire.messages.object_names import metadata_name, parse_metadata_name
from wire.queues.base import DeadLetter, Queue
from wire.stores.base import Entry

_PICTURES_ARE_LOADED = """() => [...document.querySelectorAll(".tile img")]
  .filter((image) => image.checkVisibility()).every((image) => image.naturalWidth > 0)"""

INVALID_MESSAGES = (
    b"hello",
    b"[1, 2]",
    b'{"count": 4}',
    b'{"prompt": "cat", "count": 0}',
    b'{"prompt": "cat", "count": -1}',
    b'{"prompt": "cat", "count": 1000000000}',
    b'{"prompt": "cat", "count": "7"}',
    b'{"prompt": "c\\u0000at"}',
    b'{"prompt": "cat\x00"}',
    json.dumps({"prompt": "cat " * 25_000}).encode(),
    b"[" * 10 * 2**20,
)


def test_killed_worker_loses_no_job(app: Dashboard, open_page: Callable[..., Page]):
    """A job whose workers are all killed in the middle of it is finished by another worker.

    The presenter kills the first one on stage, and the page counts that nothing is lost.
    """
    remote = open_page(f"{app.url}/remote")
    log_in(remote)
    jobs = [app.submit("a job that outlives its worker", count=8) for _ in range(2)]
    wait_until(lambda: app.job(jobs[0])["pictures"], what="the first picture")
    remote.get_by_role("button", name="Kill worker-").click()
    remote.get_by_role("button", name="Cancel").wait_for()
    remote.get_by_role("button", name="Kill worker-").click()
    expect(remote.locator(".fault-result")).to_contain_text("killed")
    for worker in _workers(app):
        worker.kill()
    for job_id in jobs:
        assert len(set(_wait_for_done(app, job_id)["pictures"])) == 8
    expect(remote.locator(".fault-line")).to_contain_text(re.compile(r"Nothing lost.*, 0 lost\."))


@pytest.mark.usefixtures("servers")
def test_message_of_the_older_sample_is_processed(
    servers: Dashboard,  # noqa: ARG001, declares the queue and starts the worker
    server_settings: Settings,
):
    """A prompt and count from any AMQP client become the objects that the older sample wrote."""
    store = open_store(server_settings)
    before = _metadata_names(store.entries())
    _send(server_settings, [b'{"prompt": "yellow submarine", "count": 4}'])
    [name] = wait_until(
        lambda: _metadata_names(store.entries()) - before, what="metadata is stored"
    )
    job_id = parse_metadata_name(name)
    names = [entry.name for entry in store.entries() if entry.name.startswith(job_id)]
    assert names == [*(f"{job_id}-{number}.png" for number in range(4)), f"{job_id}.json"]
    metadata = json.loads(store.get(metadata_name(job_id)))
    assert metadata["prompt"] == "yellow submarine"
    assert metadata["number_of_images"] == 4
    assert {"image_width", "image_height", "lcm_model_id", "inference_steps"} <= set(metadata)


def test_invalid_messages_become_dead_letters(servers: Dashboard, server_settings: Settings):
    """Each is dead-lettered with its reason, and the job behind them is done."""
    with closing(open_queue(server_settings)) as queue:
        queue.depth()  # declares the queue, which the dashboard does in the background
        _send(server_settings, INVALID_MESSAGES)
        _wait_for_done(servers, servers.submit("the job behind them"))
        letters = wait_until(
            lambda: _all_dead(queue, len(INVALID_MESSAGES)), what="all are dead letters"
        )
    assert all(letter.reason for letter in letters)


def test_broker_restart_loses_no_job(servers: Dashboard, rabbitmq: RabbitServer, vhost: str):
    """Waiting jobs and jobs in progress survive a broker that is killed and restarted."""
    jobs = [servers.submit(f"a job of {count}", count=count) for count in (8, 2, 2)]
    wait_until(lambda: servers.job(jobs[0])["pictures"], what="the first picture")
    wait_until(lambda: rabbitmq.has_queue_on_disk(vhost, QUEUE), what="the queue is on the disk")
    rabbitmq.stop()
    rabbitmq.start()
    for job_id in jobs:
        _wait_for_done(servers, job_id)


def test_store_outage_delays_a_job(servers: Dashboard, minio: MinioServer):
    """A job waits while its store is down, and then completes."""
    job_id = servers.submit("patience", count=8)
    wait_until(lambda: servers.job(job_id)["pictures"], what="the first picture")
    minio.stop()
    wait_until(lambda: httpx.get(f"{servers.url}/readyz").status_code == 503, what="not ready")
    minio.start()
    assert len(_wait_for_done(servers, job_id)["pictures"]) == 8


def test_queue_and_pictures_survive_a_restart(
    start_dashboard: Callable[..., Dashboard],
):
    """No process outlives a stop; the next start has the pictures and does the waiting jobs."""
    first = start_dashboard(**QUICK_FLEET)
    done = first.submit("done before")
    _wait_for_done(first, done)
    workers = _workers(first)
    stop(first.process)
    assert not any(worker.is_running() for worker in workers)

    without_workers = start_dashboard(FLEET="none")
    waiting = without_workers.submit("sent in between")
    stop(without_workers.process)

    second = start_dashboard(**QUICK_FLEET)
    assert second.job(done)["state"] == "done"
    assert _wait_for_done(second, waiting)["prompt"] == "sent in between"


def test_pictures_of_a_job_match_its_metadata(laptop: Dashboard):
    """The HTTP API serves a job's pictures as PNGs, and its metadata has the same names."""
    job_id = laptop.submit("cat", count=2)
    pictures = _wait_for_done(laptop, job_id)["pictures"]
    answers = [httpx.get(laptop.url + picture) for picture in pictures]
    assert all(answer.content.startswith(b"\x89PNG") for answer in answers)
    stored = (laptop.data_dir / "pictures" / metadata_name(job_id)).read_bytes()
    names = decode_metadata(stored).pictures
    assert pictures == [f"/pictures/{name}" for name in names]


def test_prompt_becomes_pictures_and_workers_scale_to_zero(
    app: Dashboard, open_page: Callable[..., Page]
):
    """The page shows a prompt's states and pictures, and then the workers stop."""
    studio = StudioPage(open_page(app.url))
    studio.generate("yellow submarine")
    card = studio.card("yellow submarine")
    expect(card).to_contain_text("0 of 4")
    expect(card).to_contain_text("done")
    expect(studio.tiles.filter(has=studio.page.get_by_alt_text("yellow submarine"))).to_have_count(
        4
    )
    studio.page.wait_for_function(_PICTURES_ARE_LOADED)
    expect(studio.page.get_by_text("Why no workers")).to_be_visible()
    wait_until(lambda: not _workers(app), what="no worker is left")


def _wait_for_done(app: Dashboard, job_id: str) -> dict[str, Any]:
    def finished() -> dict[str, Any] | None:
        job = app.job(job_id)
        return job if job["state"] in ("done", "failed", "cancelled") else None

    job = wait_until(finished, what=f"job {job_id} ends")
    assert job["state"] == "done", job
    return job


def _workers(app: Dashboard) -> list[psutil.Process]:
    children = psutil.Process(app.process.pid).children(recursive=True)
    return [child for child in children if child.is_running() and "worker" in _command(child)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _send(settings: Settings, bodies: Iterable[bytes]) -> None:
    """Publish like a client that knows only the name of the queue."""
    url = settings.rabbitmq_url.get_secret_value()
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish("", QUEUE, body, mandatory=True)


def _metadata_names(entries: Iterable[Entry]) -> set[str]:
    return {entry.name for entry in entries if parse_metadata_name(entry.name)}


def _all_dead(queue: Queue, count: int) -> list[DeadLetter] | None:
    try:
        letters = queue.dead_letters(100)
    except QueueError:
        return None
    return letters if len(letters) == count else None
