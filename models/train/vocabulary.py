"""The vocabulary of the bundled model: subjects, colours, settings, styles.

Also the (subject, colour, setting) triples that are held out of training.
"""

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]

PALETTE: dict[str, Colour] = {
    "red": (226, 50, 52),
    "orange": (246, 134, 30),
    "yellow": (252, 206, 48),
    "green": (58, 168, 76),
    "blue": (38, 108, 224),
    "purple": (138, 70, 200),
    "pink": (246, 120, 176),
    "brown": (142, 88, 52),
    "white": (246, 246, 244),
    "black": (46, 46, 58),
}
# The colour of a subject that is prompted without one.
USUAL_COLOUR: dict[str, str] = {
    "dwarf": "red",
    "submarine": "yellow",
    "dog": "brown",
    "cat": "orange",
    "house": "red",
    "rocket": "white",
    "fish": "orange",
    "robot": "blue",
    "castle": "purple",
    "snowman": "white",
    "tree": "green",
    "mushroom": "red",
    "boat": "red",
    "flower": "pink",
    "car": "blue",
    "balloon": "red",
}
COLOURS = tuple(PALETTE)
SUBJECTS = tuple(USUAL_COLOUR)
SETTINGS = ("studio", "meadow", "night", "sunset", "space", "sea", "snow", "city", "desert")
STYLES = ("poster", "cartoon", "pastel", "neon")


@dataclass(frozen=True, slots=True)
class Scene:
    """The content of a picture, as indices; `named` is whether the caption names the colour."""

    subject: int
    colour: int
    setting: int
    style: int
    named: bool = True


def is_held_out(scene: Scene) -> bool:
    """Return whether training leaves this triple out: two in five, none in the studio.

    Every pair of the three words is still trained on.
    """
    return scene.setting != 0 and (scene.colour + 2 * scene.subject + 3 * scene.setting) % 5 < 2


def usual_colour(subject: int) -> int:
    """Return the colour that a subject has when the prompt names none."""
    return COLOURS.index(USUAL_COLOUR[SUBJECTS[subject]])


def held_out_triples() -> list[Scene]:
    """Return each held-out (subject, colour, setting), in the poster style."""
    scenes = (
        Scene(subject, colour, setting, style=0)
        for setting in range(len(SETTINGS))
        for subject in range(len(SUBJECTS))
        for colour in range(len(COLOURS))
    )
    return [scene for scene in scenes if is_held_out(scene)]


def sample_scene(random: np.random.Generator) -> Scene:
    """Sample a scene of the training set: a fifth in the studio, half in the poster style."""
    while True:
        subject = int(random.integers(len(SUBJECTS)))
        named = bool(random.random() > 0.2)
        scene = Scene(
            subject=subject,
            colour=int(random.integers(len(COLOURS))) if named else usual_colour(subject),
            setting=0 if random.random() < 0.18 else int(random.integers(1, len(SETTINGS))),
            style=int(random.choice(len(STYLES), p=(0.55, 0.15, 0.15, 0.15))),
            named=named,
        )
        if not is_held_out(scene):
            return scene
