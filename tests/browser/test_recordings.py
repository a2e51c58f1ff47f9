"""Recordings in a real browser: keep a run, play it for everybody, report on it."""

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
    """Record a hostile prompt from the page, from the first click to the downloaded file."""
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


def test_a_run_recorded_from_the_page_is_one_whole_file(recorded: Path):
    """The file that was downloaded holds the job, its picture and what is known of it."""
    found = read(recorded)
    assert (found.header.name, found.cut) == (NAME, False)
    assert (
        sorted(name[-5:] for name in found.places) == [".json", "0.png"] or len(found.places) == 2
    )
    prompts = [getattr(step.input, "prompt", None) for step in found.steps]
    assert HOSTILE in prompts


def test_the_report_shows_prompts_as_typed(
    recorded: Path,  # noqa: ARG001, it made the recording
    shared_dashboard: Dashboard,
    open_page: Callable[..., Page],
    tmp_path: Path,
):
    """The report is a page of its own that shows hostile prompts as text and fetches nothing."""
    [file] = (shared_dashboard.data_dir / "recordings").glob("*.jsonl")
    answer = httpx.get(f"{shared_dashboard.url}/recordings/{file.name}/report")
    live = httpx.get(f"{shared_dashboard.url}/report?seconds=600")
    for name, each in (("recording", answer), ("live", live)):
        assert each.headers["content-disposition"].startswith("attachment")
        path = tmp_path / f"{name}.html"
        path.write_bytes(each.content)
        page = open_page(path.as_uri())
        asked = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.reload()
        assert page.locator("figcaption").inner_text() == HOSTILE
        assert page.title() != "hit"
        assert page.locator("figure img").evaluate("image => image.naturalWidth") > 0
        assert [url for url in asked if not url.startswith(("data:", "file:"))] == []


def test_a_recording_plays_in_place_for_everybody_and_there_is_a_way_back(
    recorded: Path,  # noqa: ARG001, it made the recording
    shared_dashboard: Dashboard,
    open_page: Callable[..., Page],
):
    """One click shows the recording on all open pages, marked; another brings the live run back."""
    audience = StudioPage(open_page(shared_dashboard.url))
    speaker = open_page(f"{shared_dashboard.url}/recordings")
    own = speaker.locator("[class*='st-key-card_recording_']").filter(has_text=NAME)
    own.get_by_role("button", name="Play", exact=True).click()
    expect(audience.page.locator(".replay-bar")).to_contain_text(NAME)
    expect(audience.page.locator(".pill.mode")).to_contain_text("replay")
    expect(audience.page.get_by_text("nothing is sent and nothing is changed")).to_be_visible()
    expect(audience.page.get_by_role("button", name="Paint", exact=True)).to_be_disabled()
    refused = httpx.post(f"{shared_dashboard.url}/api/jobs", json={"prompt": "cat"})
    assert (refused.status_code, "replay" in refused.json()["error"]) == (503, True)
    assert httpx.get(f"{shared_dashboard.url}/readyz").is_success  # the live run goes on
    speaker.locator(".replay-bar [data-speed='20']").click()
    expect(audience.card(HOSTILE)).to_contain_text("done")
    expect(audience.tiles).to_have_count(1)
    speaker.get_by_role("button", name="Back to live").click()
    expect(audience.page.locator(".replay-bar")).to_have_count(0)
    expect(audience.page.get_by_role("button", name="Paint", exact=True)).to_be_enabled()


def test_a_recording_is_deleted_only_after_a_second_click(
    recorded: Path, open_page: Callable[..., Page]
):
    """Deleting asks first; then it is gone, and the bundled one stays, though of the same name."""
    with running_dashboard(recorded.parent / "data", FLEET="none") as dashboard:
        folder = dashboard.data_dir / "recordings"
        folder.mkdir()
        (folder / "talk.jsonl").write_bytes(recorded.read_bytes())
        (folder / "broken.jsonl").write_text("{}\n")
        page = open_page(f"{dashboard.url}/recordings")
        expect(page.get_by_text("is not a recording")).to_be_visible()
        expect(page.get_by_role("button", name="Delete")).to_have_count(2)
        mine = page.locator(".st-key-card_recording_talk-jsonl")
        mine.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete for good").click()
        expect(mine).to_have_count(0)
        assert not (folder / "talk.jsonl").exists()
