"""The Gallery in a real browser, over a store that the tests fill."""

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
from tests.support.browser.screen_sizes import on_screens, wait_until_fits
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.chromium import dismissed_alerts
from tests.support.dashboard_server import Dashboard
from tests.support.samples import metadata_of
from tests.support.store_away import store_away
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.metadata import encode_metadata
from wire.messages.object_names import metadata_name, parse_picture_name, picture_name
from wire.stores.directory import DirectoryStore

HOSTILE = "<img src=x onerror=alert(1)> **bold** $x$ \u202eright to left\u202c 🐈\u200d⬛"


def store_pictures(dashboard: Dashboard, *prompts: str) -> list[str]:
    """Store a picture for each prompt, oldest first, and return their names."""
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
    """Store 60 pictures, every tenth of a dog; return their names, newest first."""
    kinds = ("dog" if number % 10 == 0 else "cat" for number in range(60))
    prompts = [f"{kind} number {number:02}" for number, kind in enumerate(kinds)]
    return store_pictures(shared_dashboard, *prompts)[::-1]


@pytest.fixture
def gallery(
    open_page: Callable[..., Page],
    shared_dashboard: Dashboard,
    pictures: list[str],  # noqa: ARG001, stored before the page opens
) -> GalleryPage:
    """Open the shared dashboard's gallery on its newest page."""
    return GalleryPage(open_page(f"{shared_dashboard.url}/gallery"))


def test_pages_are_linked_and_follow_back_and_forward(
    gallery: GalleryPage, open_page: Callable[..., Page]
):
    """The newest 24 come first; each page has an address, and Back and Forward work."""
    expect(gallery.tiles).to_have_count(24)
    expect(gallery.summary).to_contain_text("1 to 24 of 60 pictures")
    expect(gallery.tile("cat number 59")).to_be_visible()
    gallery.button("Older →").click()
    expect(gallery.summary).to_contain_text("25 to 48 of 60")
    expect(gallery.tile("cat number 35")).to_be_visible()
    linked = GalleryPage(open_page(gallery.page.url))
    expect(linked.summary).to_contain_text("25 to 48 of 60")
    gallery.page.wait_for_timeout(2000)  # the page follows the address bar once it has settled
    gallery.page.go_back()
    expect(gallery.summary).to_contain_text("1 to 24 of 60")
    gallery.page.go_forward()
    expect(gallery.summary).to_contain_text("25 to 48 of 60")
    gallery.button("Oldest").click()
    expect(gallery.summary).to_contain_text("49 to 60 of 60")
    expect(gallery.tiles).to_have_count(12)


def test_search_finds_prompts_and_is_kept_in_the_address(
    gallery: GalleryPage, open_page: Callable[..., Page]
):
    """A search shows matching pictures, gives advice where none match, and can be linked."""
    gallery.search("DOG number")
    expect(gallery.tiles).to_have_count(6)
    expect(gallery.summary).to_contain_text("6 match")
    gallery.page.wait_for_url(re.compile("search=DOG"))
    expect(GalleryPage(open_page(gallery.page.url)).tiles).to_have_count(6)
    gallery.search("zebra")
    expect(gallery.page.get_by_text("has this word in its prompt")).to_be_visible()
    expect(gallery.tiles).to_have_count(0)


def test_arrow_keys_lead_from_picture_to_picture(
    gallery: GalleryPage, open_page: Callable[..., Page]
):
    """Arrows move on the grid and in the dialog; a link opens the same picture; Escape closes."""
    gallery.tile("cat number 59").focus()
    gallery.page.keyboard.press("ArrowRight")
    gallery.page.keyboard.press("Enter")
    expect(gallery.dialog).to_contain_text("cat number 58")
    # The last elements of the dialog; before they are there, it has no keys.
    older = gallery.dialog.get_by_role("button", name="Older")
    newer = gallery.dialog.get_by_role("button", name="Newer")
    expect(older).to_be_enabled()
    gallery.page.keyboard.press("ArrowRight")
    expect(gallery.dialog).to_contain_text("cat number 57")
    expect(newer).to_be_enabled()
    gallery.page.keyboard.press("ArrowLeft")
    expect(gallery.dialog).to_contain_text("cat number 58")
    gallery.page.wait_for_url(re.compile("picture="))
    linked = GalleryPage(open_page(gallery.page.url))
    expect(linked.dialog).to_contain_text("cat number 58")
    gallery.page.keyboard.press("Escape")
    expect(gallery.dialog).to_have_count(0)
    gallery.page.wait_for_url(re.compile("gallery$"))


