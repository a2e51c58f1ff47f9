"""Present in a real browser: one screen of any size, and the presenter's keys."""

import re
from collections.abc import Callable
from contextlib import closing

import httpx
from playwright.sync_api import Page, expect

from tests.support.browser.presenter import ON_STAGE, log_in
from tests.support.browser.screen_sizes import on_screens
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.dashboard_server import Dashboard
from tests.support.samples import preview_file
from wire.messages.object_names import picture_name

_FITS = """() => {
  const inside = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.left >= -1 && box.top >= -1
      && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
  };
  const parts = [".numbers", ".why", ".js-plotly-plot", ".no-tiles, .tile"];
  const scrolled = [...document.querySelectorAll("*")].filter((element) => {
    const style = getComputedStyle(element);
    return ["auto", "scroll"].includes(style.overflowY)
      && element.scrollHeight > element.clientHeight + 1;
  });
  const visible = (part) =>
    [...document.querySelectorAll(part)].filter((element) => element.checkVisibility());
  return [
    ...parts.filter((part) => !visible(part).length),
    ...[...parts, ".invitation"].filter((part) => !visible(part).every(inside)),
    ...scrolled.map((element) => `scroll bar on ${element.className}`),
  ];
}"""


def _stage(page: Page) -> Page:
    page.locator(".js-plotly-plot .annotation").first.wait_for()
    return page


def _waiting(dashboard: Dashboard) -> int:
    return httpx.get(f"{dashboard.url}/api/state").json()["counts"]["waiting"]


