"""Bursts: sets of requests that one click submits, each with one picture.

The prompts use words that the bundled model was trained on, and suit any other model.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

Fields = dict[str, Any]
"""The fields of a request, for ``submission.submit``."""


@dataclass(frozen=True)
class Burst:
    """A named set of prompts."""

    name: str
    prompts: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the name and the number of requests."""
        return f"{self.name} · {len(self.prompts)}"

    def requests(self) -> list[Fields]:
        """Return the requests, with one picture each."""
        return [{"prompt": prompt, "count": 1} for prompt in self.prompts]


_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink")

_DWARFS = (
    "Doc, a blue cartoon dwarf in a studio",
    "Grumpy, a red cartoon dwarf in the desert",
    "Happy, a yellow cartoon dwarf in a meadow",
    "Sleepy, a purple cartoon dwarf at night",
    "Bashful, a pink cartoon dwarf at sunset",
    "Sneezy, a green cartoon dwarf in the snow",
    "Dopey, an orange cartoon dwarf in the sea",
)


def _colour_wheel() -> Iterator[str]:
    for subject, colour in product(("balloon in a meadow", "flower"), _COLOURS):
        yield f"{colour} {subject}"


def _night_and_day() -> Iterator[str]:
    subjects = ("red house", "blue boat", "green tree", "white castle", "yellow car")
    for subject, time in product(subjects, ("in a meadow", "at night")):
        yield f"{subject} {time}"


MIXED = Burst(
    "Mixed",
    (
        "yellow submarine in the sea",
        "cartoon dwarf in a meadow",
        "white cat at night",
        "purple rocket in space",
        "red house in the snow",
        "green dog in a meadow",
        "orange castle at sunset",
        "neon blue robot in the city",
        "pink flower in a meadow",
        "blue fish in the sea",
        "red mushroom at night",
        "pastel balloon at sunset",
        "snowman in the snow",
        "white boat in the sea",
        "brown dog in the city",
        "neon green car at night",
        "pink tree in the snow",
        "orange cat in the desert",
        "red rocket at sunset",
        "cartoon robot in space",
    ),
)
BURSTS = (
    MIXED,
    Burst("Seven dwarfs", _DWARFS),
    Burst("Colour wheel", tuple(_colour_wheel())),
    Burst("Night and day", tuple(_night_and_day())),
)
