"""Tests of the Studio in Chromium, with a scripted worker."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from core.model_defaults import read_model_defaults
from tests.support.browser.screen_sizes import on_screens, wait_until_fits
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.browser.studio_page import StudioPage
from tests.support.chromium import dismissed_alerts
from tests.support.dashboard_server import Dashboard
from tests.support.samples import metadata_of, preview_file
from wire.messages.job import JobRequest, new_job
from wire.messages.metadata import encode_metadata
from wire.messages.object_names import metadata_name, picture_name
from wire.stores.directory import DirectoryStore

HOSTILE = [
    "<img src=x onerror=alert(1)> in snow",
    "**bold** `code` [link](http://x) :material/home: $x^2$",
    "abc \u202eright to left\u202c \u0645\u0631\u062d\u0628\u0627",
    "a cat 🐈\u200d⬛ and a 🧑\u200d🚀",
]


def test_card_follows_a_job_from_prompt_to_pictures(studio: StudioPage, worker: ScriptedWorker):
    """A submitted job has a card at once, which shows each state; its pictures appear."""
    studio.generate("a follower")
    card = studio.card("a follower")
    expect(card).to_contain_text("0 of 4")
    expect(card).to_contain_text("in queue")
    delivery = worker.receive()
    expect(card).to_contain_text("on worker-1")
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


def test_card_shows_a_picture_out_of_noise(studio: StudioPage, worker: ScriptedWorker):
    """A card shows each preview, then the picture in its place, and nothing moves."""
    studio.generate("out of noise")
    card = studio.card("out of noise")
    image = card.locator("img")
    expect(card).to_contain_text("in queue")
    delivery = worker.receive()
    studio.page.wait_for_timeout(600)  # browsers ignore shifts within 500 ms of a click
    studio.watch()
    previews = set()
    for step, colour in ((2, "#808080"), (3, "#6aa5ff")):
        worker.step(delivery, 0, step, preview_file(colour))
        expect(card).to_contain_text(f"step {step} of 4")
        expect(image).to_have_attribute("src", re.compile("^data:image/webp;base64,"))
        expect(image).to_have_attribute("alt", "out of noise, in progress")
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 16
        previews.add(image.get_attribute("src"))
    assert len(previews) == 2
    for picture in range(4):
        worker.store(delivery, picture)
    worker.finish(delivery)
    expect(image).to_have_attribute("src", f"/thumbnails/{picture_name(delivery.job.id, 3)}")
    expect(image).to_have_attribute("alt", "out of noise")
    assert studio.shifts == []


def test_typed_text_is_never_lost(studio: StudioPage, worker: ScriptedWorker):
    """Updates and a submission keep the text, the focus and the caret."""
    studio.watch()
    studio.prompt.press_sequentially("half a tho")
    studio.wait_for_redraws(3)
    studio.prompt.press_sequentially("ught")
    expect(studio.prompt).to_have_value("half a thought")
    studio.page.get_by_role("button", name="Generate", exact=True).click()
    expect(studio.card("half a thought")).to_be_visible()
    expect(studio.prompt).to_have_value("half a thought")
    worker.generate()


def test_live_region_announces_own_jobs(studio: StudioPage, worker: ScriptedWorker):
    """Screen readers announce a job of this session when it is sent and when it is done."""
    status = studio.page.locator(".st-key-jobs").get_by_role("status")
    expect(status).to_have_attribute("aria-live", "polite")
    expect(status).to_have_text("")
    studio.generate("an announced cat")
    expect(status).to_have_text("Request 1 sent: an announced cat")
    worker.generate()
    expect(status).to_have_text("Request 1 done: an announced cat")


def test_prompt_is_shown_as_text(studio: StudioPage, worker: ScriptedWorker):
    """A prompt is never interpreted as markup: on its card, its tile, or in the details."""
    with dismissed_alerts(studio.page) as alerts:
        for prompt in HOSTILE:
            studio.generate(prompt)
            expect(studio.page.locator(".job > b").first).to_have_text(prompt)
            worker.generate()
            expect(studio.tiles.first.locator("img")).to_have_attribute("alt", prompt)
            studio.tiles.first.click()
            expect(studio.dialog.locator("td").first).to_have_text(prompt)
            studio.page.keyboard.press("Escape")
            expect(studio.dialog).to_have_count(0)
    assert alerts == []


def test_reload_keeps_own_requests_and_the_typed_prompt(studio: StudioPage, worker: ScriptedWorker):
    """After a reload the requests are still the viewer's own, and the typed text is there."""
    studio.generate("mine before the reload")
    expect(studio.page.get_by_text("Your requests")).to_be_visible()
    studio.prompt.fill("a text that was not sent")
    studio.page.reload()
    expect(studio.prompt).to_have_value("a text that was not sent")
    expect(studio.card("mine before the reload")).to_be_visible()
    expect(studio.page.get_by_text("Your requests")).to_be_visible()
    worker.generate()
    expect(studio.card("mine before the reload")).to_contain_text("done")


