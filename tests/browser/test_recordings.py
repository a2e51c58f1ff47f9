"""Recordings in a real browser: record a run, replay it for everybody, download a report."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.recordings.reader import read
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.browser.studio_page import StudioPage
from tests.support.dashboard_server import Dashboard, running_dashboard

HOSTILE = "<img src=x onerror=document.title='hit'> **bold** $x$ \u202eright to left\u202c 🐈"
NAME = "<b>My</b> talk"


@pytest.fixture(scope="module")
def recorded(
    shared_dashboard: Dashboard, worker: ScriptedWorker, browser: Browser, tmp_path_factory
) -> Path:
    """Record a hostile prompt with the page's buttons, and download the file."""
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.goto(f"{shared_dashboard.url}/recordings")
    page.get_by_label("Name").fill(NAME)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("p.recording")).to_contain_text(f"{NAME} ")
    shared_dashboard.submit(HOSTILE)
    worker.generate()
    expect(page.locator("p.recording")).to_contain_text("1 picture,")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".recording-text").filter(has_text=NAME)).to_contain_text("1 picture")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=True).first.click()
    path = tmp_path_factory.mktemp("downloads") / "talk.jsonl"
    download.value.save_as(path)
    context.close()
    return path


def test_downloaded_recording_is_complete(recorded: Path):
    """The downloaded file contains the job, its picture and its metadata."""
    recording = read(recorded)
    assert (recording.header.name, recording.truncated) == (NAME, False)
    assert sorted(name[-5:] for name in recording.objects) == [".json", "0.png"]
    prompts = [getattr(step.input, "prompt", None) for step in recording.steps]
    assert HOSTILE in prompts


def test_report_shows_prompts_as_text(
    recorded: Path,  # noqa: ARG001, makes the recording
    shared_dashboard: Dashboard,
    open_page: Callable[..., Page],
    tmp_path: Path,
):
    """The report is a self-contained page: hostile prompts are text, and it requests nothing."""
    [file] = (shared_dashboard.data_dir / "recordings").glob("*.jsonl")
    recorded_run = httpx.get(f"{shared_dashboard.url}/recordings/{file.name}/report")
    live_run = httpx.get(f"{shared_dashboard.url}/report?seconds=600")
    for name, response in (("recording", recorded_run), ("live", live_run)):
        assert response.headers["content-disposition"].startswith("attachment")
        path = tmp_path / f"{name}.html"
        path.write_bytes(response.content)
        page = open_page(path.as_uri(), reused=False)
        requested = []
        page.on("request", lambda request, urls=requested: urls.append(request.url))
        page.reload()
        assert page.locator("figcaption").inner_text() == HOSTILE
        assert page.title() != "hit"
        assert page.locator("figure img").evaluate("image => image.naturalWidth") > 0
        assert [url for url in requested if not url.startswith(("data:", "file:"))] == []


def test_souvenir_replays_from_a_disk(
    recorded: Path,  # noqa: ARG001, makes the recording
    shared_dashboard: Dashboard,
    open_page: Callable[..., Page],
    tmp_path: Path,
):
    """The file plays without a server; hostile prompts are text, and its policy blocks nothing."""
    [file] = (shared_dashboard.data_dir / "recordings").glob("*.jsonl")
    path = tmp_path / "souvenir.html"
    path.write_bytes(httpx.get(f"{shared_dashboard.url}/recordings/{file.name}/souvenir").content)
    page = open_page(path.as_uri(), width=390, height=844, reused=False)
    problems, requested = [], []
    page.on("console", lambda message: problems.append(message.text))
    page.on("request", lambda request: requested.append(request.url))
    page.reload()
    picture = page.locator(".pictures-wall button")
    expect(picture).to_have_text(HOSTILE)
    expect(page.locator("[data-number=pictures]")).to_have_text("1")
    page.get_by_role("slider", name="Time").fill("0")
    expect(picture).to_be_hidden()
    page.get_by_role("button", name="60x").click()
    page.get_by_role("button", name="Play").click()
    expect(picture).to_be_visible()
    picture.click()
    assert page.locator("dialog img").evaluate("image => image.decode().then(() => true)")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.title() == NAME
    assert [url for url in requested if not url.startswith(("data:", "file:"))] == []
    assert problems == []


def test_recording_plays_for_everybody_until_back_to_live(
    recorded: Path,  # noqa: ARG001, makes the recording
    shared_dashboard: Dashboard,
    open_page: Callable[..., Page],
):
    """Play replays the recording on all open pages; Back to live shows the live run again.

    Text in a prompt form that is hidden meanwhile is kept.
    """
    audience = StudioPage(open_page(shared_dashboard.url))
    audience.prompt.fill("half a thought")
    speaker = open_page(f"{shared_dashboard.url}/recordings")
    card = speaker.locator("[class*='st-key-card_recording_']").filter(has_text=NAME)
    card.get_by_role("button", name="Play", exact=True).click()
    expect(audience.page.locator(".replay-bar")).to_contain_text(NAME)
    expect(audience.page.locator(".pill.mode")).to_contain_text("replay")
    expect(audience.page.get_by_text("nothing is sent and nothing is changed")).to_be_visible()
    expect(audience.prompt).to_be_hidden()
    expect(audience.page.get_by_role("button", name="Generate", exact=True)).to_have_count(0)
    refused = httpx.post(f"{shared_dashboard.url}/api/jobs", json={"prompt": "cat"})
    assert (refused.status_code, "replay" in refused.json()["error"]) == (503, True)
    assert httpx.get(f"{shared_dashboard.url}/readyz").is_success  # the live run goes on
    speaker.locator(".replay-bar [data-speed='20']").click()
    expect(audience.card(HOSTILE)).to_contain_text("done")
    expect(audience.tiles).to_have_count(1)
    speaker.get_by_role("button", name="Back to live").click()
    expect(audience.page.locator(".replay-bar")).to_have_count(0)
    expect(audience.page.get_by_role("button", name="Generate", exact=True)).to_be_enabled()
    expect(audience.prompt).to_have_value("half a thought")


def test_recording_is_deleted_after_a_confirmation(recorded: Path, open_page: Callable[..., Page]):
    """The recording is gone after the confirmation; the bundled one of the same name stays."""
    with running_dashboard(recorded.parent / "data", FLEET="none") as dashboard:
        folder = dashboard.data_dir / "recordings"
        folder.mkdir()
        (folder / "talk.jsonl").write_bytes(recorded.read_bytes())
        (folder / "broken.jsonl").write_text("{}\n")
        page = open_page(f"{dashboard.url}/recordings")
        expect(page.get_by_text("is not a recording")).to_be_visible()
        expect(page.get_by_role("button", name="Delete")).to_have_count(2)
        card = page.locator(".st-key-card_recording_talk-jsonl")
        card.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete permanently").click()
        expect(card).to_have_count(0)
        assert not (folder / "talk.jsonl").exists()
