"""The form's parameters in Chromium: offered as the model accepts them, submitted, filled in."""

import io
from collections.abc import Callable

from PIL import Image, PngImagePlugin
from playwright.sync_api import FilePayload, Page, expect

from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.browser.studio_page import StudioPage
from tests.support.dashboard_server import Dashboard
from wire.messages.parameters import GenerationParameters, Lora


def png(text: str | None = None) -> FilePayload:
    """Return a PNG file, with the parameters that another tool wrote."""
    info = PngImagePlugin.PngInfo()
    if text:
        info.add_text("parameters", text)
    body = io.BytesIO()
    Image.new("RGB", (8, 8)).save(body, "PNG", pnginfo=info)
    return {"name": "picture.png", "mimeType": "image/png", "buffer": body.getvalue()}


def test_form_offers_what_the_model_accepts(studio: StudioPage, worker: ScriptedWorker):
    """Once a worker announces its model, an open form offers more, and keeps what was typed."""
    studio.open_parameters()
    expect(studio.number("Guidance scale")).to_have_count(0)
    expect(studio.number("Steps")).to_have_attribute("max", "150")
    studio.number("Seed").fill("7")
    studio.prompt.fill("half a thought")
    worker.announce()
    expect(studio.number("Guidance scale")).to_have_attribute("placeholder", "7.5")
    expect(studio.number("Steps")).to_have_attribute("max", "50")
    expect(studio.number("Width")).to_have_attribute("step", "16")
    expect(studio.prompt).to_have_value("half a thought")
    expect(studio.number("Seed")).to_have_value("7")


def test_all_parameters_are_submitted(studio: StudioPage, worker: ScriptedWorker):
    """Every field of the form is part of the job, by the names that the worker knows."""
    worker.announce()
    studio.open_parameters()
    studio.page.get_by_label("Negative prompt").fill("blurry")
    for name, value in {"Width": "128", "Height": "160", "Steps": "7", "Seed": "42"}.items():
        studio.number(name).fill(value)
    studio.number("Guidance scale").fill("5.5")
    studio.select("Scheduler", "DPM++ 2M Karras")
    studio.select("LoRAs", "ink-sketch")
    studio.page.keyboard.press("Escape")  # the list stays open for further ones
    studio.number("Weight of ink-sketch").fill("0.8")
    studio.number("Weight of ink-sketch").press("Tab")
    studio.generate("a drawn cat")
    job = worker.generate()
    assert job.parameters == GenerationParameters(
        prompt="a drawn cat",
        negative_prompt="blurry",
        width=128,
        height=160,
        steps=7,
        guidance_scale=5.5,
        scheduler="DPM++ 2M Karras",
        seed=42,
        loras=(Lora(name="ink-sketch", weight=0.8),),
    )


def test_value_that_is_not_accepted_stays(studio: StudioPage, worker: ScriptedWorker):
    """The form keeps a width that the model does not take, for a person to correct it."""
    worker.announce()
    studio.open_parameters()
    studio.number("Width").fill("250")
    studio.number("Width").press("Tab")
    studio.generate("of an odd width")
    expect(studio.answer).to_contain_text("The width")
    expect(studio.number("Width")).to_have_value("250")


def test_picture_begins_another(studio: StudioPage, worker: ScriptedWorker):
    """A picture of the dialog becomes the initial picture, until it is removed."""
    worker.announce()
    studio.generate("the first of two")
    first = worker.generate()
    expect(studio.tiles.first.locator("img")).to_have_attribute("alt", "the first of two")
    studio.tiles.first.click()
    studio.dialog.get_by_role("button", name="Use as initial picture").click()
    expect(studio.dialog).to_have_count(0)
    thumbnail = studio.page.get_by_alt_text("Initial picture")
    expect(thumbnail).to_be_visible()
    expect(studio.number("Strength")).to_have_attribute("placeholder", "default")
    studio.number("Strength").fill("0.4")
    studio.number("Strength").press("Tab")
    studio.generate("the second of two")
    job = worker.generate()
    assert job.init_image is not None
    assert job.init_image.startswith(first.id)
    assert job.strength == 0.4
    studio.page.get_by_role("button", name="Remove", exact=True).click()
    expect(thumbnail).to_have_count(0)
    expect(studio.number("Strength")).to_have_count(0)