_PASTE = """(field, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  field.focus();
  const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  if (field.dispatchEvent(paste)) document.execCommand("insertText", false, text);
}"""


def test_pasted_text_is_cut_at_the_limit(studio: StudioPage):
    """A text that is too long fills the field up to its limit, and the page says so."""
    note = studio.page.get_by_text("The pasted text was cut: a prompt has at most 1,000 characters")
    studio.prompt.fill("a cat ")
    studio.prompt.evaluate(_PASTE, "sits on a mat ")
    expect(studio.prompt).to_have_value("a cat sits on a mat ")
    expect(note).to_have_count(0)
    studio.prompt.evaluate(_PASTE, "word " * 240)
    expect(studio.prompt).to_have_value(("a cat sits on a mat " + "word " * 240)[:1000])
    expect(note).to_be_visible()
    studio.prompt.fill("a dog")
    studio.prompt.evaluate(_PASTE, " barks")
    expect(note).to_have_count(0)


def test_updates_shift_no_layout(studio: StudioPage, worker: ScriptedWorker):
    """While a job is generated nothing shifts, and the chart is updated in place."""
    studio.generate("hold still")
    expect(studio.card("hold still")).to_be_visible()
    delivery = worker.receive()
    studio.page.wait_for_timeout(600)  # browsers ignore shifts within 500 ms of a click
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
    """Enter on a picture opens its details, Escape closes them, and a link opens them too."""
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


def test_picture_of_an_unsupported_size_cannot_be_repeated(
    shared_dashboard: Dashboard, open_page: Callable[..., Page]
):
    """A picture of an older sample has details, and a reason why it cannot be repeated."""
    job = new_job(JobRequest(prompt="an odd size"))
    older = metadata_of(job).model_copy(update={"image_width": 500})
    store = DirectoryStore(shared_dashboard.data_dir / "pictures")
    store.put(metadata_name(job.id), encode_metadata(older), "application/json")
    store.put(picture_name(job.id, 0), b"a picture", "image/png")
    studio = StudioPage(open_page(f"{shared_dashboard.url}?picture={picture_name(job.id, 0)}"))
    expect(studio.dialog).to_contain_text("500 by 128 pixels")
    expect(studio.dialog).to_contain_text(re.compile("cannot be .* again: The width"))
    expect(studio.page.locator(".stException")).to_have_count(0)


def test_job_can_be_cancelled_retried_and_repeated(studio: StudioPage, worker: ScriptedWorker):
    """A card offers the action that its job's state allows, and performs it."""
    studio.generate("a wrong prompt")
    studio.page.get_by_role("button", name="Cancel").first.click()
    expect(studio.card("a wrong prompt")).to_contain_text("cancelled")
    studio.page.get_by_role("button", name="Generate again").first.click()
    expect(studio.card("a wrong prompt").first).to_contain_text("in queue")
    worker.receive()  # the cancelled job
    worker.fail(worker.receive(), "The disk is full.")
    expect(studio.card("a wrong prompt").first).to_contain_text("failed: The disk is full.")
    studio.page.get_by_role("button", name="Retry").first.click()
    expect(studio.page.locator(".job.failed")).to_have_count(0)
    expect(studio.card("a wrong prompt")).to_have_count(2)
    expect(studio.card("a wrong prompt").first).to_contain_text("in queue")
    worker.generate()


def test_blocked_word_is_refused(studio: StudioPage):
    """The refusal says what to change, does not repeat the word, and keeps the text."""
    studio.generate("A NUDE, please")
    expect(studio.answer).to_contain_text("Please change it")
    expect(studio.answer).not_to_contain_text("nude")
    expect(studio.prompt).to_have_value("A NUDE, please")


def test_empty_prompt_is_refused(studio: StudioPage):
    """Generate without a prompt shows what to do."""
    studio.generate("")
    expect(studio.page.get_by_role("alert").first).to_contain_text("Describe a picture first")


def test_options_are_submitted(studio: StudioPage, worker: ScriptedWorker):
    """Size, steps and seed are part of the request; empty fields are not."""
    studio.open_parameters()
    studio.number("Steps").fill("7")
    studio.number("Width").fill("128")
    studio.number("Width").press("Tab")
    studio.generate("a wide cat")
    job = worker.receive().job
    assert (job.prompt, job.count) == ("a wide cat", 4)
    assert (job.steps, job.width, job.height, job.seed) == (7, 128, None, None)