def test_back_leads_to_the_earlier_search(gallery: GalleryPage):
    """After two searches Back shows the first one, then all pictures; Forward undoes it."""
    field = gallery.page.get_by_label("Search words in prompts")
    gallery.search("number 41")
    expect(gallery.tiles).to_have_count(1)
    gallery.search("number 42")
    expect(gallery.tile("cat number 42")).to_be_visible()
    gallery.page.go_back()
    expect(field).to_have_value("number 41")
    expect(gallery.tile("cat number 41")).to_be_visible()
    gallery.page.go_back()
    expect(field).to_have_value("")
    gallery.page.go_forward()
    expect(field).to_have_value("number 41")
    expect(gallery.tiles).to_have_count(1)


def test_dialog_shows_a_large_picture(
    shared_dashboard: Dashboard, pictures: list[str], open_page: Callable[..., Page]
):
    """The picture fills most of the screen's shorter side, and the details stay beside it."""
    gallery = GalleryPage(open_page(f"{shared_dashboard.url}/gallery?picture={pictures[0]}"))
    expect(gallery.dialog.get_by_role("button", name="Older")).to_be_visible()
    for width, height in on_screens(gallery.page, [(1440, 900), (390, 844)]):
        wait_until_fits(gallery.page, "[role=dialog]")
        box = gallery.picture.bounding_box()
        assert min(box["width"], box["height"]) > 0.75 * min(width, height)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_full_screen_lasts_while_arrow_keys_change_the_picture(
    shared_dashboard: Dashboard, pictures: list[str], open_page: Callable[..., Page]
):
    """The button fills the screen with the picture; the next picture stays in full screen."""
    gallery = GalleryPage(open_page(f"{shared_dashboard.url}/gallery?picture={pictures[3]}"))
    gallery.button("Full screen").click()
    gallery.page.wait_for_function("() => document.fullscreenElement !== null")
    gallery.page.keyboard.press("ArrowRight")
    expect(gallery.picture).to_have_attribute("src", f"/pictures/{pictures[4]}")
    gallery.page.keyboard.press("ArrowLeft")
    expect(gallery.picture).to_have_attribute("src", f"/pictures/{pictures[3]}")
    assert gallery.picture.bounding_box()["height"] == 900
    gallery.button("Exit full screen").click()
    gallery.page.wait_for_function("() => document.fullscreenElement === null")
    expect(gallery.dialog).to_contain_text("Full screen")


def test_zip_holds_the_selected_pictures(gallery: GalleryPage):
    """The archive holds exactly the selected pictures by their prompts, also from several pages."""
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
        names = [name.partition("_")[2] for name in archive.namelist()]
    stems = [f"cat-number-{number}_1" for number in (59, 57, 35)]
    assert names == [f"{stem}.{kind}" for stem in stems for kind in ("png", "json")]