def test_stage_fits_on_one_screen(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """On any projector every part is completely visible, and nothing scrolls.

    The key ``m`` replaces the chart by the map of the fleet, and again by the chart.
    """
    dashboard = start_dashboard(FLEET="none", PUBLIC_URL="https://pictures.example")
    page = _stage(open_page(f"{dashboard.url}/present", 1366, 768))
    expect(page.locator(".invitation")).to_contain_text("pictures.example/join")
    expect(page.locator(".stAppHeader")).not_to_be_visible()
    for _ in on_screens(page, [(1366, 768), (1920, 1080), (1600, 1200), (3840, 2160)]):
        page.wait_for_function(f"() => ({_FITS})().length === 0")
    number = page.locator(".numbers b").first
    assert float(number.evaluate("b => parseFloat(getComputedStyle(b).fontSize)")) == 168
    page.keyboard.press("m")
    expect(page.locator(".fleet-map .queue")).to_contain_text("0 waiting")
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    page.keyboard.press("m")
    page.wait_for_function(f"() => ({_FITS})().length === 0")


def test_wall_shows_new_pictures_with_prompts_as_text(
    shared_dashboard: Dashboard, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """A picture appears by itself, its prompt is never markup, and the stage still fits."""
    page = _stage(open_page(f"{shared_dashboard.url}/present", 1920, 1080))
    hostile = "<img src=x onerror=alert(1)> **and** \u202eeno"
    shared_dashboard.submit(hostile)
    worker.generate()
    expect(page.locator(".tile:visible span").first).to_contain_text(hostile)
    page.wait_for_function(f"() => ({_FITS})().length === 0")


def test_keys_belong_to_an_open_dialog(
    shared_dashboard: Dashboard, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """While a picture is open no key sends a burst, and Escape closes the picture only."""
    page = _stage(open_page(f"{shared_dashboard.url}/present", 1920, 1080))
    shared_dashboard.submit("opened on the stage")
    worker.generate()
    page.locator(".tile:visible").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Generate again")).to_be_visible()
    waiting = _waiting(shared_dashboard)
    for key in ("b", "1", "2", "3", "a"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Leave")).to_be_enabled()
    assert page.url.rstrip("/").endswith("/present")
    assert _waiting(shared_dashboard) == waiting
    assert page.locator(".announcement").text_content() == ""


def test_wall_shows_a_picture_out_of_noise(
    shared_dashboard: Dashboard, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """A preview is the first tile; its picture replaces it there, and can then be opened."""
    page = _stage(open_page(f"{shared_dashboard.url}/present", 1920, 1080))
    tile = page.locator(".tile:visible").first
    shared_dashboard.submit("out of noise")
    delivery = worker.receive()
    worker.step(delivery, 0, 2, preview_file())
    expect(tile.locator("img")).to_have_attribute("src", re.compile("^data:image/webp;base64,"))
    expect(tile).to_have_accessible_name("out of noise, generating, step 2 of 4 on worker-1")
    expect(tile).to_be_disabled()
    worker.store(delivery, 0)
    worker.finish(delivery)
    name = picture_name(delivery.job.id, 0)
    expect(tile.locator("img")).to_have_attribute("src", f"/thumbnails/{name}")
    expect(tile).to_be_enabled()


def test_keys_need_the_presenter_login_and_ignore_typing(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """Key b sends a burst only after the presenter login, and never from a text field."""
    dashboard = start_dashboard(FLEET="none", PRESENTER_KEY="bb1-bb1-bb1")
    page = _stage(open_page(f"{dashboard.url}/present", 1920, 1080))
    expect(page.get_by_role("button", name="Mixed")).to_have_count(0)
    page.keyboard.press("b")
    page.get_by_role("button", name="Presenter login").click()
    page.get_by_label("Presenter key").press_sequentially("bb1-bb1-bb1")
    assert _waiting(dashboard) == 0
    page.get_by_label("Presenter key").press("Enter")
    expect(page.get_by_role("button", name="Mixed")).to_have_count(1)
    expect(page.get_by_label("Presenter key")).to_have_count(0)

    page.keyboard.press("b")
    expect(page.locator(".announcement")).to_contain_text("Mixed: 20 requests sent.")
    expect(page.locator(".numbers b").first).to_contain_text("20")
    page.keyboard.press("1")
    expect(page.locator(".announcement")).to_contain_text("Seven dwarfs: 7 requests sent.")
    expect(page.locator(".numbers b").first).to_contain_text("27")
    assert _waiting(dashboard) == 27
    page.reload()
    expect(page.get_by_role("button", name="Mixed")).to_have_count(1)
    page.keyboard.press("Escape")
    page.wait_for_url(f"{dashboard.url}/")


def test_talk_is_given_from_the_phone(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """With the key a phone steps through the scenes, sends, approves all and injects faults.

    Present follows by itself; without the key the phone does nothing, and anyone sees no chaos.
    """
    dashboard = start_dashboard(FLEET="none", JOIN_APPROVAL="true", **ON_STAGE)
    stage = _stage(open_page(f"{dashboard.url}/present", 1920, 1080))
    expect(stage.get_by_role("button", name="Chaos")).to_have_count(0)
    phone = open_page(f"{dashboard.url}/remote", 390, 844)
    expect(phone.get_by_role("alert")).to_contain_text("Only the presenter may do this")
    expect(phone.get_by_role("button", name="Begin")).to_have_count(0)
    log_in(phone)

    phone.get_by_role("button", name="Begin").click()
    expect(stage.locator(".scene h2")).to_have_text("Scaled to zero")
    phone.keyboard.press("n")
    expect(stage.locator(".scene h2")).to_have_text("One request")
    stage.wait_for_function(f"() => ({_FITS})().length === 0")
    phone.get_by_role("button", name="Send: cartoon dwarf").click()
    expect(phone.locator(".announcement")).to_contain_text("cartoon dwarf: 1 request sent.")
    phone.get_by_role("button", name="Back").click()
    expect(stage.locator(".scene h2")).to_have_text("Scaled to zero")

    with closing(ScriptedWorker(dashboard.data_dir)) as worker:
        worker.generate()
        for prompt in ("from the audience", "from the audience, too"):
            dashboard.submit(prompt)
            worker.generate()
    expect(phone.get_by_text("2 pictures waiting", exact=True)).to_be_visible()
    waiting = "a => getComputedStyle(a).getPropertyValue('--waiting')"
    presenter = phone.context.new_page()
    presenter.goto(f"{dashboard.url}/jobs")
    link = presenter.get_by_role("link", name="Approve")
    presenter.wait_for_function(f"a => ({waiting})(a).includes('2')", arg=link.element_handle())
    phone.get_by_role("button", name="Approve all").click()
    expect(phone.get_by_text("0 pictures waiting", exact=True)).to_be_visible()
    expect(stage.locator(".tile:visible").first).to_be_visible()

    phone.get_by_role("button", name="Cut the queue").click()
    expect(phone.locator(".fault-effect")).to_contain_text("no job can be sent")
    phone.get_by_role("button", name="Cut the queue").click()
    expect(phone.locator(".fault-result")).to_have_text("Queue locked for 10 s.")
    expect(stage.locator(".fault-line")).to_contain_text("Nothing lost: no request since")
    stage.wait_for_function(f"() => ({_FITS})().length === 0")
    phone.get_by_role("button", name="End the talk").click()
    expect(stage.locator(".scene")).to_have_count(0)


def test_burst_without_a_queue_is_kept_and_the_error_shown(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """Without its queue the stage shows unknown, and the announcement why nothing was sent."""
    dashboard = start_dashboard(RABBITMQ_URL="amqp://guest:guest@127.0.0.1:1/")
    page = _stage(open_page(f"{dashboard.url}/present", 1366, 768))
    expect(page.locator(".numbers b").first).to_have_text("unknown")
    page.wait_for_function(f"() => ({_FITS})().length === 0")
    page.keyboard.press("b")
    expect(page.locator(".announcement")).to_contain_text("Mixed: 0 of 20 requests sent, then:")
    expect(page.locator(".stException")).to_have_count(0)
