"""From a prompt in a browser to a picture, with every part real, and with parts that die."""

import json
from collections.abc import Callable, Iterable
from contextlib import closing

import httpx
import pika
import psutil
import pytest
from playwright.sync_api import Page, expect

from core.errors import QueueError
from core.settings import Settings
from tests.end_to_end.conftest import QUICK_FLEET
from tests.support.browser.studio_page import StudioPage
from tests.support.conditions import wait_until
from tests.support.dashboard_server import Dashboard, stop
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer
from wire.backends import open_queue, open_store
from wire.messages.names import QUEUE
from wire.messages.picture import decode_metadata, metadata_name, parse_metadata_name

PAINTED_WITHIN = 90
"""Seconds; libraries and a model are loaded first, on a machine that may be busy."""

_PICTURES_SHOW = """[...document.querySelectorAll(".tile img")]
  .filter((image) => image.checkVisibility()).every((image) => image.naturalWidth > 0)"""

NO_JOBS = (
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


def test_prompt_becomes_pictures_and_the_workers_go(app: Dashboard, open_page: Callable[..., Page]):
    """A typed prompt starts a worker, shows its states and pictures, and ends at zero workers."""
    studio = StudioPage(open_page(app.url))
    studio.paint("yellow submarine")
    card = studio.card("yellow submarine")
    expect(card).to_contain_text("0 of 4")
    expect(card).to_contain_text("done", timeout=PAINTED_WITHIN * 1000)
    expect(studio.tiles).to_have_count(4)
    studio.page.wait_for_function(_PICTURES_SHOW)
    expect(studio.page.get_by_text("Why no workers")).to_be_visible(timeout=60_000)
    wait_until(lambda: not _workers(app), what="no worker is left")


def test_killed_worker_loses_no_job(app: Dashboard):
    """A worker that is killed in the middle of a job leaves it to another, which finishes it."""
    job_id = app.submit("a job that outlives its worker", count=8)
    wait_until(lambda: app.job(job_id)["pictures"], PAINTED_WITHIN, "the first picture")
    [worker] = _workers(app)
    worker.kill()
    done = _wait_for_done(app, job_id)
    assert len(set(done["pictures"])) == 8


@pytest.mark.usefixtures("servers")
def test_message_of_the_older_sample_is_painted(server_settings: Settings):
    """Any AMQP client's prompt and count become the objects that the older sample wrote."""
    _send(server_settings, [b'{"prompt": "yellow submarine", "count": 4}'])
    store = open_store(server_settings)
    wait_until(lambda: _metadata_names(store.entries()), PAINTED_WITHIN, "metadata is stored")
    job_id = parse_metadata_name(_metadata_names(store.entries())[0])
    names = [entry.name for entry in store.entries()]
    assert names == [*(f"{job_id}-{number}.png" for number in range(4)), f"{job_id}.json"]
    metadata = json.loads(store.get(metadata_name(job_id)))
    assert metadata["prompt"] == "yellow submarine"
    assert metadata["number_of_images"] == 4
    assert {"image_width", "image_height", "lcm_model_id", "inference_steps"} <= set(metadata)


def test_messages_that_are_no_jobs_stop_nobody(servers: Dashboard, server_settings: Settings):
    """Each goes to the dead letters with its reason, and the job behind them is painted."""
    _send(server_settings, NO_JOBS)
    _wait_for_done(servers, servers.submit("the job behind them"))
    with closing(open_queue(server_settings)) as queue:
        letters = wait_until(lambda: _all_dead(queue, len(NO_JOBS)), what="all are dead letters")
    assert all(letter.reason for letter in letters)


def test_broker_that_restarts_in_the_middle_loses_nothing(
    servers: Dashboard, rabbitmq: RabbitServer, rabbitmq_vhost: str
):
    """Jobs that wait and jobs in progress survive a broker that dies and comes back."""
    jobs = [servers.submit(f"a job of {count}", count=count) for count in (8, 2, 2)]
    wait_until(lambda: servers.job(jobs[0])["pictures"], PAINTED_WITHIN, "the first picture")
    wait_until(
        lambda: rabbitmq.has_queue_on_disk(rabbitmq_vhost, QUEUE), what="the queue is on the disk"
    )
    rabbitmq.stop()
    rabbitmq.start()
    for job_id in jobs:
        _wait_for_done(servers, job_id)


def test_store_that_goes_away_delays_a_job_and_loses_nothing(
    servers: Dashboard, minio: MinioServer
):
    """A job whose store is away waits for it, and then completes."""
    job_id = servers.submit("patience", count=8)
    wait_until(lambda: servers.job(job_id)["pictures"], PAINTED_WITHIN, "the first picture")
    minio.stop()
    wait_until(lambda: httpx.get(f"{servers.url}/readyz").status_code == 503, what="not ready")
    minio.start()
    assert len(_wait_for_done(servers, job_id)["pictures"]) == 8


def test_next_start_finds_queue_and_pictures_as_they_were(
    start_dashboard: Callable[..., Dashboard],
):
    """After Ctrl+C nothing runs; the next start knows the old pictures and paints what waited."""
    first = start_dashboard(**QUICK_FLEET)
    painted = first.submit("painted before")
    _wait_for_done(first, painted)
    workers = _workers(first)
    stop(first.process)
    assert not any(worker.is_running() for worker in workers)

    without_workers = start_dashboard(FLEET="none")
    waiting = without_workers.submit("sent in between")
    stop(without_workers.process)

    second = start_dashboard(**QUICK_FLEET)
    assert second.job(painted)["state"] == "done"
    assert _wait_for_done(second, waiting)["prompt"] == "sent in between"


def test_pictures_of_a_job_are_what_its_metadata_says(laptop: Dashboard):
    """The HTTP API gives a job's pictures as PNGs, and its metadata names the same ones."""
    job_id = laptop.submit("cat", count=2)
    pictures = _wait_for_done(laptop, job_id)["pictures"]
    answers = [httpx.get(laptop.url + picture) for picture in pictures]
    assert all(answer.content.startswith(b"\x89PNG") for answer in answers)
    stored = (laptop.data_dir / "pictures" / metadata_name(job_id)).read_bytes()
    names = decode_metadata(stored).pictures
    assert pictures == [f"/pictures/{name}" for name in names]


def _wait_for_done(app: Dashboard, job_id: str) -> dict:
    def finished() -> dict | None:
        job = app.job(job_id)
        return job if job["state"] in ("done", "failed", "cancelled") else None

    job = wait_until(finished, PAINTED_WITHIN * 2, f"job {job_id} ends")
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
    """Publish as a client would that knows the queue's name and nothing else of ours."""
    url = settings.rabbitmq_url.get_secret_value()
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish("", QUEUE, body, mandatory=True)


def _metadata_names(entries) -> list[str]:
    return [entry.name for entry in entries if parse_metadata_name(entry.name)]


def _all_dead(queue, count: int):
    try:
        letters = queue.dead_letters(100)
    except QueueError:
        return None
    return letters if len(letters) == count else None
