"""The Fleet page in a real browser: without a fleet, with a busy cluster, with a silent one."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.domain.fleet import Condition, FleetEvent, FleetReading, Node, Scaler, Worker
from dashboard.domain.snapshot import Reading
from tests.support.browser import played_run
from tests.support.browser.layout_shifts import shifts, watch
from tests.support.browser.screen_sizes import on_screens, wait_until_fits
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.dashboard_server import Dashboard, running_dashboard
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.telemetry import Telemetry

NOW = 1_800_000_000.0
SECONDS = 900
HOSTILE = "<img src=x onerror=alert(1)>"
JOB = new_job(JobRequest(prompt=HOSTILE, count=4))
WORKERS = 200
SCALER = Scaler(
    kind="ScaledObject",
    trigger="rabbitmq, queue tasks",
    jobs=5,
    jobs_per_worker=1,
    minimum=0,
    maximum=WORKERS,
    polling_interval=5,
    cooldown_period=150,
    conditions=(Condition("Ready", status=True), Condition("Fallback", status=False)),
    name="worker",
)

GPU = Telemetry(
    device="NVIDIA H100",
    gpu_uuid="GPU-1",
    utilization_ratio=0.97,
    memory_used_bytes=21 * 2**30,
    memory_total_bytes=80 * 2**30,
)


def reading(second: float) -> FleetReading:
    """Return a reading of 200 workers, one of them generating and one failed."""
    generating = Worker("worker-0", "generating", "step 1 of 4", NOW, "gpu-0", JOB.id)
    failed = Worker("worker-199", "failed", "CrashLoopBackOff <b>again</b>", NOW)
    others = [
        Worker(f"worker-{n}", "starting" if second % 4 < 2 else "idle", "reason", NOW + second)
        for n in range(1, WORKERS - 1)
    ]
    nodes = (
        Node("gpu-0", "NVIDIA L4", 2, 2, True, NOW, "gpu-spot", "spot", 2, "ready"),
        Node("gpu-1", "NVIDIA L4", 2, None, False, NOW, gpus=2, state="cordoned"),
    )
    return FleetReading(
        scaler=SCALER,
        wanted=WORKERS,
        ready=100,
        workers=(generating, *others, failed),
        nodes=nodes,
        events=(FleetEvent(NOW, "worker scaled 0 \u2192 1"),),
        warnings=("Events may not be read: events is forbidden.",),
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    """Replay a busy cluster for a quarter of an hour, longer than the tests of this file take."""
    folder = tmp_path_factory.mktemp("cluster")
    fleets = (Reading(reading(half / 2), NOW + half / 2) for half in range(2 * SECONDS))
    events = [
        Event(kind="accepted", at=NOW, job_id=JOB.id, job=JOB),
        Event(kind="received", at=NOW, worker="worker-0", job_id=JOB.id, job=JOB),
        Event(kind="step", at=NOW, worker="worker-0", job_id=JOB.id, picture=0, step=1, steps=4),
    ]
    run = played_run.write(folder / "run.jsonl", NOW, fleets, events)
    with running_dashboard(folder / "data", REPLAY=str(run)) as dashboard:
        yield dashboard


def open_fleet(open_page: Callable[..., Page], url: str, **options: object) -> Page:
    """Open the page and wait until it is drawn."""
    page = open_page(f"{url}/fleet", **options)
    page.locator(".js-plotly-plot .annotation").first.wait_for()
    page.locator(".st-key-card_workers .section-title").wait_for()
    return page


def card(page: Page, name: str):
    """Find a card by its key."""
    return page.locator(f".st-key-card_{name}")


def test_page_without_a_fleet_explains_what_to_do(
    open_page: Callable[..., Page], shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """FLEET=none is explained, workers that report are listed, and a job's link opens it."""
    page = open_fleet(open_page, shared_dashboard.url)
    expect(card(page, "scaler")).to_contain_text("FLEET=none")
    expect(card(page, "workers")).to_contain_text("No workers connected.")
    expect(card(page, "cost")).to_contain_text("this needs readings of a fleet")
    shared_dashboard.submit(HOSTILE, 2)
    delivery = worker.receive()
    link = card(page, "workers").get_by_role("link", name=HOSTILE)
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
    page.wait_for_url(re.compile(f"/jobs\\?job={delivery.job.id}"))
    worker.finish(delivery)


@contextmanager
def reporting(data_dir: Path, *devices: Telemetry) -> Iterator[None]:
    """Be workers that report these devices, each second, until the block ends."""
    events, stopping = SqliteEvents(data_dir), threading.Event()

    def publish() -> None:
        while not stopping.wait(1):
            for device in devices:
                name = f"worker-{device.device}"
                events.publish(Event(kind="telemetry", worker=name, telemetry=device))

    thread = threading.Thread(target=publish)
    thread.start()
    yield
    stopping.set()
    thread.join()
    for device in devices:
        events.publish(Event(kind="stopped", worker=f"worker-{device.device}"))
    events.close()