def test_prompt_matrix_is_counted_sent_and_shown_as_a_grid(
    studio: StudioPage, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """Its prompts are shown before they are sent; cells fill live; the link shows the same."""
    studio.generate("a {red|blue} {cat|dog}")
    expect(studio.page.get_by_text("4 prompts, 16 pictures")).to_be_visible()
    studio.page.get_by_role("button", name="Send 4 requests").click()
    studio.page.get_by_role("button", name="Open the grid").click()
    table = studio.page.locator("table.grid")
    expect(table.get_by_role("rowheader")).to_have_text(["red", "blue"])
    expect(table.get_by_role("columnheader")).to_have_text(["cat", "dog"])
    jobs = [worker.generate() for _ in range(2)]
    expect(table.get_by_role("img")).to_have_count(8)
    jobs += [worker.generate() for _ in range(2)]
    expect(table.get_by_role("img")).to_have_count(16)
    prompts = [f"a {colour} {animal}" for colour in ("red", "blue") for animal in ("cat", "dog")]
    assert [job.prompt for job in jobs] == prompts
    assert len({job.seed for job in jobs}) == 1
    linked = open_page(studio.page.url)
    linked.get_by_role("button", name="a blue dog, picture 1: details").click()
    expect(linked.get_by_role("dialog").locator("td").first).to_have_text("a blue dog")


def test_suggestion_fills_the_form(studio: StudioPage):
    """A click on a suggestion fills the prompt field."""
    suggestion = read_model_defaults("models/demo").suggestions[1]
    studio.page.get_by_text(suggestion, exact=True).click()
    expect(studio.prompt).to_have_value(suggestion)


def test_burst_sends_twenty_requests(dashboard: Dashboard, open_page: Callable[..., Page]):
    """The burst button sends twenty requests of one picture each."""
    studio = StudioPage(open_page(dashboard.url))
    studio.page.get_by_role("button", name="Burst of 20").click()
    expect(studio.page.locator(".numbers b").first).to_have_text("20 ")
    expect(studio.page.get_by_text("17 more")).to_be_visible()


def test_address_keeps_the_range(studio: StudioPage, open_page: Callable[..., Page]):
    """The selected range is in the address, and an address with a range opens with it."""
    studio.page.get_by_text("1 h", exact=True).click()
    studio.page.wait_for_url(re.compile("range=1"))
    again = StudioPage(open_page(studio.page.url))
    expect(again.page.get_by_text("each 60 s")).to_be_visible()


def test_frozen_page_updates_only_its_theme(studio: StudioPage):
    """Freeze stops all updates; the chart still follows a change of theme."""
    studio.page.get_by_text("Freeze").click()
    expect(studio.page.get_by_text("frozen at")).to_be_visible()
    studio.page.wait_for_timeout(1500)  # an update that was under way may still arrive
    studio.watch()
    light = studio.chart_text_colour()
    studio.page.wait_for_timeout(3000)  # nothing signals the absence of updates
    assert studio.page.evaluate("window.drawn") == 0
    studio.page.emulate_media(color_scheme="dark")
    studio.page.wait_for_function(
        "light => document.querySelector('.annotation-text').style.fill !== light", arg=light
    )


def test_chart_text_has_the_themes_colour(studio: StudioPage):
    """The chart's text is dark on light and light on dark."""
    for scheme, ink in (("light", "rgb(23, 25, 30)"), ("dark", "rgb(237, 238, 240)")):
        studio.page.emulate_media(color_scheme=scheme)
        studio.page.wait_for_function(
            "ink => [...document.querySelectorAll('.annotation-text')]"
            ".some((text) => text.style.fill === ink)",
            arg=ink,
        )


def test_page_fits_its_width(studio: StudioPage):
    """No width makes the page scroll sideways; on a phone the numbers come before the form."""
    for _ in on_screens(studio.page, [(1920, 1080), (820, 1180), (390, 844)]):
        wait_until_fits(studio.page, ".stMain")
    numbers = studio.page.locator(".numbers").bounding_box()
    assert numbers["y"] < studio.prompt.bounding_box()["y"]


def test_page_requests_nothing_from_other_hosts(
    shared_dashboard: Dashboard, open_page: Callable[..., Page]
):
    """Fonts, scripts and pictures are served by the dashboard."""
    page = open_page("about:blank", reused=False)
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(shared_dashboard.url)
    StudioPage(page)
    foreign = [
        url for url in requested if not url.startswith((shared_dashboard.url, "data:", "blob:"))
    ]
    assert foreign == []
