"""Subjects with life: figures, animals and plants."""

import math

from models.train.styled_draw import StyledDraw, arc, darker, lighter, luminance, mix
from models.train.vocabulary import PALETTE, Colour

INK: Colour = (52, 44, 66)
LAMP: Colour = (255, 226, 140)
SKIN: Colour = (250, 206, 170)
BROWN: Colour = (86, 58, 48)
ROSE: Colour = (240, 112, 132)
SIDES = (-1, 1)


def dwarf(draw: StyledDraw, colour: Colour) -> None:
    """Draw a beard, a belt and a pointed hat."""
    for side in SIDES:
        draw.ellipse(side * 0.2, 0.72, 0.2, 0.12, BROWN)
    draw.polygon([(-0.24, 0), (0.24, 0), (0.42, 0.66), (-0.42, 0.66)], colour)
    draw.box(-0.39, 0.43, 0.39, 0.54, BROWN, 0, False)
    draw.box(-0.09, 0.41, 0.09, 0.56, LAMP, 0.02, False)
    for side in SIDES:
        draw.line([(side * 0.28, 0.12), (side * 0.5, 0.34)], colour, 0.17)
        draw.ellipse(side * 0.53, 0.39, 0.1, 0.1, SKIN, False)
    draw.ellipse(0, -0.16, 0.31, 0.27, SKIN)
    beard = [(-0.34, -0.14), (-0.16, -0.05), (0, -0.08), (0.16, -0.05), (0.34, -0.14)]
    draw.polygon([*beard, (0.29, 0.2), (0, 0.47), (-0.29, 0.2)], (250, 248, 242))
    draw.polygon(
        [(-0.42, -0.26), (-0.3, -0.4), (0.08, -1), (0.3, -0.4), (0.42, -0.26), (0, -0.2)], colour
    )
    draw.ellipse(0, -0.08, 0.09, 0.08, (242, 158, 130), False)
    for side in SIDES:
        draw.ellipse(side * 0.14, -0.165, 0.045, 0.05, INK, False)


def cat(draw: StyledDraw, colour: Colour) -> None:
    """Draw pointed ears and a tail that curls up."""
    draw.line([(-0.36, 0.5), (-0.66, 0.36), (-0.62, 0.02), (-0.5, -0.06)], colour, 0.14)
    draw.ellipse(0, 0.36, 0.4, 0.36, colour)
    draw.ellipse(0, 0.44, 0.22, 0.24, lighter(colour, 0.5), False)
    for side in SIDES:
        draw.polygon([(side * 0.08, -0.5), (side * 0.42, -0.88), (side * 0.47, -0.24)], colour)
        draw.polygon(
            [(side * 0.22, -0.54), (side * 0.38, -0.72), (side * 0.39, -0.42)],
            mix(lighter(colour, 0.4), ROSE, 0.4),
            False,
        )
    draw.ellipse(0, -0.24, 0.47, 0.38, colour)
    for side in SIDES:
        draw.eye(side * 0.19, -0.28, 0.115)
    draw.polygon([(-0.07, -0.15), (0.07, -0.15), (0, -0.07)], ROSE, False)
    for side in SIDES:
        draw.ellipse(side * 0.2, 0.68, 0.14, 0.09, colour)


def dog(draw: StyledDraw, colour: Colour) -> None:
    """Draw hanging ears, a light muzzle and a tongue."""
    draw.line([(-0.34, 0.42), (-0.62, 0.2), (-0.66, 0.04)], colour, 0.13)
    draw.ellipse(0, 0.36, 0.4, 0.36, colour)
    draw.ellipse(0, 0.44, 0.22, 0.24, lighter(colour, 0.5), False)
    draw.ellipse(0, -0.26, 0.43, 0.42, colour)
    draw.ellipse(0, -0.06, 0.25, 0.2, lighter(colour, 0.55), False)
    for side in SIDES:
        draw.ellipse(side * 0.46, -0.2, 0.14, 0.34, darker(colour, 0.4))
        draw.eye(side * 0.17, -0.36, 0.105)
    draw.ellipse(0, -0.15, 0.11, 0.075, INK, False)
    draw.ellipse(0, 0.06, 0.075, 0.085, ROSE, False)
    for side in SIDES:
        draw.ellipse(side * 0.2, 0.68, 0.15, 0.09, colour)


def fish(draw: StyledDraw, colour: Colour) -> None:
    """Draw fins and a tail; facing left, towards the light."""
    fin = darker(colour, 0.2)
    draw.polygon([(0.4, 0), (0.9, -0.38), (0.76, 0), (0.9, 0.38)], fin)
    draw.polygon([(0.2, -0.3), (-0.12, -0.64), (-0.34, -0.28)], fin)
    draw.polygon([(0.1, 0.3), (-0.06, 0.56), (-0.24, 0.3)], fin)
    draw.ellipse(-0.08, 0, 0.63, 0.41, colour)
    draw.ellipse(-0.12, 0.17, 0.42, 0.18, lighter(colour, 0.38), False)
    draw.polygon([(0.1, -0.06), (0.32, 0.18), (0.0, 0.15)], darker(colour, 0.28), False)
    draw.eye(-0.42, -0.1, 0.12, -1)


