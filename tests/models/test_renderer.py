"""The renderer, the captions and the training loop: what the bundled model is made of."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.progress import Progress
from torch import Tensor, nn

from models.train.captions import TOKENS, caption, make_tokenizer, plain_prompt
from models.train.latents import fit_basis
from models.train.loop import Loop, Plan, rate_at
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


def test_vocabulary_is_as_wide_as_promised() -> None:
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
    """The plainest words for a scene are those of the issue's examples."""
    assert plain_prompt(NIGHT_HOUSE) == "red house at night"
    assert plain_prompt(Scene(SUBJECTS.index("dwarf"), 0, 0, 1, named=False)) == "cartoon dwarf"


def test_tokenizer_reads_anything() -> None:
    """Known words are single tokens; unknown ones, other scripts and long texts are still read."""
    tokenizer = make_tokenizer()
    assert len(tokenizer.tokenize("cartoon dwarf")) == 2
    for text in ("", "zebra", "日本語 🚀", "red house " * 1000):
        numbers = tokenizer(text, truncation=True, max_length=TOKENS).input_ids
        assert 2 <= len(numbers) <= TOKENS


def test_latents_keep_what_the_eye_sees() -> None:
    """Sixteen numbers for each patch have an overall deviation of one."""
    pictures = np.stack([render(scene, PLAIN) for scene in scenes(12)])
    latents = fit_basis(pictures).encode(pictures)
    assert latents.shape == (12, 16, 16, 16)
    assert float(latents.std()) == pytest.approx(1, abs=0.05)


def train_line(folder: Path, steps: int) -> Tensor:
    """Train a tiny part on the plateau, where the rate does not depend on the run's length."""
    torch.manual_seed(0)
    plan = Plan("part", steps, rate=0.01, average=0.9, decay_from=0.99)
    loop = Loop(plan, nn.Linear(4, 1), folder, seed=3)
    loop.run(lambda _: loop.module(torch.randn(8, 4)).square().mean(), Progress())
    return loop.averaged.weight


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A run that is cut and continued ends with the weights of a run in one go."""
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    cut.mkdir()
    whole.mkdir()
    train_line(cut, steps=9)
    assert torch.equal(train_line(cut, steps=20), train_line(whole, steps=20))


def test_learning_rate_warms_up_and_ends_low() -> None:
    """The rate rises, stays, and is a hundredth at the end."""
    plan = Plan("part", steps=1000, rate=1.0)
    assert rate_at(plan, 0) < 0.02
    assert rate_at(plan, 500) == 1.0
    assert rate_at(plan, 999) == pytest.approx(0.01)
