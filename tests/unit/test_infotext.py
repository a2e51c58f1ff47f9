"""Parameters as text in PNG files."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from tests.unit.test_job import prompts
from wire.messages.infotext import fields_of, format_infotext, parse_infotext, picture_texts
from wire.messages.parameters import GenerationParameters, Lora
from wire.messages.png_text import insert_text, read_text

WEB_UI = (
    "a cat, <lora:ink:0.7>\nsitting\nNegative prompt: blurry,\nlow quality\n"
    "Steps: 30, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 965400086, "
    'Size: 512x768, Model hash: 6ce0161689, Model: v1-5, Lora hashes: "ink: 1f2e, x: 3c4d", '
    "Denoising strength: 0.45, Version: v1.10.1"
)
PLAIN = GenerationParameters(prompt="a cat", steps=4, seed=1, width=512, height=512)

names = st.text(st.characters(categories=["L", "N"], include_characters="-_/ ."), min_size=1)
loras = st.builds(
    Lora,
    name=names.map(str.strip).filter(bool).filter(lambda name: len(name) <= 200),
    weight=st.integers(-400, 400).map(lambda weight: weight / 100),
)
plain_prompts = prompts.filter(lambda text: "<lora" not in text and "Negative prompt" not in text)
generated = st.builds(
    GenerationParameters,
    prompt=plain_prompts,
    negative_prompt=st.none() | plain_prompts,
    width=st.integers(8, 256).map(lambda number: 8 * number),
    height=st.integers(8, 256).map(lambda number: 8 * number),
    steps=st.integers(1, 150),
    guidance_scale=st.none() | st.integers(0, 500).map(lambda scale: scale / 10),
    scheduler=st.none() | st.sampled_from(["Euler a", "DPM++ 2M Karras", "UniPC", "LCM"]),
    seed=st.integers(0, 2**32 - 1),
    loras=st.lists(loras, max_size=3, unique_by=lambda lora: lora.name).map(tuple),
    strength=st.none() | st.integers(2, 100).map(lambda strength: strength / 100),
)


def png() -> bytes:
    """Return a small PNG file."""
    body = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(body, "PNG")
    return body.getvalue()


@given(generated, st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_infotext_survives_a_round_trip(parameters: GenerationParameters, model_id: str):
    """The form is filled with the parameters that the picture was generated with."""
    fields = parse_infotext(format_infotext(parameters, model_id))
    assert GenerationParameters(**fields) == parameters


@given(generated)
def test_picture_survives_a_round_trip(parameters: GenerationParameters):
    """A PNG file of this project holds all parameters, and is still the same picture."""
    file = insert_text(png(), picture_texts(parameters, "models/demo"))
    assert GenerationParameters(**fields_of(read_text(file))) == parameters
    with Image.open(io.BytesIO(file)) as image:
        assert image.text == read_text(file)
        assert image.getpixel((0, 0)) == (255, 0, 0)


def test_text_of_the_web_ui_is_understood():
    """The names, line breaks and quotes of AUTOMATIC1111's web UI are parsed."""
    assert parse_infotext(WEB_UI) == {
        "prompt": "a cat, sitting",
        "negative_prompt": "blurry, low quality",
        "width": 512,
        "height": 768,
        "steps": 30,
        "guidance_scale": 7,
        "scheduler": "DPM++ 2M Karras",
        "seed": 965400086,
        "loras": [{"name": "ink", "weight": 0.7}],
        "strength": 0.45,
    }


def test_text_is_that_of_the_web_ui():
    """Other tools read prompt, negative prompt and settings, in this order."""
    parameters = PLAIN.model_copy(
        update={"negative_prompt": "blurry", "scheduler": "Euler a", "guidance_scale": 7.0}
    )
    assert format_infotext(parameters, "models/demo") == (
        "a cat\nNegative prompt: blurry\nSteps: 4, Sampler: Euler a, CFG scale: 7, Seed: 1, "
        "Size: 512x512, Model: models/demo"
    )


def test_text_without_settings_is_a_prompt():
    """A few colons do not make a line of settings."""
    assert parse_infotext("a cat: red, blue") == {"prompt": "a cat: red, blue"}


def test_text_beyond_latin_1_is_international():
    """Latin-1 text is a tEXt chunk, which every tool reads; other text is an iTXt chunk."""
    assert b"tEXt" in insert_text(png(), {"parameters": "Größe"})
    assert b"iTXt" in insert_text(png(), {"parameters": "猫"})


def test_compressed_texts_are_read():
    """Texts of other tools may be compressed, in both kinds of chunk."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a cat", zip=True)
    info.add_itxt("prompt", "猫", zip=True)
    body = io.BytesIO()
    Image.new("RGB", (8, 8)).save(body, "PNG", pnginfo=info)
    assert read_text(body.getvalue()) == {"parameters": "a cat", "prompt": "猫"}


def test_compressed_texts_have_a_limit_together():
    """A file of a few kB does not fill the memory, by one text or by many."""
    bombs = [_compressed_chunk(f"text {number}", b"a" * 2**21) for number in range(100)]
    texts = read_text(png()[:33] + b"".join(bombs))
    assert {len(text) for text in texts.values()} == {2**20}
    assert len(texts) == 16


def _compressed_chunk(keyword: str, text: bytes) -> bytes:
    body = keyword.encode() + b"\0\0" + zlib.compress(text)
    return struct.pack(">I", len(body)) + b"zTXt" + body + b"\0\0\0\0"


@pytest.mark.parametrize("part", ["a", " ", "<lora:", "a: ", '"', "<lora:a:1"])
def test_long_text_is_parsed_in_linear_time(part: str):
    """A hostile file does not occupy the dashboard: each of these took hours."""
    text = part * 50_000
    assert isinstance(parse_infotext(f"{text}\n{text}"), dict)
    assert isinstance(parse_infotext(f"<lora:{text}\nSteps: 1, Seed: 1, {text}Size: 8x8"), dict)


@given(st.binary() | st.binary().map(lambda tail: png()[:33] + tail))
def test_any_file_is_read(file: bytes):
    """A damaged or foreign file has no text, or some, and never raises an error."""
    assert isinstance(read_text(file), dict)


@given(st.dictionaries(st.sampled_from(["parameters", "generation"]), st.text()))
def test_any_text_is_parsed(texts: dict[str, str]):
    """Whatever a file contains, there are fields or none."""
    assert isinstance(fields_of(texts), dict | None)
