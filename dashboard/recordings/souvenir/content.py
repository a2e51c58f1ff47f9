"""What a souvenir shows at each time: numbers and small pictures, bounded in size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from dashboard.gallery.pictures import thumbnail
from dashboard.recordings.pictures import ReadPicture, best, data_url_of, prompt_of
from dashboard.recordings.report.figures import Session

MAX_PICTURES = 150
MAX_BYTES = 3_000_000
"""Of all pictures together: the file can be sent by mail."""
MAX_SAMPLES = 1500
_SIDE = 256
"""Pixels of a picture's longer side."""
_QUALITY = 70
_shrink = partial(thumbnail, side=_SIDE, quality=_QUALITY)
_MAX_PROMPT = 300
"""Characters of a prompt."""


@dataclass(frozen=True)
class Picture:
    """A picture, as a data URL."""

    at: float
    """Seconds since the start."""
    prompt: str
    url: str


Column = list[float | int | None]


def numbers(session: Session) -> dict[str, Column]:
    """Return the samples as columns; None is unknown, and pictures are counted from the start."""
    samples = session.samples
    # A sample after a gap counts what was stored during the gap, too.
    totals = accumulate(sample.pictures or 0 for sample in samples)
    pictures = [
        None if sample.pictures is None else total
        for sample, total in zip(samples, totals, strict=True)
    ]
    kept = _evenly(len(samples), MAX_SAMPLES)
    rows = [samples[index] for index in kept]
    return {
        "at": [round(sample.at - session.start, 1) for sample in rows],
        "waiting": [sample.waiting for sample in rows],
        "generating": [sample.generating for sample in rows],
        "ready": [sample.ready for sample in rows],
        "wanted": [sample.wanted for sample in rows],
        "nodes": [sample.nodes for sample in rows],
        "pictures": [pictures[index] for index in kept],
    }


def _evenly(count: int, limit: int) -> Sequence[int]:
    """Return at most ``limit`` of ``count`` indices, the last one among them."""
    step = max(1, -(-count // limit))
    return range((count - 1) % step, count, step)


def pictures(session: Session, read_picture: ReadPicture) -> list[Picture]:
    """Return the pictures that fit into the file, oldest first.

    Starred pictures and different prompts have precedence.
    """
    small = list(_within(MAX_BYTES, _small(session, read_picture)))
    return sorted(small, key=lambda picture: picture.at)


def _small(session: Session, read_picture: ReadPicture) -> Iterator[Picture]:
    for view in best(session.pictures, MAX_PICTURES):
        if url := data_url_of(view, read_picture, _shrink):
            prompt = prompt_of(view)
            short = prompt if len(prompt) <= _MAX_PROMPT else f"{prompt[:_MAX_PROMPT]}…"
            yield Picture(round(view.at - session.start, 1), short, url)


def _within(limit: int, pictures: Iterator[Picture]) -> Iterator[Picture]:
    size = 0
    for picture in pictures:
        size += len(picture.url)
        if size > limit:
            return
        yield picture
