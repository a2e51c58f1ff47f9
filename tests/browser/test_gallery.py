"""The Gallery in a real browser, over a folder that the test fills."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser.gallery_page import GalleryPage
from tests.support.browser.hurried_server import open_hurried
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.dashboard_server import Dashboard
from tests.support.samples import metadata_of
from tests.support.store_away import store_away
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.stores.directory import DirectoryStore

HOSTILE = "<img src=x onerror=alert(1)> **bold** $x$ \u202eright to left\u202c 🐈\u200d⬛"


def store_pictures(dashboard: Dashboard, *prompts: str) -> list[str]:
    """Store one picture of each prompt, the last one newest, and return their names."""
    store = DirectoryStore(dashboard.data_dir / "pictures")
    body = io.BytesIO()
    Image.new("RGB", (64, 64), "#6aa5ff").save(body, "PNG")
    jobs = [new_job(JobRequest(prompt=prompt)) for prompt in prompts]
    for job in jobs:
        store.put(picture_name(job.id, 0), body.getvalue(), "image/png")
        store.put(metadata_name(job.id), encode_metadata(metadata_of(job)), "application/json")
    return [picture_name(job.id, 0) for job in jobs]


@pytest.fixture(scope="module")
def pictures(shared_dashboard: Dashboard) -> list[str]:
    """Store 60 pictures, of which every tenth is a dog; return their names, newest first."""
    kinds = ("dog" if number % 10 == 0 else "cat" for number in range(60))
    prompts = [f"{kind} number {number:02}" for number, kind in enumerate(kinds)]
    return store_pictures(shared_dashboard, *prompts)[::-1]


@pytest.fixture
def gallery(
    open_page: Callable[..., Page],
    shared_dashboard: Dashboard,
    pictures: list[str],  # noqa: ARG001, it is what there is to see
) -> GalleryPage:
    """Open the shared dashboard's gallery on its newest page."""
    return GalleryPage(open_page(f"{shared_dashboard.url}/gallery"))


def test_pages_lead_back_in_time_and_the_browsers_buttons_too(
    gallery: GalleryPage, open_page: Callable[..., Page]
):
    """The newest 24 come first; older pages have links, and back and forward work."""
    expect(gallery.tiles).to_have_count(24)
    expect(gallery.summary).to_contain_text("1 to 24 of 60 pictures")
    expect(gallery.tile("cat number 59")).to_be_visible()
    gallery.button("Older →").click()
    expect(gallery.summary).to_contain_text("25 to 48 of 60")
    expect(gallery.tile("cat number 35")).to_be_visible()
    linked = GalleryPage(open_page(gallery.page.url))
    expect(linked.summary).to_contain_text("25 to 48 of 60")
    gallery.page.wait_for_timeout(2000)  # the address bar is followed once it has settled
    gallery.page.go_back()
    expect(gallery.summary).to_contain_text("1 to 24 of 60")
    gallery.page.go_forward()
    expect(gallery.summary).to_contain_text("25 to 48 of 60")
    gallery.button("Oldest").click()
    expect(gallery.summary).to_contain_text("49 to 60 of 60")
    expect(gallery.tiles).to_have_count(12)


def test_search_finds_prompts_and_stays_in_the_address(
    gallery: GalleryPage, open_page: Callable[..., Page]
):
    """A search shows what matches, says what to do where nothing does, and can be linked."""
    gallery.search("DOG number")
    expect(gallery.tiles).to_have_count(6)
    expect(gallery.summary).to_contain_text("6 match")
    gallery.page.wait_for_url(re.compile("search=DOG"))
    expect(GalleryPage(open_page(gallery.page.url)).tiles).to_have_count(6)
    gallery.search("zebra")
    expect(gallery.page.get_by_text("has this word in its prompt")).to_be_visible()
    expect(gallery.tiles).to_have_count(0)


