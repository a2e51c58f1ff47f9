"""The training set on disk: pictures and the scenes that they show."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from models.train.canvas import PIXELS
from models.train.render import render, sample_composition
from models.train.vocabulary import Scene, sample_scene

VALIDATION = 256  # the last pictures are never trained on
CHUNK = 250


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures (count, 256, 256, 3) uint8, mapped from disk, and the scene of each."""

    pictures: np.ndarray
    scenes: tuple[Scene, ...]

    @property
    def training(self) -> int:
        """The number of pictures, from the first one, that may be trained on."""
        return len(self.scenes) - VALIDATION


def sample_numbered_scene(seed: int, number: int) -> tuple[Scene, np.random.Generator]:
    """Return a picture's scene, and the generator that samples its composition."""
    random = np.random.default_rng((seed, number))
    return sample_scene(random), random


def render_dataset(folder: Path, count: int, seed: int, workers: int) -> Iterator[int]:
    """Render what is missing; yield how many pictures there are after each chunk."""
    path, markers = folder / "pictures.npy", folder / "chunks"
    markers.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        open_memmap(path, "w+", np.uint8, (count, PIXELS, PIXELS, 3)).flush()
    missing = [s for s in range(0, count, CHUNK) if not (markers / str(s)).exists()]
    with ProcessPoolExecutor(workers) as pool:
        render_chunk = partial(_render_chunk, path, seed, count)
        for start in pool.map(render_chunk, missing):
            (markers / str(start)).touch()
            yield min(start + CHUNK, count)


def open_dataset(folder: Path, seed: int) -> Dataset:
    """Open what `render_dataset` wrote."""
    pictures = open_memmap(folder / "pictures.npy", "r")
    return Dataset(pictures, tuple(sample_numbered_scene(seed, i)[0] for i in range(len(pictures))))


def labels(scenes: tuple[Scene, ...]) -> np.ndarray:
    """Tabulate scenes as (count, 5) integers: subject, colour, setting, style, named."""
    return np.array([astuple(scene) for scene in scenes], np.int64)


def _render_chunk(path: Path, seed: int, count: int, start: int) -> int:
    pictures = open_memmap(path, "r+")
    for number in range(start, min(start + CHUNK, count)):
        scene, random = sample_numbered_scene(seed, number)
        pictures[number] = render(scene, sample_composition(random))
    pictures.flush()
    return start
