"""While the store hangs, only the requests that need it wait, and not for long."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.settings import Settings
from dashboard import runtime
from dashboard.routes import api, files, health, join
from dashboard.routes import jobs as job_routes
from dashboard.routes.blocking import StoreCalls
from dashboard.routes.v1 import routes as v1
from dashboard.runtime.context import AppContext
from tests.support.conditions import HANG_TIMEOUT
from wire.messages.job import JobRequest, new_job

HANG_SECONDS = 60
_HANG = f"""
import asyncio, contextlib, time
from core.errors import StoreUnavailable
from dashboard.routes.blocking import StoreCalls
with contextlib.suppress(StoreUnavailable):
    asyncio.run(StoreCalls("test", 1, 0.1).run(time.sleep, {HANG_SECONDS}))
"""
UNKNOWN = [new_job(JobRequest(prompt="a cat")).id for _ in range(100)]


@pytest.fixture
def released() -> threading.Event:
    """Return what ends the store's silence."""
    return threading.Event()


@pytest.fixture
def context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, released: threading.Event
) -> Iterator[AppContext]:
    """Run a dashboard whose store hangs for reads of objects."""

    def hang(_name: str) -> bytes:
        released.wait(HANG_TIMEOUT)
        return b""

    try:
        context = runtime.start(Settings(_env_file=None, data_dir=tmp_path, fleet="none"))
        monkeypatch.setattr(context.store, "get", hang)
        monkeypatch.setattr(job_routes, "_calls", StoreCalls("test job", 2, 1.0))
        monkeypatch.setattr(files, "_reads", StoreCalls("test picture", 2, 1.0))
        yield context
    finally:
        released.set()
        runtime.stop()


@pytest.fixture
def client(context: AppContext) -> Iterator[TestClient]:
    """Return a client of one server, whose requests share its threads."""
    assert not context.replaying
    routes = [*v1.ROUTES, *api.ROUTES, *files.ROUTES, *health.ROUTES, *join.ROUTES]
    with TestClient(Starlette(routes=routes)) as client:
        yield client


@pytest.mark.parametrize("path", ["/api/jobs/{}", "/join/jobs/{}", "/pictures/{}-0.png"])
def test_requests_that_need_the_store_are_answered_in_time(client: TestClient, path: str):
    """A hundred of them at once get a 503 with a sentence, in bounded threads."""
    before = threading.active_count()
    with ThreadPoolExecutor(len(UNKNOWN)) as pool:
        answers = [pool.submit(client.get, path.format(each)) for each in UNKNOWN]
        known = client.get("/healthz")
    codes = {answer.result().status_code for answer in answers}
    assert known.status_code == 200
    assert codes == {503}
    assert "has not answered for 1 seconds" in answers[0].result().text
    assert threading.active_count() <= before + 4


def test_jobs_of_the_journal_need_no_store(
    client: TestClient,
    context: AppContext,
    released: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
):
    """Known jobs are answered while all threads for unknown ones hang."""
    monkeypatch.setattr(job_routes, "_calls", StoreCalls("test job", 2, HANG_TIMEOUT))
    job = context.submit(JobRequest(prompt="a cat"))
    with ThreadPoolExecutor(len(UNKNOWN)) as pool:
        unknown = [pool.submit(client.get, f"/api/jobs/{each}") for each in UNKNOWN]
        answers: list[httpx.Response] = [
            client.get(f"/api/jobs/{job.id}"),
            client.get(f"/join/jobs/{job.id}"),
            client.post("/api/jobs", json={"prompt": "a dog"}),
        ]
        assert not any(answer.done() for answer in unknown)
        released.set()
    assert [answer.status_code for answer in answers] == [200, 200, 202]


def test_cancellations_do_not_delay_new_jobs(
    client: TestClient,
    context: AppContext,
    released: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
):
    """Cancellations that wait for the store are refused in time; the queue goes on meanwhile."""
    monkeypatch.setattr(job_routes, "_cancellations", StoreCalls("test cancel", 2, 1.0))
    monkeypatch.setattr(context.store, "put", lambda *_: released.wait(HANG_TIMEOUT))
    jobs = [context.submit(JobRequest(prompt="a cat")) for _ in range(20)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        cancelled = [pool.submit(client.delete, f"/api/v1/jobs/{job.id}") for job in jobs]
        sent = [client.post("/api/jobs", json={"prompt": "a dog"}) for _ in range(3)]
        codes = {answer.result(HANG_TIMEOUT / 2).status_code for answer in cancelled}
    assert {answer.status_code for answer in sent} == {202}
    assert codes == {503}


def test_process_ends_while_the_store_hangs():
    """A call that hangs does not delay the end of the dashboard."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", _HANG], check=True)
    assert time.monotonic() - began < HANG_SECONDS / 2


def test_form_opens_without_a_status(client: TestClient):
    """The page for phones opens while the status of an old job cannot be read."""
    assert client.get(f"/join?job={UNKNOWN[0]}").status_code == 200
