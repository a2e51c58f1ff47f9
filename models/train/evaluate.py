"""Measures the finished model and writes its card: `python -m models.train.evaluate`."""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from models.train.captions import plain_prompt
from models.train.card import Accuracy, Figures, with_figures
from models.train.classifier import accuracy
from models.train.package import megabytes
from models.train.painter import DEMO, Painter, load_painter
from models.train.presets import best_preset
from models.train.render import render, sample_composition
from models.train.train import WORK, Training, progress_bar
from models.train.vocabulary import COLOURS, SETTINGS, SUBJECTS, Scene, held_out_triples

BATCH = 16
TIMED = 5


def paint_all(painter: Painter, scenes: list[Scene]) -> np.ndarray:
    """Paint each scene once, asked for in the plainest words; its number is the seed."""
    parts = []
    for start in track(range(0, len(scenes), BATCH), "painting held-out prompts"):
        seeds = range(start, min(start + BATCH, len(scenes)))
        parts.append(painter.paint([plain_prompt(scenes[seed]) for seed in seeds], seeds))
    return np.concatenate(parts)


def render_all(scenes: list[Scene], seed: int) -> np.ndarray:
    """Draw the same scenes with the renderer."""
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


def seconds_per_picture(painter: Painter, threads: int) -> float:
    """Time a few pictures, one by one, and return the fastest."""
    usual = torch.get_num_threads()
    torch.set_num_threads(threads)
    times = []
    for seed in range(TIMED + 1):
        started = time.perf_counter()
        painter.paint(["yellow submarine"], [seed])
        times.append(time.perf_counter() - started)
    torch.set_num_threads(usual)
    return min(times[1:])


def measure(folder: Path, training: Training) -> Figures:
    """Measure the model in `folder`, judged by the classifier of the training run."""
    judge = training.judge(training.dataset()).cpu()
    started = time.perf_counter()
    painter = load_painter(folder)
    load = time.perf_counter() - started
    scenes = held_out_triples()
    painted, rendered = paint_all(painter, scenes), render_all(scenes, training.seed)
    order = np.random.default_rng(training.seed).permutation(len(scenes))
    shuffled = [scenes[number] for number in order]
    return Figures(
        prompts=len(scenes),
        painted=Accuracy(*accuracy(judge, painted, scenes)[:3]),
        rendered=Accuracy(*accuracy(judge, rendered, scenes)[:3]),
        shuffled=Accuracy(*accuracy(judge, painted, shuffled)[:3]),
        chance=Accuracy(1 / len(SUBJECTS), 1 / len(COLOURS), 1 / (len(SETTINGS) - 1)),
        sharpness=gradient_energy(painted) / gradient_energy(rendered),
        seconds_one_thread=seconds_per_picture(painter, 1),
        seconds_two_threads=seconds_per_picture(painter, 2),
        load_seconds=load,
        megabytes=megabytes(folder),
    )


def table(figures: Figures) -> Table:
    """Lay the figures out for a terminal."""
    found = Table(title=f"{figures.prompts} held-out prompts")
    for heading in ("", "subject", "colour", "setting"):
        found.add_column(heading)
    for name in ("painted", "rendered", "shuffled", "chance"):
        row = getattr(figures, name)
        found.add_row(name, *(f"{v:.1%}" for v in (row.subject, row.colour, row.setting)))
    found.caption = (
        f"sharpness {figures.sharpness:.2f} of the renderer's; {figures.seconds_one_thread:.2f} s "
        f"per picture on one thread, {figures.seconds_two_threads:.2f} s on two; loads in "
        f"{figures.load_seconds:.2f} s; {figures.megabytes:.1f} MB"
    )
    return found


def main(
    model: Annotated[Path, typer.Option(help="The pipeline's folder.")] = DEMO,
    work: Annotated[Path, typer.Option(help="Where the judge is, or will be trained.")] = WORK,
    seed: Annotated[int, typer.Option(help="The seed that training had.")] = 0,
) -> None:
    """Print the figures and write them into the model's card."""
    with progress_bar() as progress:
        figures = measure(model, Training(work, best_preset(), seed, progress))
    Console().print(table(figures))
    card = model / "README.md"
    card.write_text(with_figures(card.read_text(), figures))


if __name__ == "__main__":
    typer.run(main)