def test_gpus_appear_with_the_first_report(
    open_page: Callable[..., Page], shared_dashboard: Dashboard
):
    """No page has a trace of GPUs before; then each has a gauge, and unknown is not zero."""
    page = open_fleet(open_page, shared_dashboard.url)
    expect(card(page, "gpus")).to_have_count(0)
    with reporting(shared_dashboard.data_dir, GPU, Telemetry(device="mps")):
        gauges = card(page, "gpus").locator("li")
        expect(gauges).to_have_count(2)
        expect(gauges.first).to_contain_text("97%")
        expect(gauges.first).to_contain_text("21.0 of 80.0 GiB")
        expect(gauges.nth(1)).to_contain_text("temperature unknown")
        expect(gauges.nth(1).get_by_role("meter")).to_have_count(0)
        expect(page.locator(".js-plotly-plot")).to_contain_text("GPU busy")
        page.goto(f"{shared_dashboard.url}/present")
        expect(page.locator(".numbers")).to_contain_text("2 GPUs")
        expect(page.locator(".numbers")).to_contain_text("97 % busy")
    expect(page.locator(".numbers")).to_contain_text("none in use")


def test_cluster_is_shown_as_text(open_page: Callable[..., Page], cluster: Dashboard):
    """Scaler, nodes, workers, events and warnings of a cluster are shown, never as markup."""
    page = open_fleet(open_page, cluster.url)
    expect(card(page, "scaler")).to_contain_text("ScaledObject worker")
    expect(card(page, "scaler")).to_contain_text("not Fallback")
    expect(card(page, "nodes")).to_contain_text("unknown of 2")
    expect(card(page, "explained")).to_contain_text("0 \u2026 200")
    expect(card(page, "explained").locator(".result > b")).to_have_text("200")
    expect(card(page, "map").locator(".place")).to_have_count(3)
    expect(card(page, "map").locator(".squares li")).to_have_count(WORKERS + 1)
    expect(card(page, "map")).to_contain_text("198 starting")
    expect(card(page, "events")).to_contain_text("worker scaled 0")
    expect(page.get_by_text("Events may not be read")).to_be_visible()
    rows = card(page, "workers").locator("tbody tr")
    expect(rows).to_have_count(WORKERS)
    expect(rows.first).to_contain_text("CrashLoopBackOff <b>again</b>")
    expect(rows.nth(1)).to_contain_text(f"{HOSTILE} picture 1 of 4, step 1 of 4")
    assert card(page, "workers").bounding_box()["height"] < 1200


def test_price_is_kept_in_the_address(open_page: Callable[..., Page], cluster: Dashboard):
    """GPU time is compared with always-on workers; the price is part of the link."""
    page = open_fleet(open_page, cluster.url)
    expect(card(page, "cost")).to_contain_text("GPU time")
    price = page.get_by_label("$ per GPU-hour")
    price.fill("36")
    price.press("Enter")
    expect(card(page, "cost").locator(".price").first).to_contain_text("$")
    page.wait_for_url(re.compile("price=36"))
    linked = open_page(page.url)
    expect(linked.get_by_label("$ per GPU-hour")).to_have_value("36.00")


def test_layout_is_stable_while_200_workers_change(
    open_page: Callable[..., Page], cluster: Dashboard
):
    """An update shifts no layout; the list keeps its scroll position and a link its focus."""
    page = open_fleet(open_page, cluster.url)
    link = card(page, "workers").get_by_role("link", name=HOSTILE)
    link.focus()
    scroll = card(page, "workers").locator(".scroll")
    scroll.evaluate("list => { list.scrollTop = 640; }")
    watch(page)
    phase = card(page, "workers").locator("tbody tr").nth(30).locator("td").nth(1)
    for name in ("idle", "starting", "idle"):
        expect(phase).to_have_text(name)
    assert shifts(page) == []
    assert scroll.evaluate("list => list.scrollTop") == 640
    assert link.evaluate("link => link === document.activeElement")


def test_unreachable_cluster_is_unknown_and_not_empty(
    open_page: Callable[..., Page], tmp_path: Path
):
    """When the cluster stops answering, every card shows unknown and the last reading's time."""
    fleets = [Reading(reading(0), NOW), Reading(None, NOW, "The cluster does not answer.")]
    run = played_run.write(tmp_path / "run.jsonl", NOW, fleets)
    with running_dashboard(tmp_path / "data", REPLAY=str(run)) as dashboard:
        page = open_fleet(open_page, dashboard.url)
        for name in ("scaler", "nodes", "workers", "events", "explained"):
            expect(card(page, name)).to_contain_text("Unknown: no reading since")
        expect(card(page, "map")).to_contain_text("Workers and nodes are unknown")
        expect(page.locator(".why")).to_contain_text("the cluster does not answer")


def test_page_fits_its_width(open_page: Callable[..., Page], cluster: Dashboard):
    """The page never scrolls sideways, and no card is cut off."""
    page = open_fleet(open_page, cluster.url, width=820)
    names = ("explained", "map", "scaler", "nodes", "workers", "cost")
    cards = [f".st-key-card_{name}" for name in names]
    for _ in on_screens(page, [(820, 1180), (390, 844)]):
        wait_until_fits(page, ".stMain", *cards)
