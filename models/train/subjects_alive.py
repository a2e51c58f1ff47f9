"""The subjects that look back at you: figures, animals and plants."""

import math

from models.train.pen import Pen, arc, darker, lighter, luminance, mix
from models.train.vocabulary import PALETTE, Colour

INK: Colour = (52, 44, 66)
LAMP: Colour = (255, 226, 140)
SKIN: Colour = (250, 206, 170)
BROWN: Colour = (86, 58, 48)
ROSE: Colour = (240, 112, 132)
SIDES = (-1, 1)


def dwarf(pen: Pen, colour: Colour) -> None:
    """Draw a beard, a belt and a pointed hat."""
    for side in SIDES:
        pen.ellipse(side * 0.2, 0.72, 0.2, 0.12, BROWN)
    pen.polygon([(-0.24, 0), (0.24, 0), (0.42, 0.66), (-0.42, 0.66)], colour)
    pen.box(-0.39, 0.43, 0.39, 0.54, BROWN, 0, False)
    pen.box(-0.09, 0.41, 0.09, 0.56, LAMP, 0.02, False)
    for side in SIDES:
        pen.line([(side * 0.28, 0.12), (side * 0.5, 0.34)], colour, 0.17)
        pen.ellipse(side * 0.53, 0.39, 0.1, 0.1, SKIN, False)
    pen.ellipse(0, -0.16, 0.31, 0.27, SKIN)
    beard = [(-0.34, -0.14), (-0.16, -0.05), (0, -0.08), (0.16, -0.05), (0.34, -0.14)]
    pen.polygon([*beard, (0.29, 0.2), (0, 0.47), (-0.29, 0.2)], (250, 248, 242))
    pen.polygon(
        [(-0.42, -0.26), (-0.3, -0.4), (0.08, -1), (0.3, -0.4), (0.42, -0.26), (0, -0.2)], colour
    )
    pen.ellipse(0, -0.08, 0.09, 0.08, (242, 158, 130), False)
    for side in SIDES:
        pen.ellipse(side * 0.14, -0.165, 0.045, 0.05, INK, False)


def cat(pen: Pen, colour: Colour) -> None:
    """Draw pointed ears and a tail that curls up."""
    pen.line([(-0.36, 0.5), (-0.66, 0.36), (-0.62, 0.02), (-0.5, -0.06)], colour, 0.14)
    pen.ellipse(0, 0.36, 0.4, 0.36, colour)
    pen.ellipse(0, 0.44, 0.22, 0.24, lighter(colour, 0.5), False)
    for side in SIDES:
        pen.polygon([(side * 0.08, -0.5), (side * 0.42, -0.88), (side * 0.47, -0.24)], colour)
        pen.polygon(
            [(side * 0.22, -0.54), (side * 0.38, -0.72), (side * 0.39, -0.42)],
            mix(lighter(colour, 0.4), ROSE, 0.4),
            False,
        )
    pen.ellipse(0, -0.24, 0.47, 0.38, colour)
    for side in SIDES:
        pen.eye(side * 0.19, -0.28, 0.115)
    pen.polygon([(-0.07, -0.15), (0.07, -0.15), (0, -0.07)], ROSE, False)
    for side in SIDES:
        pen.ellipse(side * 0.2, 0.68, 0.14, 0.09, colour)


def dog(pen: Pen, colour: Colour) -> None:
    """Draw hanging ears, a light muzzle and a tongue."""
    pen.line([(-0.34, 0.42), (-0.62, 0.2), (-0.66, 0.04)], colour, 0.13)
    pen.ellipse(0, 0.36, 0.4, 0.36, colour)
    pen.ellipse(0, 0.44, 0.22, 0.24, lighter(colour, 0.5), False)
    pen.ellipse(0, -0.26, 0.43, 0.42, colour)
    pen.ellipse(0, -0.06, 0.25, 0.2, lighter(colour, 0.55), False)
    for side in SIDES:
        pen.ellipse(side * 0.46, -0.2, 0.14, 0.34, darker(colour, 0.4))
        pen.eye(side * 0.17, -0.36, 0.105)
    pen.ellipse(0, -0.15, 0.11, 0.075, INK, False)
    pen.ellipse(0, 0.06, 0.075, 0.085, ROSE, False)
    for side in SIDES:
        pen.ellipse(side * 0.2, 0.68, 0.15, 0.09, colour)


def fish(pen: Pen, colour: Colour) -> None:
    """Draw fins and a tail; it swims to the left, towards the light."""
    fin = darker(colour, 0.2)
    pen.polygon([(0.4, 0), (0.9, -0.38), (0.76, 0), (0.9, 0.38)], fin)
    pen.polygon([(0.2, -0.3), (-0.12, -0.64), (-0.34, -0.28)], fin)
    pen.polygon([(0.1, 0.3), (-0.06, 0.56), (-0.24, 0.3)], fin)
    pen.ellipse(-0.08, 0, 0.63, 0.41, colour)
    pen.ellipse(-0.12, 0.17, 0.42, 0.18, lighter(colour, 0.38), False)
    pen.polygon([(0.1, -0.06), (0.32, 0.18), (0.0, 0.15)], darker(colour, 0.28), False)
    pen.eye(-0.42, -0.1, 0.12, -1)


