"""Settings that are near: each has one picture per layout, with the light on the left.

A setting is the same picture for a given layout: the model memorises it and generates it crisply,
instead of averaging a thousand random skies.
"""

import math
from collections.abc import Callable

import numpy as np

from models.train.canvas import Canvas
from models.train.scenery import WHITE, bird, cloud, round_tree, shifted, stars, sun
from models.train.styled_draw import lighter, mix
from models.train.vocabulary import Colour

LAYOUTS = 3
# The colour of the studio's wall for each colour of the subject: never close to it.
WALLS: dict[str, Colour] = {
    "red": (150, 214, 210),
    "orange": (138, 196, 236),
    "yellow": (132, 158, 232),
    "green": (252, 206, 158),
    "blue": (255, 208, 122),
    "purple": (252, 216, 122),
    "pink": (150, 218, 210),
    "brown": (160, 214, 190),
    "white": (84, 146, 206),
    "black": (252, 190, 96),
}


def studio(layout: int, colour: str) -> Canvas:
    """Draw a wall and a floor: a disc of light, rays, or an arch behind the subject."""
    wall = WALLS[colour]
    canvas = Canvas(lighter(wall, 0.35), wall)
    bright = lighter(wall, 0.62)
    if layout == 0:
        canvas.disc(0.5, 0.47, 0.4, 0.4, bright)
        canvas.disc(0.5, 0.47, 0.35, 0.35, lighter(wall, 0.74))
    elif layout == 1:
        for ray in range(12):
            start = math.radians(ray * 30)
            ends = [
                (0.5 + 1.2 * math.cos(start + turn), 0.5 + 1.2 * math.sin(start + turn))
                for turn in (-0.13, 0.13)
            ]
            canvas.polygon([(0.5, 0.5), *ends], lighter(wall, 0.52))
        canvas.glow(0.5, 0.48, 0.2, WHITE, 0.75)
    else:
        for inset, shade in ((0.0, 0.5), (0.055, 0.66)):
            canvas.disc(0.5, 0.44, 0.37 - inset, 0.37 - inset, lighter(wall, shade))
            left, right = 0.13 + inset, 0.87 - inset
            canvas.polygon(
                [(left, 0.44), (right, 0.44), (right, 1), (left, 1)], lighter(wall, shade)
            )
    floor = mix(wall, (70, 60, 120), 0.22)
    canvas.land([(0, 0.8), (1, 0.8)], lighter(floor, 0.2), floor)
    return canvas


def meadow(layout: int, _colour: str) -> Canvas:
    """Draw morning hills, clouds and flowers."""
    random = np.random.default_rng(layout)
    canvas = Canvas((74, 164, 244), (160, 216, 252), (232, 246, 246))
    sun(canvas, 0.17, 0.18 - 0.02 * layout, 0.08, (255, 226, 96), (255, 248, 204))
    for x, y in ((0.44, 0.13), (0.86, 0.2), (0.66, 0.33))[: 2 + layout % 2]:
        cloud(canvas, x + 0.05 * layout - 0.05, y, 0.9)
    turn = 2.1 * layout
    canvas.hill(0.6, 0.04, turn, (142, 198, 196), (120, 190, 170))
    canvas.hill(0.68, 0.045, turn + 1.6, (160, 220, 116), (96, 178, 92))
    for x in (0.07, 0.15, 0.9):
        round_tree(canvas, x + 0.02 * layout, 0.69, 0.055)
    canvas.hill(0.79, 0.02, turn + 3.4, (128, 206, 92), (52, 138, 72))
    for x in np.linspace(0.05, 0.95, 8):
        y = 0.92 + 0.05 * random.random()
        canvas.line([(x, y), (x, y + 0.04)], (44, 124, 64), 0.008)
        canvas.disc(
            x,
            y,
            0.016,
            0.016,
            ((255, 255, 255), (255, 214, 84), (250, 130, 162))[int(random.integers(3))],
        )
    return canvas


def night(layout: int, _colour: str) -> Canvas:
    """Draw a full moon over blue hills."""
    random = np.random.default_rng(10 + layout)
    canvas = Canvas((22, 28, 84), (48, 64, 142), (104, 112, 188))
    stars(canvas, random, 30, 0.58)
    x, y = 0.18, 0.19 - 0.02 * layout
    sun(canvas, x, y, 0.092, (255, 248, 214), (176, 190, 250))
    for dx, dy, radius in ((0.035, -0.02, 0.018), (-0.03, 0.025, 0.024), (0.02, 0.045, 0.012)):
        canvas.disc(x + dx, y + dy, radius, radius, (232, 220, 180))
    peaks = [(0, 0.6), (0.14, 0.5), (0.3, 0.61), (0.52, 0.48), (0.72, 0.6), (0.88, 0.52), (1, 0.58)]
    canvas.land(shifted(peaks, layout), (92, 104, 182), (66, 78, 152))
    canvas.hill(0.67, 0.04, 2.1 * layout, (70, 92, 164), (40, 54, 116))
    canvas.hill(0.79, 0.02, 2.1 * layout + 2, (62, 88, 146), (26, 38, 88))
    for _ in range(7):
        spark = random.uniform(0.05, 0.95), random.uniform(0.86, 0.97)
        canvas.glow(*spark, 0.014, (255, 236, 140), 0.8)
    return canvas


def sunset(layout: int, _colour: str) -> Canvas:
    """Draw a low sun, bars of cloud and birds."""
    canvas = Canvas((74, 48, 132), (206, 84, 122), (252, 146, 96), (255, 214, 128))
    x = 0.24 + 0.02 * layout
    canvas.glow(x, 0.53, 0.26, (255, 226, 140), 0.85)
    canvas.disc(x, 0.52, 0.15, 0.15, (255, 242, 192))
    for left, y, width in ((0.5, 0.14, 0.34), (0.1, 0.24, 0.26), (0.66, 0.3, 0.3)):
        start = (left + 0.13 * layout) % 0.7
        canvas.line([(start, y), (start + width, y)], (238, 124, 130), 0.022)
        canvas.line(
            [(start + 0.06, y + 0.022), (start + width - 0.05, y + 0.022)], (252, 164, 138), 0.014
        )
    for which in range(3):
        bird(canvas, 0.4 + 0.07 * which + 0.08 * layout, 0.16 + 0.035 * ((which + layout) % 3))
    turn = 2.1 * layout
    canvas.hill(0.62, 0.035, turn, (214, 98, 118), (170, 70, 116))
    canvas.hill(0.7, 0.035, turn + 2, (168, 68, 116), (116, 48, 106))
    canvas.hill(0.79, 0.018, turn + 4, (128, 54, 108), (62, 28, 80))
    return canvas


SettingRenderer = Callable[[int, str], Canvas]