def test_two_selected_pictures_are_starred_and_compared(gallery: GalleryPage, pictures: list[str]):
    """Stars change in bulk; mouse and keys move the border of a comparison; Back leaves it."""
    gallery.button("Select").click()
    gallery.tile("dog number 50").click()
    gallery.tile("cat number 51").click()
    gallery.button("Star").click()
    expect(gallery.page.locator(".tile.starred")).to_have_count(2)
    gallery.button("Unstar").click()
    expect(gallery.page.locator(".tile.starred")).to_have_count(0)
    gallery.button("Compare").click()
    gallery.page.wait_for_url(f"**/compare?left={pictures[9]}&right={pictures[8]}")
    expect(gallery.page.locator("table.differences mark")).to_have_text(["dog", "50", "cat", "51"])
    slider = gallery.page.get_by_role("slider")
    slider.focus()
    gallery.page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("51")
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] / 4, "y": 20})
    expect(slider).to_have_value("25")
    gallery.button("Swap").click()
    gallery.page.wait_for_url(f"**/compare?left={pictures[8]}&right={pictures[9]}")
    expect(gallery.page.locator(".compare .left")).to_have_attribute("alt", "cat number 51")
    gallery.page.go_back()
    gallery.page.go_back()
    expect(gallery.tile("dog number 50")).to_be_visible()


def test_star_is_seen_by_everybody(gallery: GalleryPage, open_page: Callable[..., Page]):
    """A star set in the dialog marks the tile, and the filter shows it to other viewers."""
    gallery.tile("cat number 55").click()
    gallery.dialog.get_by_role("button", name="Star").click()
    expect(gallery.dialog.get_by_role("button", name="Starred")).to_be_visible()
    gallery.page.keyboard.press("Escape")
    expect(gallery.page.locator(".tile.starred")).to_have_count(1)
    other = GalleryPage(open_page(gallery.page.url.partition("?")[0] + "?show=Starred"))
    expect(other.tile("cat number 55")).to_be_visible()
    expect(other.tiles).to_have_count(1)


