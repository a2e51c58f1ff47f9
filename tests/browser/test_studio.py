"""The Studio in a real browser, with a worker that the test plays."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.model_defaults import read_model_defaults
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.browser.studio_page import StudioPage
from tests.support.dashboard_server import Dashboard
from tests.support.samples import metadata_of
from wire.messages.job import JobRequest, new_job
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.stores.directory import DirectoryStore

HOSTILE = [
    pytest.param("<img src=x onerror=alert(1)> in snow", id="HTML"),
    pytest.param("**bold** `code` [link](http://x) :material/home: $x^2$", id="Markdown"),
    pytest.param("abc \u202eright to left\u202c \u0645\u0631\u062d\u0628\u0627", id="RTL"),
    pytest.param("a cat 🐈\u200d⬛ and a 🧑\u200d🚀", id="emoji"),
]


def test_job_is_followed_from_its_prompt_to_its_pictures(
    studio: StudioPage, worker: ScriptedWorker
):
    """A submitted job shows at once, says each state it is in, and its pictures appear."""
    studio.generate("a follower")
    card = studio.card("a follower")
    expect(card).to_contain_text("0 of 4")
    expect(card).to_contain_text("in line")
    delivery = worker.receive()
    expect(card).to_contain_text("with worker-1")
    worker.step(delivery, 0, 2)
    expect(card).to_contain_text("step 2 of 4 on worker-1")
    worker.store(delivery, 0)
    expect(card).to_contain_text("1 of 4")
    expect(studio.tiles.first.locator("img")).to_have_attribute("alt", "a follower")
    for picture in (1, 2, 3):
        worker.store(delivery, picture)
    worker.finish(delivery)
    expect(card).to_contain_text("4 of 4")
    expect(card).to_contain_text("done")


def test_text_that_is_typed_is_never_lost(studio: StudioPage, worker: ScriptedWorker):
    """Refreshes and a submit leave the text, the focus and the caret where they were."""
    studio.watch()
    studio.prompt.press_sequentially("half a tho")
    studio.wait_for_redraws(3)
    studio.prompt.press_sequentially("ught")
    expect(studio.prompt).to_have_value("half a thought")
    studio.page.get_by_role("button", name="Paint", exact=True).click()
    expect(studio.card("half a thought")).to_be_visible()
    expect(studio.prompt).to_have_value("half a thought")
    worker.generate()


@pytest.mark.parametrize("prompt", HOSTILE)
def test_prompt_is_shown_as_typed(studio: StudioPage, worker: ScriptedWorker, prompt: str):
    """Nothing in a prompt is markup: not on its card, nor on its tile, nor in the details."""
    alerts = []
    studio.page.on("dialog", lambda alert: (alerts.append(alert.message), alert.dismiss()))
    studio.generate(prompt)
    expect(studio.page.locator(".job > b").first).to_have_text(prompt)
    worker.generate()
    expect(studio.tiles.first.locator("img")).to_have_attribute("alt", prompt)
    studio.tiles.first.click()
    expect(studio.dialog.locator("td").first).to_have_text(prompt)
    assert alerts == []


def test_nothing_moves_at_a_tick(studio: StudioPage, worker: ScriptedWorker):
    """While a job is painted nothing shifts, and the chart is updated in place."""
    studio.generate("hold still")
    expect(studio.card("hold still")).to_be_visible()
    delivery = worker.receive()
    studio.page.wait_for_timeout(600)  # the browser forgives shifts for 500 ms after a click
    studio.watch()
    for picture in range(4):
        worker.step(delivery, picture, 2)
        studio.wait_for_redraws(1)
        worker.store(delivery, picture)
    worker.finish(delivery)
    expect(studio.card("hold still")).to_contain_text("done")
    studio.wait_for_redraws(2)
    assert studio.shifts == []
    assert studio.same_plot


def test_details_open_by_keyboard_and_by_link(
    studio: StudioPage,
    worker: ScriptedWorker,
    shared_dashboard: Dashboard,
    open_page: Callable[..., Page],
):
    """Enter on a picture opens what is known of it; Escape closes it; a link opens it too."""
    shared_dashboard.submit("a detailed picture")
    worker.generate()
    expect(studio.tiles.first.locator("img")).to_have_attribute("alt", "a detailed picture")
    studio.tiles.first.focus()
    studio.page.keyboard.press("Enter")
    for text in ("a detailed picture", "models/demo, 4 steps", "1044", "worker-1, cpu", "1.5 s"):
        expect(studio.dialog).to_contain_text(text)
    download = studio.dialog.get_by_role("link", name="Download")
    assert download.get_attribute("href").startswith("/pictures/")
    studio.page.wait_for_url(re.compile("picture="))
    link = studio.page.url
    studio.page.keyboard.press("Escape")
    expect(studio.dialog).to_have_count(0)
    linked = StudioPage(open_page(link))
    expect(linked.dialog).to_contain_text("a detailed picture")


def test_picture_of_another_size_is_refused_with_a_sentence(
    shared_dashboard: Dashboard, open_page: Callable[..., Page]
):
    """An older sample's picture has its details; what cannot be painted again says why."""
    job = new_job(JobRequest(prompt="an odd size"))
    older = metadata_of(job).model_copy(update={"image_width": 500})
    store = DirectoryStore(shared_dashboard.data_dir / "pictures")
    store.put(metadata_name(job.id), encode_metadata(older), "application/json")
    studio = StudioPage(open_page(f"{shared_dashboard.url}?picture={picture_name(job.id, 0)}"))
    expect(studio.dialog).to_contain_text("500 by 128 pixels")
    expect(studio.dialog).to_contain_text("This cannot be painted again: The width")
    expect(studio.page.locator(".stException")).to_have_count(0)


