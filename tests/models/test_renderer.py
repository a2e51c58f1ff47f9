"""The renderer and the captions, the training data of the bundled model."""

from itertools import combinations

import numpy as np
import pytest

from models.train.captions import TOKENS, caption, make_tokenizer, plain_prompt
from models.train.render import Composition, render
from models.train.settings import LAYOUTS
from models.train.vocabulary import (
    COLOURS,
    SETTINGS,
    STYLES,
    SUBJECTS,
    Scene,
    held_out_triples,
    is_held_out,
    sample_scene,
)

NIGHT_HOUSE = Scene(SUBJECTS.index("house"), COLOURS.index("red"), SETTINGS.index("night"), 0)
PLAIN = Composition(layout=0, step=0)


def scenes(count: int) -> list[Scene]:
    random = np.random.default_rng(5)
    return [sample_scene(random) for _ in range(count)]


def test_vocabulary_size() -> None:
    """There are at least 16 subjects, 10 colours, 8 settings and 3 styles."""
    assert len(SUBJECTS) >= 16
    assert len(COLOURS) >= 10
    assert len(SETTINGS) >= 8
    assert len(STYLES) >= 3


def test_renderer_is_deterministic() -> None:
    """The same scene and composition give the same pixels."""
    assert np.array_equal(render(NIGHT_HOUSE, PLAIN), render(NIGHT_HOUSE, PLAIN))


@pytest.mark.parametrize("subject", range(len(SUBJECTS)))
def test_every_subject_is_drawn_in_every_style(subject: int) -> None:
    """A subject is a 256 x 256 picture of its own in each style."""
    pictures = [render(Scene(subject, 0, 1, style), PLAIN) for style in range(len(STYLES))]
    assert all(picture.shape == (256, 256, 3) for picture in pictures)
    assert all(not np.array_equal(a, b) for a, b in combinations(pictures, 2))


def test_compositions_differ() -> None:
    """Layout and step each change the picture."""
    compositions = (
        PLAIN,
        Composition(layout=LAYOUTS - 1, step=0),
        Composition(layout=0, step=2),
    )
    pictures = [render(NIGHT_HOUSE, composition) for composition in compositions]
    assert all(not np.array_equal(a, b) for a, b in combinations(pictures, 2))


def test_subjects_stay_inside_the_picture() -> None:
    """No subject leaves the frame at its furthest step: its edge columns are the setting's."""
    for subject in range(len(SUBJECTS)):
        blue, red = (render(Scene(subject, c, 3, 0), Composition(0, 2)) for c in (4, 0))
        assert np.abs(blue[:, -1].astype(int) - red[:, -1]).max() < 40


def test_held_out_triples_are_never_trained_on() -> None:
    """More than 500 triples are kept for the evaluation and no training scene shows one."""
    assert len(held_out_triples()) >= 500
    assert not any(is_held_out(scene) for scene in scenes(3000))


def test_every_pair_of_words_is_trained_on() -> None:
    """A held-out triple is new only as a whole: each two of its words occur together."""
    free = [
        (s, c, n)
        for s in range(len(SUBJECTS))
        for c in range(len(COLOURS))
        for n in range(len(SETTINGS))
        if not is_held_out(Scene(s, c, n, 0))
    ]
    assert len({(s, c) for s, c, _ in free}) == len(SUBJECTS) * len(COLOURS)
    assert len({(s, n) for s, _, n in free}) == len(SUBJECTS) * len(SETTINGS)
    assert len({(c, n) for _, c, n in free}) == len(COLOURS) * len(SETTINGS)


def test_captions_are_deterministic_and_varied() -> None:
    """A seed always gives the same caption; seeds give different ones."""
    texts = [caption(NIGHT_HOUSE, np.random.default_rng(seed)) for seed in range(20)]
    assert texts == [caption(NIGHT_HOUSE, np.random.default_rng(seed)) for seed in range(20)]
    assert len(set(texts)) > 10


def test_plain_prompt_reads_as_people_type() -> None:
    """The shortest captions are worded as people type them."""
    assert plain_prompt(NIGHT_HOUSE) == "red house at night"
    assert plain_prompt(Scene(SUBJECTS.index("dwarf"), 0, 0, 1, named=False)) == "cartoon dwarf"


def test_tokenizer_accepts_any_text() -> None:
    """Known words are single tokens; unknown words, other scripts and long texts are accepted."""
    tokenizer = make_tokenizer()
    assert len(tokenizer.tokenize("cartoon dwarf")) == 2
    for text in ("", "zebra", "日本語 🚀", "red house " * 1000):
        numbers = tokenizer(text, truncation=True, max_length=TOKENS).input_ids
        assert 2 <= len(numbers) <= TOKENS
