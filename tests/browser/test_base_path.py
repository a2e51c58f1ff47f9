"""Every page below a base path, behind proxies that keep the path and that remove it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Response, expect

from tests.support.browser.gallery_page import GalleryPage
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.browser.studio_page import StudioPage
from tests.support.conditions import free_port
from tests.support.dashboard_server import Dashboard, running_dashboard
from tests.support.reverse_proxy import stripping_proxy

_LOADED = "image => image.complete && image.naturalWidth > 0"


@dataclass(frozen=True)
class Site:
    """A dashboard below a path, as browsers see it."""

    url: str
    dashboard: Dashboard
    prompt: str


@pytest.fixture(scope="module", params=["keeps", "removes"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Start a dashboard below /live with a picture, behind both kinds of proxies."""
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    with stripping_proxy(port) as proxied:
        keeps = request.param == "keeps"
        url = f"http://127.0.0.1:{port}/live" if keeps else proxied
        settings = {"BASE_PATH": "/live", "PUBLIC_URL": url, "PORT": str(port), "FLEET": "none"}
        with running_dashboard(folder, **settings) as dashboard:
            worker = ScriptedWorker(folder)
            dashboard.submit("a cat below a path")
            worker.generate()
            worker.close()
            yield Site(url, dashboard, "a cat below a path")


@pytest.fixture
def failures() -> list[str]:
    """Collect the addresses that a page asked for in vain."""
    return []


@pytest.fixture
def open_below(
    open_page: Callable[..., Page], site: Site, failures: list[str]
) -> Iterator[Callable[[str], Page]]:
    """Open a path of the site; every request of the page has to succeed below /live."""

    def check(answer: Response) -> None:
        scheme, _, path, *_ = urlsplit(answer.url)
        # Streamlit's script tries several paths until it has found the base path.
        is_wrong = answer.status >= 400 or not path.startswith("/live/")
        if is_wrong and scheme == "http" and "/_stcore/" not in path:
            failures.append(f"{answer.status} {answer.url}")

    def open_below(path: str) -> Page:
        page = open_page("about:blank")
        page.on("response", check)
        opened.append(page)
        page.goto(f"{site.url}{path}")
        return page

    opened: list[Page] = []
    yield open_below
    for page in opened:
        page.remove_listener("response", check)
    assert failures == []


def _wait_for_image(page: Page, selector: str) -> None:
    image = page.locator(selector).first
    image.wait_for()
    page.wait_for_function(_LOADED, arg=image.element_handle())


def test_studio_draws_chart_and_pictures(site: Site, open_below: Callable[[str], Page]):
    """The chart's library, tiles, the dialog and its download are below the path."""
    studio = StudioPage(open_below("/"))
    _wait_for_image(studio.page, ".tile:visible img")
    studio.tiles.first.click()
    _wait_for_image(studio.page, ".picture-viewer img")
    with studio.page.expect_download() as download:
        studio.dialog.get_by_role("link", name="Download").first.click()
    assert "/live/pictures/" in download.value.url
    assert site.prompt


def test_font_and_navigation(open_below: Callable[[str], Page]):
    """Links between pages stay below the path, and the font is loaded."""
    page = StudioPage(open_below("/")).page
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('1em Inter'))")
    page.get_by_role("link", name="Jobs", exact=True).click()
    page.wait_for_url("**/live/jobs")
    page.get_by_role("link", name="Gallery", exact=True).click()
    page.wait_for_url("**/live/gallery")


def test_gallery_shows_its_pictures(open_below: Callable[[str], Page]):
    """Tiles are loaded after a reload of a page below the path, too."""
    gallery = GalleryPage(open_below("/gallery"))
    _wait_for_image(gallery.page, ".tile:visible img")
    gallery.page.reload()
    _wait_for_image(gallery.page, ".tile:visible img")


def test_jobs_show_their_pictures(site: Site, open_below: Callable[[str], Page]):
    """A job's details have its pictures."""
    page = open_below("/jobs")
    page.get_by_role("link", name=site.prompt).first.click()
    _wait_for_image(page, "img[loading='lazy']")


def test_invitation_leads_to_join(site: Site, open_below: Callable[[str], Page]):
    """The wall's address and QR code contain the path."""
    page = open_below("/present")
    page.locator(".js-plotly-plot .annotation").first.wait_for()
    _wait_for_image(page, ".tile:visible img")
    expect(page.locator(".invitation img")).to_have_attribute("alt", f"QR code of {site.url}/join")


def test_phone_sends_and_sees_its_picture(site: Site, open_below: Callable[[str], Page]):
    """The form, its script, the status and the picture of /join are below the path."""
    phone = open_below("/join")
    phone.get_by_label("Describe a picture").fill("a dog below a path")
    phone.get_by_role("button", name="Generate").click()
    expect(phone.locator("article")).to_contain_text("in queue")
    worker = ScriptedWorker(site.dashboard.data_dir)
    worker.generate()
    worker.close()
    _wait_for_image(phone, "article img")


def test_answers_lead_below_the_path(site: Site):
    """A program follows the address in an answer; probes work with and without the path."""
    answer = httpx.post(f"{site.url}/api/jobs", json={"prompt": "a bird"})
    assert answer.status_code == 202
    origin = site.url.removesuffix("/live")
    assert httpx.get(f"{origin}{answer.json()['url']}").json()["prompt"] == "a bird"
    assert httpx.get(f"{site.url}/api/nothing").status_code == 404
    for prefix in ("", "/live"):
        for path in ("/healthz", "/readyz", "/metrics"):
            assert httpx.get(f"{site.dashboard.url}{prefix}{path}").is_success
