"""/join on a phone, and the presenter's approval of its pictures."""

import re
from collections.abc import Callable

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.dashboard_server import Dashboard
from tests.support.samples import preview_file
from wire.messages.object_names import picture_name

HOSTILE = "<img src=x onerror=alert(1)> **dwarf**"


def _send(phone: Page, prompt: str) -> None:
    phone.get_by_label("Describe a picture").fill(prompt)
    phone.get_by_role("button", name="Generate").click()


def test_phone_follows_its_request_until_the_picture(
    shared_dashboard: Dashboard, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """The prompt is shown as typed until its picture appears; the next prompt is kept."""
    problems = []
    url = f"{shared_dashboard.url}/join"
    phone = open_page(url, width=320, height=640, scheme="dark", reused=False)
    phone.on("console", lambda message: problems.append(message.text))
    _send(phone, HOSTILE)
    expect(phone.locator("article h2")).to_have_text(HOSTILE)
    expect(phone.locator("article")).to_contain_text("1st in queue")
    phone.get_by_label("Describe a picture").press_sequentially("the next one")
    worker.generate()
    expect(phone.locator("article img")).to_have_attribute("alt", HOSTILE)
    expect(phone.get_by_label("Describe a picture")).to_have_value("the next one")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert problems == []  # the Content-Security-Policy blocks nothing

    for _ in range(3):
        _send(phone, "again")
    expect(phone.get_by_role("alert")).to_contain_text("Please send again in")
    expect(phone.get_by_label("Describe a picture")).to_have_value("again")
    for _ in range(2):
        worker.generate()


def test_phone_shows_a_picture_out_of_noise(
    shared_dashboard: Dashboard, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """Previews and the picture that replaces them take the same place; nothing below moves.

    Screen readers are not interrupted until the picture is there.
    """
    phone = open_page(f"{shared_dashboard.url}/join", width=390, height=1000)
    _send(phone, "out of noise")
    delivery = worker.receive()
    worker.step(delivery, 0, 1)
    expect(phone.locator("article .awaited")).to_be_visible()
    expect(phone.locator("section")).to_have_attribute("aria-busy", "true")
    place = phone.locator("article .awaited").bounding_box()
    image = phone.locator("article img")
    worker.step(delivery, 0, 2, preview_file())
    expect(image).to_have_attribute("src", re.compile("^data:image/webp;base64,"))
    assert image.bounding_box() == place
    assert image.evaluate("image => image.naturalWidth") == 16
    worker.store(delivery, 0)
    expect(image).to_have_attribute("src", f"/pictures/{picture_name(delivery.job.id, 0)}")
    assert image.evaluate("image => image.naturalWidth") == 64
    assert image.bounding_box() == place
    worker.finish(delivery)
    expect(phone.locator("section")).to_have_attribute("aria-busy", "false")


def test_phone_without_javascript_shows_its_picture(
    shared_dashboard: Dashboard, worker: ScriptedWorker, browser: Browser
):
    """The form and a frame that reloads are enough."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    phone = context.new_page()
    phone.goto(f"{shared_dashboard.url}/join")
    phone.locator("textarea").fill("a cat without scripts")
    phone.locator(".send").click()
    frame = phone.frame_locator("iframe")
    expect(frame.locator("article")).to_contain_text("1st in queue")
    worker.generate()
    expect(frame.locator("article img")).to_have_attribute("alt", "a cat without scripts")
    context.close()


def test_wall_shows_a_picture_after_approval_with_its_hearts(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """While approval is on, a picture appears after the presenter approves it, never before.

    Then a visitor gives it a heart, which the wall and the podium show, and sees it large.
    """
    dashboard = start_dashboard(FLEET="none", JOIN_APPROVAL="true", PRESENTER_KEY="open sesame")
    worker = ScriptedWorker(dashboard.data_dir)
    stage = open_page(f"{dashboard.url}/present", 1366, 768, motion="no-preference")
    presenter = open_page(f"{dashboard.url}/approve")
    expect(presenter.get_by_text("Only the presenter may do this")).to_be_visible()
    presenter.get_by_role("button", name="Presenter login").click()
    presenter.get_by_label("Presenter key").fill("open sesame")
    presenter.get_by_label("Presenter key").press("Enter")
    expect(presenter.get_by_role("switch", name="Pictures from /join wait")).to_be_checked()

    for prompt in ("a good one", "a bad one"):
        sent = httpx.post(f"{dashboard.url}/join", data={"prompt": prompt})
        worker.generate()
    cards = presenter.locator("[class*=st-key-card_held]")
    expect(cards).to_have_count(2)
    expect(stage.locator(".tile:visible")).to_have_count(0)
    job_id = sent.headers["location"].removeprefix("/join?job=")
    sender = open_page(f"{dashboard.url}/?picture={picture_name(job_id, 0)}")
    expect(sender.get_by_role("dialog")).to_contain_text("waiting for the presenter")
    expect(sender.get_by_role("dialog").locator("img")).to_have_count(0)
    for picture in cards.locator("img").all():
        assert picture.evaluate("image => image.naturalWidth > 0")
        assert picture.get_attribute("src").startswith("data:image/webp")
    cards.filter(has_text="a bad one").get_by_role("button", name="Reject").click()
    cards.filter(has_text="a good one").get_by_role("button", name="Approve").click()
    expect(stage.locator(".tile:visible img")).to_have_attribute("alt", "a good one")
    expect(presenter.get_by_text("No pictures waiting.")).to_be_visible()
    expect(stage.locator(".tile:visible")).to_have_count(1)
    worker.close()

    phone = open_page(f"{dashboard.url}/join", width=390, height=844)
    heart = phone.get_by_role("button", name="Heart for a good one: 0")
    expect(phone.locator(".room li")).to_have_count(1)
    heart.click()
    given = phone.get_by_role("button", name="Heart for a good one: 1", pressed=True)
    expect(given).to_be_focused()
    expect(stage.locator(".tile:visible")).to_have_attribute("data-hearts", "1")
    stage.keyboard.press("h")
    expect(stage.locator(".podium figure")).to_contain_text("♥ 1")
    phone.locator("a[data-large]").first.click()
    large = phone.get_by_role("dialog", name="Picture")
    expect(large.get_by_role("img", name="a good one")).to_be_visible()
    expect(large.get_by_role("link", name="Download")).to_have_attribute(
        "download", re.compile(r"-0\.png$")
    )
    large.get_by_role("button", name="Close").click()
    given.click()
    expect(stage.locator(".podium")).to_contain_text("No hearts yet.")