def robot(pen: Pen, colour: Colour) -> None:
    """Draw a screen for a face and three lamps."""
    metal = (160, 168, 184)
    pen.line([(0, -0.6), (0, -0.82)], metal, 0.06)
    pen.ellipse(0, -0.84, 0.09, 0.09, (250, 90, 80))
    for side in SIDES:
        pen.line([(side * 0.42, 0.02), (side * 0.62, 0.22), (side * 0.6, 0.4)], metal, 0.13)
        pen.box(side * 0.22 - 0.12, 0.5, side * 0.22 + 0.12, 0.8, metal, 0.05)
    pen.box(-0.42, -0.04, 0.42, 0.58, colour, 0.1)
    pen.box(-0.26, 0.1, 0.26, 0.4, lighter(colour, 0.5), 0.05, False)
    for x, lamp in zip((-0.14, 0, 0.14), ("red", "yellow", "green"), strict=True):
        pen.ellipse(x, 0.25, 0.055, 0.055, PALETTE[lamp], False)
    pen.box(-0.47, -0.62, 0.47, -0.08, colour, 0.14)
    pen.box(-0.37, -0.51, 0.37, -0.2, (34, 40, 62), 0.1, False)
    for side in SIDES:
        pen.ellipse(side * 0.17, -0.355, 0.09, 0.09, (120, 240, 250), False)


def snowman(pen: Pen, colour: Colour) -> None:
    """Draw tinted snow with a hat and scarf; the white one wears the classic black and red."""
    white = colour == PALETTE["white"]
    body = (248, 250, 254) if white else mix(colour, (255, 255, 255), 0.2)
    hat = INK if white else darker(colour, 0.45)
    scarf = PALETTE["red"] if white else lighter(colour, 0.75)
    for side in SIDES:
        pen.line([(side * 0.3, 0), (side * 0.68, -0.22)], (112, 78, 54), 0.065)
    for y, radius in ((0.42, 0.43), (-0.06, 0.33), (-0.46, 0.27)):
        pen.ellipse(0, y, radius, radius * 0.93, body)
    pen.box(-0.28, -0.3, 0.28, -0.17, scarf, 0.06)
    pen.box(0.07, -0.24, 0.22, 0.14, scarf, 0.04)
    pen.box(-0.34, -0.71, 0.34, -0.61, hat, 0.04)
    pen.box(-0.21, -1, 0.21, -0.64, hat, 0.04)
    for side in SIDES:
        pen.ellipse(side * 0.1, -0.5, 0.045, 0.05, INK, False)
    pen.polygon([(0, -0.46), (-0.3, -0.39), (0, -0.35)], (250, 140, 50), False)
    for y in (0.24, 0.44):
        pen.ellipse(0, y, 0.05, 0.05, INK, False)


def tree(pen: Pen, colour: Colour) -> None:
    """Draw a trunk under four round clumps of leaves."""
    clumps = ((-0.36, 0, 0.34), (0.36, 0, 0.34), (0, -0.4, 0.42), (0, -0.02, 0.36))
    pen.polygon([(-0.12, 0.74), (-0.08, 0.1), (0.08, 0.1), (0.12, 0.74)], (126, 84, 56))
    for x, y, radius in clumps:
        pen.ellipse(x, y, radius, radius, colour)
    if pen.style in ("cartoon", "neon"):  # the clumps become one crown: cover their inner outlines
        for x, y, radius in clumps:
            pen.ellipse(x, y, radius - 0.06, radius - 0.06, colour, False)
    for x, y, radius in ((-0.14, -0.52, 0.14), (-0.44, -0.08, 0.1)):
        pen.ellipse(x, y, radius, radius, lighter(colour, 0.3), False)


def mushroom(pen: Pen, colour: Colour) -> None:
    """Draw a spotted cap on a stem with two eyes."""
    stem = (252, 238, 216)
    pen.polygon([(-0.22, 0.68), (-0.17, 0), (0.17, 0), (0.22, 0.68)], stem)
    pen.ellipse(0, 0.68, 0.22, 0.08, stem, False)
    pen.polygon([*arc((0, 0.06), 0.74, 0.76, 180, 360, 30), (0.52, 0.18), (-0.52, 0.18)], colour)
    spot = (255, 250, 240) if luminance(colour) < 215 else (232, 84, 84)
    for x, y, radius in ((0, -0.4, 0.15), (-0.4, -0.14, 0.12), (0.4, -0.14, 0.12)):
        pen.ellipse(x, y, radius, radius * 0.9, spot, False)
    for side in SIDES:
        pen.ellipse(side * 0.08, 0.34, 0.035, 0.05, INK, False)


def flower(pen: Pen, colour: Colour) -> None:
    """Draw six petals and two leaves."""
    pen.line([(0, 0.1), (0, 0.78)], (62, 150, 74), 0.08)
    for side in SIDES:
        leaf = [(0, 0.64), (side * 0.2, 0.36), (side * 0.48, 0.34), (side * 0.32, 0.58)]
        pen.polygon(leaf, (82, 176, 88))
    for petal in range(6):
        angle = math.pi / 3 * petal + math.pi / 6
        pen.ellipse(0.34 * math.cos(angle), -0.3 + 0.34 * math.sin(angle), 0.26, 0.26, colour)
    heart = (150, 84, 40) if colour == PALETTE["yellow"] else PALETTE["yellow"]
    pen.ellipse(0, -0.3, 0.22, 0.22, heart)