def test_keys_lead_from_picture_to_picture(gallery: GalleryPage, open_page: Callable[..., Page]):
    """Arrows move on the grid and in the details; a link opens the same picture; Escape closes."""
    gallery.tile("cat number 59").focus()
    gallery.page.keyboard.press("ArrowRight")
    gallery.page.keyboard.press("Enter")
    expect(gallery.dialog).to_contain_text("cat number 58")
    gallery.page.keyboard.press("ArrowRight")
    expect(gallery.dialog).to_contain_text("cat number 57")
    gallery.page.keyboard.press("ArrowLeft")
    expect(gallery.dialog).to_contain_text("cat number 58")
    gallery.page.wait_for_url(re.compile("picture="))
    linked = GalleryPage(open_page(gallery.page.url))
    expect(linked.dialog).to_contain_text("cat number 58")
    gallery.page.keyboard.press("Escape")
    expect(gallery.dialog).to_have_count(0)
    gallery.page.wait_for_url(re.compile("gallery$"))


def test_selected_pictures_are_the_ones_in_the_zip(gallery: GalleryPage, pictures: list[str]):
    """Select several, also from two pages, and get exactly those."""
    gallery.button("Select").click()
    gallery.tile("cat number 59").click()
    gallery.tile("cat number 57").click()
    gallery.tile("cat number 58").click()
    gallery.tile("cat number 58").click()
    gallery.button("Older →").click()
    gallery.tile("cat number 35").click()
    expect(gallery.page.get_by_text("3 selected")).to_be_visible()
    with gallery.page.expect_download() as download:
        gallery.page.get_by_role("link", name="Download as zip").click()
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        assert archive.namelist() == [pictures[0], pictures[2], pictures[24]]


def test_star_is_seen_by_everybody(gallery: GalleryPage, open_page: Callable[..., Page]):
    """A star given in the details marks the tile, and the filter shows it to others, too."""
    gallery.tile("cat number 55").click()
    gallery.dialog.get_by_role("button", name="Star").click()
    expect(gallery.dialog.get_by_role("button", name="Starred")).to_be_visible()
    gallery.page.keyboard.press("Escape")
    expect(gallery.page.locator(".tile.starred")).to_have_count(1)
    other = GalleryPage(open_page(gallery.page.url.partition("?")[0] + "?show=Starred"))
    expect(other.tile("cat number 55")).to_be_visible()
    expect(other.tiles).to_have_count(1)