def test_job_can_be_cancelled_tried_again_and_painted_again(
    studio: StudioPage, worker: ScriptedWorker
):
    """A card offers what can be done with its job, and does it."""
    studio.generate("a wrong wish")
    studio.page.get_by_role("button", name="Cancel").first.click()
    expect(studio.card("a wrong wish")).to_contain_text("cancelled")
    studio.page.get_by_role("button", name="Paint again").first.click()
    expect(studio.card("a wrong wish").first).to_contain_text("in line")
    worker.receive()  # the cancelled one
    worker.fail(worker.receive(), "The paint ran out.")
    expect(studio.card("a wrong wish").first).to_contain_text("failed: The paint ran out.")
    studio.page.get_by_role("button", name="Try again").first.click()
    expect(studio.page.locator(".job.failed")).to_have_count(0)
    expect(studio.card("a wrong wish")).to_have_count(2)
    expect(studio.card("a wrong wish").first).to_contain_text("in line")
    worker.generate()


def test_blocked_word_is_refused_politely(studio: StudioPage):
    """A refusal says what to do, names no list, and keeps the text."""
    studio.generate("A NUDE, please")
    expect(studio.answer).to_contain_text("describe another picture")
    expect(studio.answer).not_to_contain_text("nude")
    expect(studio.prompt).to_have_value("A NUDE, please")


def test_empty_prompt_is_answered_with_advice(studio: StudioPage):
    """Paint without a prompt says what to do instead of failing."""
    studio.generate("")
    expect(studio.page.get_by_role("alert").first).to_contain_text("Describe a picture first")


def test_options_travel_with_the_click(studio: StudioPage, worker: ScriptedWorker):
    """Size, steps and seed, each left empty or not, go with the request."""
    studio.page.get_by_text("Size, steps, seed").click()
    studio.page.get_by_label("Steps").fill("7")
    studio.page.get_by_label("Width").fill("128")
    studio.page.get_by_label("Width").press("Tab")
    studio.generate("a wide one")
    job = worker.receive().job
    assert (job.prompt, job.count) == ("a wide one", 4)
    assert (job.steps, job.width, job.height, job.seed) == (7, 128, None, None)


def test_suggestion_fills_the_form(studio: StudioPage):
    """A click on a suggestion writes it into the form, ready to paint."""
    suggestion = read_model_defaults("models/demo").suggestions[1]
    studio.page.get_by_text(suggestion, exact=True).click()
    expect(studio.prompt).to_have_value(suggestion)


def test_burst_sends_twenty_requests(dashboard: Dashboard, open_page: Callable[..., Page]):
    """The burst button sends twenty requests of one picture each."""
    studio = StudioPage(open_page(dashboard.url))
    studio.page.get_by_role("button", name="Burst of 20").click()
    expect(studio.page.locator(".numbers b").first).to_have_text("20 ")
    expect(studio.page.get_by_text("17 more")).to_be_visible()


def test_address_bar_keeps_the_range(studio: StudioPage, open_page: Callable[..., Page]):
    """The chosen range is in the address, and an address with a range opens with it."""
    studio.page.get_by_text("1 h", exact=True).click()
    studio.page.wait_for_url(re.compile("range=1"))
    again = StudioPage(open_page(studio.page.url))
    expect(again.page.get_by_text("each 60 s")).to_be_visible()


def test_frozen_page_stands_still_and_still_follows_the_theme(studio: StudioPage):
    """Freeze stops all refreshes; a switch of theme reaches the chart nevertheless."""
    studio.page.get_by_text("Freeze").click()
    expect(studio.page.get_by_text("frozen at")).to_be_visible()
    studio.page.wait_for_timeout(1500)  # a tick that was under way may still come
    studio.watch()
    light = studio.text_colour_of_chart()
    studio.page.wait_for_timeout(3000)  # the only way to see that nothing comes
    assert studio.page.evaluate("window.drawn") == 0
    studio.page.emulate_media(color_scheme="dark")
    studio.page.wait_for_function(
        "light => document.querySelector('.annotation-text').style.fill !== light", arg=light
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_are_legible(
    shared_dashboard: Dashboard, open_page: Callable[..., Page], scheme: str
):
    """The chart's text has the theme's ink, not the other theme's."""
    studio = StudioPage(open_page(shared_dashboard.url, scheme=scheme))
    ink = {"light": "rgb(23, 25, 30)", "dark": "rgb(237, 238, 240)"}[scheme]
    fills = studio.page.evaluate(
        "[...document.querySelectorAll('.annotation-text')].map((text) => text.style.fill)"
    )
    assert ink in fills


@pytest.mark.parametrize("width", [390, 820, 1920])
def test_page_fits_its_width(
    shared_dashboard: Dashboard, open_page: Callable[..., Page], width: int
):
    """No width makes the page scroll sideways; on a phone the numbers come before the form."""
    studio = StudioPage(open_page(shared_dashboard.url, width=width))
    main = studio.page.locator(".stMain")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") == 0
    numbers = studio.page.locator(".numbers").bounding_box()
    form = studio.prompt.bounding_box()
    assert width != 390 or numbers["y"] < form["y"]


def test_browser_asks_nobody_else(shared_dashboard: Dashboard, open_page: Callable[..., Page]):
    """Fonts, scripts and pictures all come from the dashboard itself."""
    page = open_page("about:blank")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shared_dashboard.url)
    StudioPage(page)
    foreign = [url for url in asked if not url.startswith((shared_dashboard.url, "data:", "blob:"))]
    assert foreign == []
