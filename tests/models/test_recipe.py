"""The whole recipe of the bundled model at a small size; `make model` takes hours."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.progress import Progress

from models.train.bundled_model import load_model
from models.train.card import Accuracy, Figures, with_figures
from models.train.loop import STAGES, Plan, steps_taken
from models.train.presets import CPU, GPU, Preset
from models.train.train import Training, make_model

SMALL = Preset(
    pictures=264,
    widths=(16, 16, 16),
    decoder_width=8,
    decoder_blocks=(1, 0, 0, 0, 0),
    text=Plan("text", steps=1, learning_rate=1e-3),
    classifier=Plan("classifier", steps=1, learning_rate=1e-3),
    decoder=Plan("decoder", steps=1, learning_rate=1e-3, muon=True),
    decoder_batch=2,
    unet=Plan("unet", steps=1, learning_rate=1e-3, muon=True),
    unet_batch=2,
    distill=Plan("distill", steps=1, learning_rate=1e-3, muon=True),
    distill_pictures=2,
    refine=Plan("refine", steps=1, learning_rate=1e-3, muon=True),
    refine_pictures=2,
)

FIGURES = Figures(
    prompts=512,
    generated=Accuracy(0.99, 0.98, 1.0),
    rendered=Accuracy(1.0, 1.0, 1.0),
    shuffled=Accuracy(0.06, 0.1, 0.12),
    chance=Accuracy(0.06, 0.1, 0.12),
    sharpness=0.82,
    seconds_one_thread=0.4,
    seconds_two_threads=0.3,
    load_seconds=0.2,
    megabytes=20.7,
)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the small preset from nothing."""
    folder = tmp_path_factory.mktemp("work")
    make_model(Training(folder, SMALL, 0, Progress(disable=True)), folder / "model")
    return folder


def test_every_stage_is_trained(work: Path) -> None:
    """Each stage writes a checkpoint with the steps of its plan."""
    assert steps_taken(work) == dict.fromkeys(STAGES, 1)


def test_card_has_the_steps_and_its_figures_can_be_replaced(work: Path) -> None:
    """Figures that are measured later replace earlier ones; the steps of the run stay."""
    card = (work / "model" / "README.md").read_text()
    assert "unet 1" in card
    assert "Not measured yet" in card
    for sharpness in (0.5, 0.82):
        card = with_figures(card, replace(FIGURES, sharpness=sharpness))
    assert "sharpness: 0.82" in card
    assert card.count("| this model |") == card.count("## Figures") == card.count("## Limits") == 1
    assert "0.50 of" not in card
    assert "Not measured yet" not in card
    assert "unet 1" in card


def test_what_it_writes_is_a_pipeline(work: Path) -> None:
    """The folder loads as any diffusers pipeline and generates pictures."""
    assert load_model(work / "model").generate(["red house"], [0]).shape == (1, 256, 256, 3)


def test_a_finished_run_is_not_run_again(work: Path) -> None:
    """The same command on a finished work folder changes no weight."""
    before = (work / "model" / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()
    generated = (work / "generated.npy").stat().st_mtime_ns
    make_model(Training(work, SMALL, 0, Progress(disable=True)), work / "model")
    assert (work / "model" / "vae" / "diffusion_pytorch_model.safetensors").read_bytes() == before
    assert (work / "generated.npy").stat().st_mtime_ns == generated


@pytest.mark.parametrize("preset", [CPU, GPU])
def test_presets_train_on_no_validation_picture(preset: Preset) -> None:
    """The scenes that the decoder is refined on are those of training pictures."""
    assert preset.refine_pictures <= preset.pictures - 256
    assert torch.tensor(preset.widths).min() >= 32