def test_picture_is_painted_again_with_a_new_seed_or_with_its_own(
    gallery: GalleryPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """Paint again asks for another picture of the same; the same seed for the very same one."""
    shared_dashboard.submit("a picture to repeat")
    worker.generate()
    for button, seed in (("Paint again", None), ("Same seed", 1044)):
        gallery.tile("a picture to repeat").first.click()
        gallery.dialog.get_by_role("button", name=button).click()
        expect(gallery.dialog).to_have_count(0)
        delivery = worker.receive()
        asked = (delivery.job.prompt, delivery.job.count, delivery.job.seed)
        assert asked == ("a picture to repeat", 1, seed)
        worker.fail(delivery, "once is enough")


def test_prompt_is_shown_as_typed(
    shared_dashboard: Dashboard, gallery: GalleryPage, worker: ScriptedWorker
):
    """Nothing in a prompt is markup: not on a tile, nor in the details, nor in the search."""
    alerts = []
    gallery.page.on("dialog", lambda alert: (alerts.append(alert.message), alert.dismiss()))
    shared_dashboard.submit(HOSTILE)
    worker.generate()
    expect(gallery.tile(HOSTILE)).to_be_visible()
    gallery.search("<img src=x onerror=alert(1)>")
    expect(gallery.tiles).to_have_count(1)
    gallery.tile(HOSTILE).click()
    expect(gallery.dialog.locator("td").first).to_have_text(HOSTILE)
    assert alerts == []


def test_deleted_pictures_are_gone_for_everybody(
    dashboard: Dashboard, open_page: Callable[..., Page]
):
    """Deleting asks first; then tile, address and objects are gone, here and elsewhere."""
    names = store_pictures(dashboard, "kept", "first to go", "second to go", "third to go")
    gallery = GalleryPage(open_page(f"{dashboard.url}/gallery"))
    other = GalleryPage(open_page(f"{dashboard.url}/gallery"))
    gallery.tile("first to go").click()
    gallery.dialog.get_by_role("button", name="Delete").click()
    gallery.dialog.get_by_role("button", name="Keep").click()
    expect(gallery.dialog.get_by_role("button", name="Delete for good")).to_have_count(0)
    gallery.dialog.get_by_role("button", name="Delete").click()
    gallery.dialog.get_by_role("button", name="Delete for good").click()
    expect(gallery.dialog).to_have_count(0)
    expect(gallery.tiles).to_have_count(3)
    gallery.button("Select").click()
    gallery.tile("second to go").click()
    gallery.tile("third to go").click()
    gallery.button("Delete").click()
    gallery.dialog.get_by_role("button", name="Delete for good").click()
    expect(gallery.tiles).to_have_count(1)
    expect(other.tiles).to_have_count(1)
    expect(gallery.button("Select")).to_be_visible()
    assert httpx.get(f"{dashboard.url}/pictures/{names[1]}").status_code == 410
    store = DirectoryStore(dashboard.data_dir / "pictures")
    assert {entry.name[:36] for entry in store.entries()} == {names[0][:36]}


def test_question_goes_away_on_a_busy_server_too(
    shared_dashboard: Dashboard, open_page: Callable[..., Page], pictures: list[str]
):
    """Keep takes the question away, though the browser was not told that the part ended."""
    address = f"{shared_dashboard.url}/gallery?picture={pictures[0]}"
    gallery = GalleryPage(open_hurried(open_page("about:blank"), address))
    gallery.dialog.get_by_role("button", name="Delete").click()
    gallery.dialog.get_by_role("button", name="Keep").click()
    expect(gallery.dialog.get_by_role("button", name="Keep")).to_have_count(0)
    expect(gallery.dialog.get_by_role("button", name="Newer")).to_have_count(1)


def test_new_pictures_wait_while_somebody_looks(dashboard: Dashboard, open_page: Callable):
    """At the top they appear by themselves; for who points at one, a button tells of them."""
    gallery = GalleryPage(open_page(f"{dashboard.url}/gallery"))
    expect(gallery.page.get_by_text("No pictures yet.")).to_be_visible()
    store_pictures(dashboard, "the first one")
    expect(gallery.tiles).to_have_count(1)
    gallery.tile("the first one").hover()
    store_pictures(dashboard, "a second one", "a third one")
    expect(gallery.news).to_have_text("2 new")
    expect(gallery.tiles).to_have_count(1)
    gallery.news.click()
    expect(gallery.tiles).to_have_count(3)
    expect(gallery.news).to_be_hidden()
    gallery.page.mouse.move(0, 0)
    store_pictures(dashboard, "a fourth one")
    expect(gallery.tiles.first.locator("img")).to_have_attribute("alt", "a fourth one")


def test_store_that_is_away_is_named_and_what_is_known_stays(
    dashboard: Dashboard, open_page: Callable[..., Page]
):
    """Without its store the page says so, keeps its pictures, and no click ends in an error."""
    store_pictures(dashboard, "known before")
    gallery = GalleryPage(open_page(f"{dashboard.url}/gallery"))
    expect(gallery.tile("known before")).to_be_visible()
    with store_away(dashboard.data_dir / "pictures"):
        expect(gallery.page.get_by_text("What is shown was known before.")).to_be_visible()
        expect(gallery.tile("known before")).to_be_visible()
        gallery.tile("known before").click()
        expect(gallery.dialog).to_contain_text("The details cannot be read")
        gallery.dialog.get_by_role("button", name="Star").click()
        expect(gallery.page.get_by_text("The star was not changed.")).to_be_visible()
        expect(gallery.page.locator(".stException")).to_have_count(0)
    expect(gallery.page.get_by_text("What is shown was known before.")).to_have_count(0)


def test_link_to_a_picture_that_is_gone_says_so(gallery: GalleryPage, shared_dashboard: Dashboard):
    """A dead link opens a sentence, not an error."""
    gone = Job(id="019a6f00-0000-7000-8000-00000000abcd", prompt="gone")
    gallery.page.goto(f"{shared_dashboard.url}/gallery?picture={picture_name(gone.id, 0)}")
    expect(gallery.dialog).to_contain_text("The store has no such picture")


def test_page_fits_every_width(gallery: GalleryPage):
    """No width makes the page scroll sideways."""
    main = gallery.page.locator(".stMain")
    for width in (390, 820, 1920, 3840):
        gallery.page.set_viewport_size({"width": width, "height": 900})
        assert main.evaluate("main => main.scrollWidth - main.clientWidth") == 0, width
