"""The bundled model, loaded and run as a worker runs any other."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.train.bundled_model import BundledModel, load_model
from models.train.package import megabytes

MODEL = Path(__file__).parents[2] / "models" / "demo"
KEYS = {"steps", "guidance_scale", "width", "height", "suggestions", "vocabulary", "notice"}


@pytest.fixture(scope="module")
def model() -> BundledModel:
    return load_model(MODEL)


@pytest.fixture(scope="module")
def defaults() -> dict:
    return json.loads((MODEL / "defaults.json").read_text())


def test_pictures_have_256_by_256_pixels(model: BundledModel) -> None:
    """The folder loads with diffusers alone and generates 256 x 256 pictures."""
    assert model.generate(["cartoon dwarf"], [1]).shape == (1, 256, 256, 3)


def test_it_is_small_enough_for_git() -> None:
    """The folder has at most 24 MB."""
    assert megabytes(MODEL) <= 24


def test_folder_holds_no_code() -> None:
    """Weights are safetensors: nothing in the folder can run code when it is loaded."""
    kinds = {path.suffix for path in MODEL.rglob("*") if path.is_file()}
    assert ".safetensors" in kinds
    assert kinds <= {".safetensors", ".json", ".txt", ".md", ".jinja"}


def test_defaults_have_every_key(defaults: dict) -> None:
    """The defaults have the keys that a worker reads, and eight to twelve suggestions."""
    assert set(defaults) == KEYS
    assert 8 <= len(defaults["suggestions"]) <= 12
    assert 1 <= defaults["steps"] <= 8
    assert defaults["notice"] is None


def test_card_is_complete() -> None:
    """The model card names data, limits and licence."""
    card = (MODEL / "README.md").read_text()
    assert all(word in card for word in ("Apache-2.0", "## Data", "## Limits", "## Figures"))


def test_seed_is_reproducible(model: BundledModel) -> None:
    """The same prompt and seed give the same pixels."""
    first, again = (model.generate(["red house at night"], [7]) for _ in range(2))
    assert np.array_equal(first, again)


def test_seeds_give_different_pictures(model: BundledModel) -> None:
    """Different seeds give different compositions of the same prompt."""
    pictures = model.generate(["red house at night"] * 4, [1, 2, 3, 4]).astype(int)
    assert max(np.abs(pictures[0] - other).mean() for other in pictures[1:]) > 5


def test_unknown_words_are_ignored(model: BundledModel) -> None:
    """A prompt with an unknown word gives the picture of its known words."""
    known, with_unknown, other = model.generate(
        ["red house at night", "red zorble house at night", "green dog in a meadow"], [3] * 3
    ).astype(int)
    assert np.abs(known - with_unknown).mean() < np.abs(known - other).mean() / 2


@pytest.mark.parametrize("prompt", ["", "zorble", "日本語 🚀", "red house " * 500])
def test_any_text_gives_a_picture(model: BundledModel, prompt: str) -> None:
    """Any text is accepted, and its picture has contrast."""
    assert model.generate([prompt], [0]).std() > 10


def test_colours_are_followed(model: BundledModel) -> None:
    """A red car has more red in it than a blue one, and less blue."""
    red, blue = model.generate(["red car in the snow", "blue car in the snow"], [5, 5]).astype(int)
    middle = np.s_[100:230, 40:216]
    difference = (red - blue)[middle].mean(axis=(0, 1))
    assert difference[0] > 5
    assert difference[2] < -5
