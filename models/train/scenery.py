"""Objects of the settings: suns, clouds, trees, corals and houses."""

import numpy as np

from models.train.canvas import Canvas
from models.train.styled_draw import Point, mix
from models.train.vocabulary import Colour

WHITE: Colour = (255, 255, 255)


def sun(canvas: Canvas, x: float, y: float, radius: float, face: Colour, halo: Colour) -> None:
    """Draw a disc with its halo; also a moon."""
    canvas.glow(x, y, radius * 2.4, halo, 0.75)
    canvas.disc(x, y, radius, radius, face)


def cloud(canvas: Canvas, x: float, y: float, size: float) -> None:
    """Draw a cloud of three puffs with a shaded foot."""
    for shade, lift in (((206, 226, 246), 0.014), (WHITE, 0.0)):
        for dx, radius in ((-0.07, 0.036), (0, 0.055), (0.07, 0.04)):
            canvas.disc(x + dx * size, y + lift, radius * size, radius * size * 0.8, shade)


def round_tree(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """Draw a small tree, lit from the left."""
    canvas.line([(x, y), (x, y + radius * 1.4)], (112, 84, 70), 0.014)
    canvas.disc(x, y, radius, radius * 1.1, (70, 158, 92))
    canvas.disc(x - radius * 0.3, y - radius * 0.3, radius * 0.55, radius * 0.55, (116, 194, 108))


def bird(canvas: Canvas, x: float, y: float) -> None:
    """Draw a bird far away."""
    canvas.line([(x - 0.022, y - 0.012), (x, y), (x + 0.022, y - 0.012)], (92, 46, 96), 0.008)


def stars(canvas: Canvas, random: np.random.Generator, count: int, lowest: float) -> None:
    """Scatter stars of three sizes above `lowest`."""
    for _ in range(count):
        x, y = random.random(), random.random() * lowest
        radius = float(random.choice((0.005, 0.007, 0.01)))
        canvas.disc(x, y, radius, radius, (255, 250, 226))


def shifted(ridge: list[Point], layout: int) -> list[Point]:
    """Rotate the heights of a ridge, so that each layout has its own skyline."""
    heights = [y for _, y in ridge]
    moved = heights[2 * layout :] + heights[: 2 * layout]
    return [(x, y) for (x, _), y in zip(ridge, moved, strict=True)]


def coral(canvas: Canvas, x: float, foot: float, colour: Colour) -> None:
    """Draw a coral of three branches."""
    for lean in (-0.05, 0, 0.05):
        tip = foot - 0.19 + abs(lean)
        canvas.line([(x, foot), (x + lean * 0.7, foot - 0.08), (x + lean, tip)], colour, 0.026)


def fir(canvas: Canvas, x: float, foot: float, height: float) -> None:
    """Draw a fir with snow on its three tiers."""
    canvas.line([(x, foot), (x, foot + 0.02)], (96, 78, 84), 0.02)
    for tier in range(3):
        base, half = foot - height * 0.28 * tier, height * (0.34 - 0.07 * tier)
        peak = (x, base - height * 0.46)
        canvas.polygon([(x - half, base), (x + half, base), peak], (40, 104, 112))
        canvas.polygon([(x - half, base), (x - half * 0.2, base), peak], (98, 158, 158))
        canvas.polygon(
            [
                (x - half * 0.42, base - height * 0.26),
                (x + half * 0.42, base - height * 0.26),
                peak,
            ],
            (236, 246, 255),
        )


def skyline(
    canvas: Canvas, random: np.random.Generator, top: float, wall: Colour, window: Colour | None
) -> None:
    """Draw a row of towers, with lit windows unless `window` is None."""
    x = -0.02
    while x < 1:
        width, roof = random.uniform(0.11, 0.17), top + random.uniform(-0.1, 0.08)
        right = x + width - 0.008
        canvas.polygon([(x, roof), (right, roof), (right, 0.8), (x, 0.8)], wall)
        canvas.polygon(
            [(x, roof), (x + 0.02, roof), (x + 0.02, 0.8), (x, 0.8)],
            mix(wall, (255, 214, 170), 0.35),
        )
        if window:
            _lit_windows(canvas, (x, width), roof, window)
        x += width


def _lit_windows(canvas: Canvas, tower: tuple[float, float], roof: float, colour: Colour) -> None:
    x, width = tower
    for y in np.arange(roof + 0.035, 0.74, 0.06):
        for share in (0.32, 0.66):
            left = x + width * share - 0.012
            canvas.polygon(
                [(left, y), (left + 0.026, y), (left + 0.026, y + 0.03), (left, y + 0.03)], colour
            )


def cactus(canvas: Canvas, x: float, foot: float, height: float) -> None:
    """Draw a cactus with two arms."""
    green: Colour = (48, 138, 94)
    canvas.line([(x, foot), (x, foot - height)], green, 0.05)
    for side, low in ((-1, 0.36), (1, 0.54)):
        elbow = foot - height * low
        canvas.line(
            [(x, elbow), (x + side * 0.06, elbow), (x + side * 0.06, elbow - height * 0.34)],
            green,
            0.032,
        )
    canvas.line([(x - 0.014, foot), (x - 0.014, foot - height)], (98, 180, 118), 0.01)
