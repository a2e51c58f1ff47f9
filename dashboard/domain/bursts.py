"""Bursts: sets of requests that one click sends, each request a job and a picture of its own.

They are made of words that the bundled model knows, and read well for any other model.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

Fields = dict[str, Any]
"""A request, as ``submission.submit`` takes it."""


@dataclass(frozen=True)
class Burst:
    """Some prompts under one name."""

    name: str
    prompts: tuple[str, ...]

    @property
    def label(self) -> str:
        """Its name, and how many requests it sends."""
        return f"{self.name} · {len(self.prompts)}"

    def requests(self) -> list[Fields]:
        """Make its requests: a picture each."""
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


def _wheel() -> Iterator[str]:
    for thing, colour in product(("balloon in a meadow", "flower"), _COLOURS):
        yield f"{colour} {thing}"


def _night_and_day() -> Iterator[str]:
    things = ("red house", "blue boat", "green tree", "white castle", "yellow car")
    for thing, time in product(things, ("in a meadow", "at night")):
        yield f"{thing} {time}"


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
    Burst("Colour wheel", tuple(_wheel())),
    Burst("Night and day", tuple(_night_and_day())),
)