def robot(draw: StyledDraw, colour: Colour) -> None:
    """Draw a screen for a face and three lamps."""
    metal = (160, 168, 184)
    draw.line([(0, -0.6), (0, -0.82)], metal, 0.06)
    draw.ellipse(0, -0.84, 0.09, 0.09, (250, 90, 80))
    for side in SIDES:
        draw.line([(side * 0.42, 0.02), (side * 0.62, 0.22), (side * 0.6, 0.4)], metal, 0.13)
        draw.box(side * 0.22 - 0.12, 0.5, side * 0.22 + 0.12, 0.8, metal, 0.05)
    draw.box(-0.42, -0.04, 0.42, 0.58, colour, 0.1)
    draw.box(-0.26, 0.1, 0.26, 0.4, lighter(colour, 0.5), 0.05, False)
    for x, lamp in zip((-0.14, 0, 0.14), ("red", "yellow", "green"), strict=True):
        draw.ellipse(x, 0.25, 0.055, 0.055, PALETTE[lamp], False)
    draw.box(-0.47, -0.62, 0.47, -0.08, colour, 0.14)
    draw.box(-0.37, -0.51, 0.37, -0.2, (34, 40, 62), 0.1, False)
    for side in SIDES:
        draw.ellipse(side * 0.17, -0.355, 0.09, 0.09, (120, 240, 250), False)


def snowman(draw: StyledDraw, colour: Colour) -> None:
    """Draw tinted snow with a hat and scarf; the white one wears the classic black and red."""
    white = colour == PALETTE["white"]
    body = (248, 250, 254) if white else mix(colour, (255, 255, 255), 0.2)
    hat = INK if white else darker(colour, 0.45)
    scarf = PALETTE["red"] if white else lighter(colour, 0.75)
    for side in SIDES:
        draw.line([(side * 0.3, 0), (side * 0.68, -0.22)], (112, 78, 54), 0.065)
    for y, radius in ((0.42, 0.43), (-0.06, 0.33), (-0.46, 0.27)):
        draw.ellipse(0, y, radius, radius * 0.93, body)
    draw.box(-0.28, -0.3, 0.28, -0.17, scarf, 0.06)
    draw.box(0.07, -0.24, 0.22, 0.14, scarf, 0.04)
    draw.box(-0.34, -0.71, 0.34, -0.61, hat, 0.04)
    draw.box(-0.21, -1, 0.21, -0.64, hat, 0.04)
    for side in SIDES:
        draw.ellipse(side * 0.1, -0.5, 0.045, 0.05, INK, False)
    draw.polygon([(0, -0.46), (-0.3, -0.39), (0, -0.35)], (250, 140, 50), False)
    for y in (0.24, 0.44):
        draw.ellipse(0, y, 0.05, 0.05, INK, False)


def tree(draw: StyledDraw, colour: Colour) -> None:
    """Draw a trunk under four round clumps of leaves."""
    clumps = ((-0.36, 0, 0.34), (0.36, 0, 0.34), (0, -0.4, 0.42), (0, -0.02, 0.36))
    draw.polygon([(-0.12, 0.74), (-0.08, 0.1), (0.08, 0.1), (0.12, 0.74)], (126, 84, 56))
    for x, y, radius in clumps:
        draw.ellipse(x, y, radius, radius, colour)
    if draw.style in ("cartoon", "neon"):  # the clumps become one crown: cover their inner outlines
        for x, y, radius in clumps:
            draw.ellipse(x, y, radius - 0.06, radius - 0.06, colour, False)
    for x, y, radius in ((-0.14, -0.52, 0.14), (-0.44, -0.08, 0.1)):
        draw.ellipse(x, y, radius, radius, lighter(colour, 0.3), False)


def mushroom(draw: StyledDraw, colour: Colour) -> None:
    """Draw a spotted cap on a stem with two eyes."""
    stem = (252, 238, 216)
    draw.polygon([(-0.22, 0.68), (-0.17, 0), (0.17, 0), (0.22, 0.68)], stem)
    draw.ellipse(0, 0.68, 0.22, 0.08, stem, False)
    draw.polygon([*arc((0, 0.06), 0.74, 0.76, 180, 360, 30), (0.52, 0.18), (-0.52, 0.18)], colour)
    spot = (255, 250, 240) if luminance(colour) < 215 else (232, 84, 84)
    for x, y, radius in ((0, -0.4, 0.15), (-0.4, -0.14, 0.12), (0.4, -0.14, 0.12)):
        draw.ellipse(x, y, radius, radius * 0.9, spot, False)
    for side in SIDES:
        draw.ellipse(side * 0.08, 0.34, 0.035, 0.05, INK, False)


def flower(draw: StyledDraw, colour: Colour) -> None:
    """Draw six petals and two leaves."""
    draw.line([(0, 0.1), (0, 0.78)], (62, 150, 74), 0.08)
    for side in SIDES:
        leaf = [(0, 0.64), (side * 0.2, 0.36), (side * 0.48, 0.34), (side * 0.32, 0.58)]
        draw.polygon(leaf, (82, 176, 88))
    for petal in range(6):
        angle = math.pi / 3 * petal + math.pi / 6
        draw.ellipse(0.34 * math.cos(angle), -0.3 + 0.34 * math.sin(angle), 0.26, 0.26, colour)
    heart = (150, 84, 40) if colour == PALETTE["yellow"] else PALETTE["yellow"]
    draw.ellipse(0, -0.3, 0.22, 0.22, heart)
