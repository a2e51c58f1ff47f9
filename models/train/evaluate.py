"""Measure the finished model and write its card: `python -m models.train.evaluate`."""

import time
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from models.train.bundled_model import DEMO, BundledModel, load_model
from models.train.captions import plain_prompt
from models.train.card import Accuracy, Figures, with_figures
from models.train.classifier import accuracy
from models.train.package import megabytes
from models.train.presets import best_preset
from models.train.render import render, sample_composition
from models.train.train import WORK, Training, progress_bar
from models.train.vocabulary import COLOURS, SETTINGS, SUBJECTS, Scene, held_out_triples

BATCH = 16
TIMED = 5
ALL = 512


def generate_all(model: BundledModel, scenes: list[Scene]) -> np.ndarray:
    """Generate each scene once from its shortest caption; its number is the seed."""
    batches = []
    for start in track(range(0, len(scenes), BATCH), "generating held-out prompts"):
        seeds = range(start, min(start + BATCH, len(scenes)))
        batches.append(model.generate([plain_prompt(scenes[seed]) for seed in seeds], seeds))
    return np.concatenate(batches)


def render_all(scenes: list[Scene], seed: int) -> np.ndarray:
    """Render the same scenes."""
    random = np.random.default_rng(seed)
    return np.stack([render(scene, sample_composition(random)) for scene in scenes])


def gradient_energy(pictures: np.ndarray) -> float:
    """Return the mean squared difference between neighbouring pixels: high for sharp edges."""
    total = 0.0
    for picture in pictures:
        pixels = picture.astype(np.float32)
        total += (
            np.square(np.diff(pixels, axis=0)).mean() + np.square(np.diff(pixels, axis=1)).mean()
        )
    return total / len(pictures)


def seconds_per_picture(model: BundledModel, threads: int) -> float:
    """Time single pictures and return the fastest."""
    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    times = []
    for seed in range(TIMED + 1):
        started = time.perf_counter()
        model.generate(["yellow submarine"], [seed])
        times.append(time.perf_counter() - started)
    torch.set_num_threads(threads_before)
    return min(times[1:])


def measure(folder: Path, training: Training, dtype: torch.dtype, prompts: int) -> Figures:
    """Measure the model in `folder` with the classifier of the training run."""
    classifier = training.classifier(training.dataset()).cpu()
    started = time.perf_counter()
    model = load_model(folder, dtype)
    load = time.perf_counter() - started
    scenes = held_out_triples()[:: max(1, ALL // prompts)]
    generated, rendered = generate_all(model, scenes), render_all(scenes, training.seed)
    order = np.random.default_rng(training.seed).permutation(len(scenes))
    shuffled = [scenes[number] for number in order]
    return Figures(
        prompts=len(scenes),
        generated=Accuracy(*accuracy(classifier, generated, scenes)[:3]),
        rendered=Accuracy(*accuracy(classifier, rendered, scenes)[:3]),
        shuffled=Accuracy(*accuracy(classifier, generated, shuffled)[:3]),
        chance=Accuracy(1 / len(SUBJECTS), 1 / len(COLOURS), 1 / (len(SETTINGS) - 1)),
        sharpness=gradient_energy(generated) / gradient_energy(rendered),
        seconds_one_thread=seconds_per_picture(model, 1),
        seconds_two_threads=seconds_per_picture(model, 2),
        load_seconds=load,
        megabytes=megabytes(folder),
    )


def table(figures: Figures) -> Table:
    """Return the figures as a table for a terminal."""
    result = Table(title=f"{figures.prompts} held-out prompts")
    for heading in ("", "subject", "colour", "setting"):
        result.add_column(heading)
    for name in ("generated", "rendered", "shuffled", "chance"):
        row = getattr(figures, name)
        result.add_row(name, *(f"{v:.1%}" for v in (row.subject, row.colour, row.setting)))
    result.caption = (
        f"sharpness {figures.sharpness:.2f} of the renderer's; {figures.seconds_one_thread:.2f} s "
        f"per picture on one thread, {figures.seconds_two_threads:.2f} s on two; loads in "
        f"{figures.load_seconds:.2f} s; {figures.megabytes:.1f} MB"
    )
    return result


def main(
    model: Annotated[Path, typer.Option(help="The pipeline's folder.")] = DEMO,
    work: Annotated[
        Path, typer.Option(help="The classifier's checkpoint; it is trained if missing.")
    ] = WORK,
    seed: Annotated[int, typer.Option(help="The seed that training had.")] = 0,
    dtype: Annotated[
        Literal["float32", "bfloat16"], typer.Option(help="The card has the figures of float32.")
    ] = "float32",
    prompts: Annotated[int, typer.Option(help="Number of held-out prompts, evenly spread.")] = ALL,
) -> None:
    """Print the figures; those of all prompts in float32 are written to the model card."""
    with progress_bar() as progress:
        training = Training(work, best_preset(), seed, progress)
        figures = measure(model, training, getattr(torch, dtype), prompts)
    Console().print(table(figures))
    if dtype == "float32" and prompts >= ALL:
        card = model / "README.md"
        card.write_text(with_figures(card.read_text(), figures))


if __name__ == "__main__":
    typer.run(main)
