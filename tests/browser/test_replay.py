"""`make replay` in a real browser."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from dashboard.recordings.folder import BUNDLED
from dashboard.recordings.reader import read
from dashboard.recordings.replay_state import ReplayState
from tests.support.browser.studio_page import StudioPage
from tests.support.dashboard_server import Dashboard, running_dashboard


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start the dashboard of `make replay`."""
    folder = tmp_path_factory.mktemp("replay")
    with running_dashboard(folder, REPLAY=str(BUNDLED)) as dashboard:
        yield dashboard


def test_end_of_a_replay_shows_the_recorded_figures(
    replay: Dashboard, open_page: Callable[..., Page]
):
    """At the end of the replay, page and API show the figures at the end of the recording."""
    studio = StudioPage(open_page(replay.url))
    bar = studio.page.locator(".replay-bar")
    expect(bar).to_be_visible()
    studio.page.get_by_role("slider", name="Position").press("End")
    recording = read(BUNDLED)
    state = ReplayState(recording)
    state.play_until(recording.end)
    last = state.sampler.snapshot()
    expect(bar.get_by_role("button", name="Play")).to_be_visible()
    strip = studio.page.locator(".numbers")
    expect(strip).to_contain_text(str(last.fleet.value.ready))
    served = httpx.get(f"{replay.url}/api/state").json()
    assert served["pictures_total"] == last.pictures_total
    assert (served["at"], served["mode"]) == (last.at, last.mode)
    expect(studio.tiles).to_have_count(min(20, last.pictures_total))
    studio.page.wait_for_function(
        "() => [...document.querySelectorAll('.tile img')]"
        ".filter((image) => image.checkVisibility()).every((image) => image.naturalWidth > 0)"
    )
    assert httpx.get(f"{replay.url}/readyz").is_success


def test_all_pages_share_one_position(replay: Dashboard, open_page: Callable[..., Page]):
    """Pause, seek and speed apply to every page, also after a reload."""
    speaker = open_page(f"{replay.url}/fleet")
    listener = open_page(f"{replay.url}/present", width=1920, height=1080)
    speaker.get_by_role("button", name="Restart").click()
    speaker.get_by_role("button", name="Pause").click()
    speaker.get_by_role("slider", name="Position").fill("30")
    expect(listener.locator(".replay-bar .time")).to_contain_text("0:30 /")
    speaker.reload()
    expect(speaker.locator(".replay-bar .time")).to_contain_text("0:30 /")
    speaker.locator(".replay-bar [data-speed='5']").click()
    faster = listener.locator(".replay-bar [data-speed='5']")
    expect(faster).to_have_attribute("aria-pressed", "true")
    expect(listener.locator(".st-key-stage_invitation")).to_have_count(0)


def test_settings_are_tried_on_the_recorded_requests(
    replay: Dashboard, open_page: Callable[..., Page]
):
    """Tune simulates the recorded requests, finds settings under a limit, and gives their patch."""
    page = open_page(f"{replay.url}/tune?arrivals=Recording", width=1440, height=1000)
    sentence = page.locator(".why")
    expect(sentence).to_contain_text("With the real settings, 1 request per worker, 0 to 8 workers")
    expect(page.locator(".st-key-card_patch")).to_contain_text("Nothing differs")
    page.get_by_role("slider", name="Maximum").fill("4")
    expect(sentence).to_contain_text("What if 1 request per worker, 0 to 4 workers")
    expect(page.locator(".patch pre")).to_contain_text("maxReplicaCount: 4  # was 8")
    page.get_by_label("Cheapest with p95 under").fill("40")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".st-key-card_pareto")).to_contain_text("The cheapest under 40 s")
    page.get_by_role("button", name="Reset to real").click()
    expect(sentence).to_contain_text("With the real settings")