def test_picture_is_generated_again_with_a_new_seed_or_its_own(
    gallery: GalleryPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """Generate again sends the request with a new seed, Same seed with that of the picture."""
    shared_dashboard.submit("a picture to repeat")
    worker.generate()
    for button, seed in (("Generate again", None), ("Same seed", 1044)):
        gallery.tile("a picture to repeat").first.click()
        gallery.dialog.get_by_role("button", name=button).click()
        expect(gallery.dialog).to_have_count(0)
        delivery = worker.receive()
        sent = (delivery.job.prompt, delivery.job.count, delivery.job.seed)
        assert sent == ("a picture to repeat", 1, seed)
        worker.fail(delivery, "not generated again")


def test_prompt_is_shown_as_typed(
    shared_dashboard: Dashboard, gallery: GalleryPage, worker: ScriptedWorker
):
    """A prompt is never markup: not on a tile, in the dialog or in the search."""
    with dismissed_alerts(gallery.page) as alerts:
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
    """After a confirmation, tile, address and objects are gone on every page."""
    names = store_pictures(dashboard, "kept", "first to go", "second to go", "third to go")
    gallery = GalleryPage(open_page(f"{dashboard.url}/gallery"))
    other = GalleryPage(open_page(f"{dashboard.url}/gallery"))
    gallery.tile("first to go").click()
    gallery.dialog.get_by_role("button", name="Delete").click()
    gallery.dialog.get_by_role("button", name="Keep").click()
    expect(gallery.dialog.get_by_role("button", name="Delete permanently")).to_have_count(0)
    gallery.dialog.get_by_role("button", name="Delete").click()
    gallery.dialog.get_by_role("button", name="Delete permanently").click()
    expect(gallery.dialog).to_have_count(0)
    expect(gallery.tiles).to_have_count(3)
    gallery.button("Select").click()
    gallery.tile("second to go").click()
    gallery.tile("third to go").click()
    gallery.button("Delete").click()
    gallery.dialog.get_by_role("button", name="Delete permanently").click()
    expect(gallery.tiles).to_have_count(1)
    expect(other.tiles).to_have_count(1)
    expect(gallery.button("Select")).to_be_visible()
    assert httpx.get(f"{dashboard.url}/pictures/{names[1]}").status_code == 410
    store = DirectoryStore(dashboard.data_dir / "pictures")
    assert {entry.name[:36] for entry in store.entries()} == {names[0][:36]}


def test_confirmation_closes_on_a_busy_server(
    shared_dashboard: Dashboard, open_page: Callable[..., Page], pictures: list[str]
):
    """Keep closes the confirmation although the browser missed the end of the fragment run."""
    address = f"{shared_dashboard.url}/gallery?picture={pictures[0]}"
    gallery = GalleryPage(open_hurried(open_page("about:blank", reused=False), address))
    gallery.dialog.get_by_role("button", name="Delete").click()
    gallery.dialog.get_by_role("button", name="Keep").click()
    expect(gallery.dialog.get_by_role("button", name="Keep")).to_have_count(0)
    expect(gallery.dialog.get_by_role("button", name="Newer")).to_have_count(1)


def test_new_pictures_wait_while_a_tile_is_in_use(
    dashboard: Dashboard, open_page: Callable[..., Page]
):
    """New pictures appear by themselves; while the pointer is on a tile, a button counts them."""
    gallery = GalleryPage(open_page(f"{dashboard.url}/gallery"))
    expect(gallery.page.get_by_text("No pictures yet.")).to_be_visible()
    store_pictures(dashboard, "the first one")
    expect(gallery.tiles).to_have_count(1)
    gallery.tile("the first one").hover()
    store_pictures(dashboard, "a second one", "a third one")
    expect(gallery.new_pictures).to_have_text("2 new")
    expect(gallery.tiles).to_have_count(1)
    gallery.new_pictures.click()
    expect(gallery.tiles).to_have_count(3)
    expect(gallery.new_pictures).to_be_hidden()
    gallery.page.mouse.move(0, 0)
    store_pictures(dashboard, "a fourth one")
    expect(gallery.tiles.first.locator("img")).to_have_attribute("alt", "a fourth one")


def test_unavailable_store_is_named_and_known_pictures_stay(
    dashboard: Dashboard, open_page: Callable[..., Page]
):
    """Without its store the page shows the error, keeps its tiles, and no click fails."""
    store_pictures(dashboard, "known before")
    gallery = GalleryPage(open_page(f"{dashboard.url}/gallery"))
    expect(gallery.tile("known before")).to_be_visible()
    with store_away(dashboard.data_dir / "pictures"):
        expect(gallery.page.get_by_text("The pictures below were listed before.")).to_be_visible()
        expect(gallery.tile("known before")).to_be_visible()
        gallery.tile("known before").click()
        expect(gallery.dialog).to_contain_text("The details cannot be read")
        gallery.dialog.get_by_role("button", name="Star").click()
        expect(gallery.page.get_by_text("The star was not changed.")).to_be_visible()
        expect(gallery.page.locator(".stException")).to_have_count(0)
    expect(gallery.page.get_by_text("The pictures below were listed before.")).to_have_count(0)


def test_link_to_a_deleted_picture_opens_an_explanation(
    gallery: GalleryPage, shared_dashboard: Dashboard, pictures: list[str]
):
    """A dead link opens a sentence alone, also if other pictures of the job are stored."""
    gone = Job(id="019a6f00-0000-7000-8000-00000000abcd", prompt="gone")
    stored = parse_picture_name(pictures[0])
    for name in (picture_name(gone.id, 0), picture_name(stored.job_id, stored.number + 1)):
        gallery.page.goto(f"{shared_dashboard.url}/gallery?picture={name}")
        expect(gallery.dialog).to_contain_text("The store has no such picture")
        expect(gallery.dialog.locator("img")).to_have_count(0)
        expect(gallery.dialog.get_by_role("link")).to_have_count(0)


def test_page_fits_every_width(gallery: GalleryPage):
    """The page never scrolls sideways."""
    main = gallery.page.locator(".stMain")
    for width in (390, 820, 1920, 3840):
        gallery.page.set_viewport_size({"width": width, "height": 900})
        assert main.evaluate("main => main.scrollWidth - main.clientWidth") == 0, width