def test_pictures_become_separate_jobs(studio: StudioPage, worker: ScriptedWorker):
    """With the switch, each picture is a job of its own, with the seeds of a single job."""
    studio.open_parameters()
    studio.number("Seed").fill("7")
    studio.number("Seed").press("Tab")
    studio.page.get_by_text("One job per picture").click()
    studio.generate("shared work")
    jobs = [worker.generate() for _ in range(4)]
    assert [(job.count, job.seed) for job in jobs] == [(1, 7), (1, 8), (1, 9), (1, 10)]


def test_png_file_fills_the_form(studio: StudioPage, worker: ScriptedWorker):
    """Parameters of another tool's file are filled in; those of other models are named."""
    worker.announce()
    studio.open_parameters()
    studio.number("Seed").fill("1")
    studio.number("Seed").press("Tab")
    file = studio.page.locator(".stFileUploader input")
    file.set_input_files(
        png(
            "a cat at night <lora:ink-sketch:0.5> <lora:oil:1>\nNegative prompt: blurry\n"
            "Steps: 20, Sampler: Euler a, CFG scale: 6.5, Seed: 99, Size: 512x500, Model: x"
        )
    )
    expect(studio.prompt).to_have_value("a cat at night")
    expect(studio.page.get_by_label("Negative prompt")).to_have_value("blurry")
    expect(studio.number("Steps")).to_have_value("20")
    expect(studio.number("Seed")).to_have_value("99")
    expect(studio.number("Guidance scale")).to_have_value("6.5")
    expect(studio.page.get_by_role("combobox", name="Scheduler")).to_have_value("Euler a")
    alert = studio.page.get_by_role("alert").filter(has_text="Not filled in")
    expect(alert).to_contain_text("The height")
    expect(alert).to_contain_text("There is no LoRA oil; there are: ink-sketch, watercolour.")
    file.set_input_files(png())
    expect(studio.page.get_by_text("carries no generation parameters")).to_be_visible()
    expect(studio.prompt).to_have_value("a cat at night")


def test_each_png_file_fills_the_form(studio: StudioPage, worker: ScriptedWorker):
    """A file fills the form also if the live part of the page is refreshed at that moment."""
    worker.announce()
    studio.open_parameters()
    for number in range(3):
        file = png(f"cat number {number}\nSteps: {number + 1}, Seed: 5, Model: x")
        studio.page.locator(".stFileUploader input").set_input_files(file)
        expect(studio.prompt).to_have_value(f"cat number {number}")
        expect(studio.number("Steps")).to_have_value(str(number + 1))


def test_parameters_of_a_picture_fill_the_form(
    shared_dashboard: Dashboard, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """From the Gallery, a picture's parameters open in the Studio, with the picture's seed."""
    worker.announce()
    shared_dashboard.submit("to be edited", 2)
    job = worker.generate()
    page = open_page(f"{shared_dashboard.url}/gallery?picture={job.id}-1.png")
    details = page.get_by_role("dialog")
    expect(details).to_contain_text("Guidance scale")
    assert [
        link.get_attribute("href").partition("-1.png")[2]
        for link in details.get_by_role("group", name="Download").get_by_role("link").all()
    ] == ["", "?format=webp", "?format=jpeg"]
    details.get_by_role("button", name="Use parameters").click()
    studio = StudioPage(page)
    expect(studio.prompt).to_have_value("to be edited")
    expect(studio.number("Seed")).to_have_value("1045")
    expect(studio.number("Width")).to_have_value("64")


def test_withheld_picture_is_counted(studio: StudioPage, worker: ScriptedWorker):
    """The card says how many pictures the safety checker rejected; the job is finished."""
    studio.generate("partly withheld")
    delivery = worker.receive()
    for picture in range(3):
        worker.store(delivery, picture)
    worker.withhold(delivery, 3)
    worker.finish(delivery)
    card = studio.card("partly withheld")
    expect(card).to_contain_text("3 of 4, 1 withheld")
    expect(card).to_contain_text("done")
