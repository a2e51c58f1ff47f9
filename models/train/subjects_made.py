"""Subjects that people build: houses and vehicles."""

from models.train.styled_draw import StyledDraw, arc, darker, lighter, luminance
from models.train.subjects_alive import INK, LAMP, SIDES
from models.train.vocabulary import PALETTE, Colour

GLASS: Colour = (150, 220, 248)
FRAME: Colour = (240, 242, 248)
WOOD: Colour = (122, 84, 58)


def house(draw: StyledDraw, colour: Colour) -> None:
    """Draw light walls under a roof of the colour, windows lit."""
    draw.box(0.28, -0.74, 0.45, -0.3, darker(colour, 0.45))
    walls = (224, 228, 238) if colour == PALETTE["white"] else lighter(colour, 0.62)
    draw.box(-0.54, -0.2, 0.54, 0.6, walls)
    draw.polygon([(-0.74, -0.15), (0, -0.8), (0.74, -0.15)], colour)
    draw.box(-0.15, 0.1, 0.15, 0.6, darker(colour, 0.4), 0.05)
    draw.ellipse(0.08, 0.36, 0.035, 0.035, LAMP, False)
    for x in (-0.36, 0.36):
        draw.box(x - 0.13, 0.02, x + 0.13, 0.28, LAMP, 0.03)


def castle(draw: StyledDraw, colour: Colour) -> None:
    """Draw two pointed towers and a gate."""
    for side in SIDES:
        draw.box(side * 0.52 - 0.2, -0.32, side * 0.52 + 0.2, 0.62, colour)
        draw.polygon(
            [(side * 0.52 - 0.29, -0.3), (side * 0.52, -0.86), (side * 0.52 + 0.29, -0.3)],
            darker(colour, 0.45),
        )
        draw.box(side * 0.52 - 0.07, -0.14, side * 0.52 + 0.07, 0.12, LAMP, 0.07, False)
    for x in (-0.24, 0, 0.24):
        draw.box(x - 0.08, -0.26, x + 0.08, 0, lighter(colour, 0.3))
    draw.box(-0.34, -0.1, 0.34, 0.62, lighter(colour, 0.3))
    draw.box(-0.16, 0.2, 0.16, 0.62, (84, 56, 48), 0.16)


def car(draw: StyledDraw, colour: Colour) -> None:
    """Draw a car facing left, towards the light."""
    draw.polygon([(0.48, 0.04), (0.31, -0.34), (-0.2, -0.34), (-0.48, 0.04)], colour)
    draw.polygon([(0.36, 0), (0.25, -0.23), (0.04, -0.23), (0.04, 0)], GLASS, False)
    draw.polygon([(-0.04, 0), (-0.04, -0.23), (-0.16, -0.23), (-0.34, 0)], GLASS, False)
    draw.box(-0.8, -0.02, 0.8, 0.37, colour, 0.16)
    draw.box(-0.8, 0.2, 0.8, 0.37, darker(colour, 0.3), 0.1, False)
    draw.ellipse(-0.72, 0.1, 0.075, 0.075, LAMP, False)
    for x in (-0.43, 0.43):
        draw.ellipse(x, 0.38, 0.21, 0.21, INK)
        draw.ellipse(x, 0.38, 0.1, 0.1, (214, 218, 228), False)


def boat(draw: StyledDraw, colour: Colour) -> None:
    """Draw two sails over a hull."""
    draw.line([(0, 0.25), (0, -0.82)], WOOD, 0.07)
    draw.polygon([(-0.08, -0.76), (-0.08, 0.12), (-0.64, 0.12)], (252, 250, 242))
    draw.polygon([(0.08, -0.62), (0.08, 0.12), (0.48, 0.12)], lighter(colour, 0.5))
    draw.polygon([(-0.77, 0.22), (0.77, 0.22), (0.52, 0.62), (-0.52, 0.62)], colour)
    draw.polygon(
        [(-0.74, 0.24), (0.74, 0.24), (0.68, 0.34), (-0.68, 0.34)], lighter(colour, 0.35), False
    )


def rocket(draw: StyledDraw, colour: Colour) -> None:
    """Draw a window, two fins and a flame."""
    draw.polygon([(-0.22, 0.5), (0, 0.98), (0.22, 0.5)], (255, 150, 40), False)
    draw.polygon([(-0.12, 0.5), (0, 0.76), (0.12, 0.5)], (255, 232, 120), False)
    for side in SIDES:
        fin = [(side * 0.22, 0.08), (side * 0.56, 0.42), (side * 0.52, 0.64), (side * 0.22, 0.46)]
        draw.polygon(fin, darker(colour, 0.35))
    left = arc((0, -0.1), 0.32, 0.82, 180, 270, 16)
    right = arc((0, -0.1), 0.32, 0.82, 270, 360, 16)
    draw.polygon([(-0.22, 0.52), *left, *right, (0.22, 0.52)], colour)
    nose = [point for point in (*left, *right) if point[1] < -0.55]
    draw.polygon(nose, darker(colour, 0.35), False)
    draw.ellipse(0, -0.2, 0.17, 0.17, FRAME)
    draw.ellipse(0, -0.2, 0.115, 0.115, GLASS, False)


def submarine(draw: StyledDraw, colour: Colour) -> None:
    """Draw three portholes, a tower with its periscope, a tail to the right."""
    draw.line([(-0.1, -0.4), (-0.1, -0.74), (-0.32, -0.74)], darker(colour, 0.3), 0.09)
    draw.box(-0.32, -0.54, 0.2, -0.1, colour, 0.1)
    draw.polygon([(0.66, 0.1), (0.94, -0.2), (0.94, 0.44)], darker(colour, 0.3))
    draw.ellipse(0, 0.12, 0.8, 0.37, colour)
    draw.polygon(arc((0, 0.12), 0.79, 0.36, 12, 168, 24), darker(colour, 0.2), False)
    for x in (-0.46, -0.04, 0.38):
        draw.ellipse(x, 0.06, 0.14, 0.14, FRAME)
        draw.ellipse(x, 0.06, 0.095, 0.095, GLASS, False)


def balloon(draw: StyledDraw, colour: Colour) -> None:
    """Draw a hot-air balloon with its basket."""
    for side in SIDES:
        draw.line([(side * 0.3, 0.2), (side * 0.13, 0.56)], WOOD, 0.035)
    outer = arc((0, -0.36), 0.6, 0.58, 155, 385, 34)
    draw.polygon([*outer, (0.16, 0.4), (-0.16, 0.4)], colour)
    stripe = lighter(colour, 0.45) if luminance(colour) < 225 else (250, 170, 160)
    inner = arc((0, -0.36), 0.21, 0.57, 162, 378, 26)
    draw.polygon([*inner, (0.06, 0.39), (-0.06, 0.39)], stripe, False)
    draw.box(-0.18, 0.54, 0.18, 0.82, (152, 100, 62), 0.05)
