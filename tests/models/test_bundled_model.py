"""The bundled model, loaded and run as a worker runs any other."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.train.package import megabytes
from models.train.painter import Painter, load_painter

MODEL = Path(__file__).parents[2] / "models" / "demo"
KEYS = {"steps", "guidance_scale", "width", "height", "suggestions", "vocabulary", "notice"}


@pytest.fixture(scope="module")
def painter() -> Painter:
    return load_painter(MODEL)


@pytest.fixture(scope="module")
def defaults() -> dict:
    return json.loads((MODEL / "defaults.json").read_text())


def test_it_paints_256_pixels_square(painter: Painter) -> None:
    """The folder loads with diffusers alone and paints 256 x 256 pictures."""
    assert painter.generate(["cartoon dwarf"], [1]).shape == (1, 256, 256, 3)


def test_it_is_small_enough_for_git() -> None:
    """The folder has at most 24 MB."""
    assert megabytes(MODEL) <= 24


def test_it_holds_weights_and_words_only() -> None:
    """Weights are safetensors: nothing in the folder can run code when it is loaded."""
    kinds = {path.suffix for path in MODEL.rglob("*") if path.is_file()}
    assert ".safetensors" in kinds
    assert kinds <= {".safetensors", ".json", ".txt", ".md", ".jinja"}


def test_defaults_say_how_to_run_it(defaults: dict) -> None:
    """The defaults have the keys that a worker reads, and eight to twelve suggestions."""
    assert set(defaults) == KEYS
    assert 8 <= len(defaults["suggestions"]) <= 12
    assert 1 <= defaults["steps"] <= 8
    assert defaults["notice"] is None


def test_card_says_what_it_is() -> None:
    """The model card names data, limits and licence."""
    card = (MODEL / "README.md").read_text()
    assert all(word in card for word in ("Apache-2.0", "## Data", "## Limits", "## Figures"))


def test_a_seed_gives_one_picture(painter: Painter) -> None:
    """The same prompt and seed paint the same pixels."""
    first, again = (painter.generate(["red house at night"], [7]) for _ in range(2))
    assert np.array_equal(first, again)


def test_seeds_differ(painter: Painter) -> None:
    """Different seeds paint different compositions of the same prompt."""
    pictures = painter.generate(["red house at night"] * 4, [1, 2, 3, 4]).astype(int)
    assert max(np.abs(pictures[0] - other).mean() for other in pictures[1:]) > 5


def test_unknown_words_do_no_harm(painter: Painter) -> None:
    """A prompt with an unknown word paints what the known words say."""
    asked, with_unknown, other = painter.generate(
        ["red house at night", "red zorble house at night", "green dog in a meadow"], [3] * 3
    ).astype(int)
    assert np.abs(asked - with_unknown).mean() < np.abs(asked - other).mean() / 2


@pytest.mark.parametrize("prompt", ["", "zorble", "日本語 🚀", "red house " * 500])
def test_any_text_paints_something(painter: Painter, prompt: str) -> None:
    """No text stops the painter: the picture has light and dark."""
    assert painter.generate([prompt], [0]).std() > 10


def test_colours_are_followed(painter: Painter) -> None:
    """A red car has more red in it than a blue one, and less blue."""
    red, blue = painter.generate(["red car in the snow", "blue car in the snow"], [5, 5]).astype(
        int
    )
    middle = np.s_[100:230, 40:216]
    difference = (red - blue)[middle].mean(axis=(0, 1))
    assert difference[0] > 5
    assert difference[2] < -5
