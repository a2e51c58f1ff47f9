"""Settings that are far away: space, the sea, snow, the city and the desert."""

import numpy as np

from models.train.canvas import Canvas
from models.train.scenery import WHITE, cactus, cloud, coral, fir, shifted, skyline, stars, sun
from models.train.settings import SettingRenderer, meadow, night, studio, sunset


def space(layout: int, _colour: str) -> Canvas:
    """Draw a ringed planet, nebulae, and a moon to stand on."""
    random = np.random.default_rng(20 + layout)
    canvas = Canvas((18, 12, 54), (44, 24, 96), (70, 34, 122))
    canvas.glow(0.72 - 0.1 * layout, 0.3 + 0.1 * layout, 0.2, (196, 72, 170), 0.6)
    canvas.glow(0.3 + 0.1 * layout, 0.7, 0.22, (62, 96, 214), 0.6)
    stars(canvas, random, 38, 0.86)
    x, y, radius = 0.18, 0.2 + 0.02 * layout, 0.1
    canvas.glow(x, y, 0.14, (255, 176, 120), 0.5)
    canvas.disc(x, y, radius, radius, (226, 122, 82))
    canvas.disc(x - 0.014, y - 0.014, radius * 0.84, radius * 0.84, (248, 162, 102))
    canvas.disc(x - 0.03, y - 0.03, radius * 0.5, radius * 0.5, (255, 190, 128))
    canvas.line([(x - 0.165, y + 0.055), (x + 0.165, y - 0.055)], (255, 228, 172), 0.02)
    canvas.hill(0.87, 0.025, 1.5 + 2.1 * layout, (190, 182, 218), (112, 102, 156), 0.5)
    for k in (0.14, 0.4, 0.84):
        spot = k + 0.06 * layout
        canvas.disc(spot, 0.95, 0.062, 0.02, (112, 104, 152))
        canvas.disc(spot + 0.006, 0.955, 0.052, 0.014, (140, 130, 178))
    return canvas


def sea(layout: int, _colour: str) -> Canvas:
    """Draw rays of light from the surface, sand and corals."""
    random = np.random.default_rng(30 + layout)
    canvas = Canvas((124, 230, 232), (54, 168, 214), (26, 96, 172), (20, 66, 140))
    canvas.glow(0.24, 0.0, 0.34, (214, 255, 246), 0.75)
    for start in (0.02, 0.24, 0.5):
        x = start + 0.05 * layout
        rays = [(x, 0), (x + 0.1, 0), (x + 0.34, 0.9), (x + 0.12, 0.9)]
        canvas.veil(rays, WHITE, 0.16)
    rocks = [(0, 0.72), (0.1, 0.64), (0.2, 0.76), (0.42, 0.83), (0.7, 0.8), (0.86, 0.62), (1, 0.7)]
    canvas.land(shifted(rocks, layout), (34, 112, 178), (24, 84, 150))
    canvas.hill(0.85, 0.018, 2.1 * layout, (250, 226, 164), (204, 166, 112))
    for x, colour in ((0.07, (246, 100, 116)), (0.93, (72, 196, 130)), (0.82, (250, 168, 84))):
        coral(canvas, x, 0.93, colour)
    for _ in range(10):
        at = random.choice((0.1, 0.88)) + random.uniform(-0.07, 0.07), random.uniform(0.08, 0.6)
        canvas.ring(*at, random.uniform(0.012, 0.024), (222, 250, 255), 0.007)
    return canvas


def snow(layout: int, _colour: str) -> Canvas:
    """Draw mountains, firs and flakes; blue enough for a white subject to stand out."""
    random = np.random.default_rng(40 + layout)
    canvas = Canvas((92, 148, 214), (150, 196, 236), (220, 232, 246))
    sun(canvas, 0.18, 0.17, 0.07, (255, 250, 226), (255, 246, 226))
    peaks = [
        (0, 0.58),
        (0.12, 0.46),
        (0.26, 0.6),
        (0.48, 0.4),
        (0.68, 0.6),
        (0.85, 0.44),
        (1, 0.56),
    ]
    canvas.land(shifted(peaks, layout), (206, 222, 244), (128, 160, 208))
    canvas.hill(0.66, 0.04, 2.1 * layout, (214, 228, 248), (178, 202, 236))
    for x, size in ((0.07, 0.2), (0.2, 0.15), (0.8, 0.16), (0.93, 0.22)):
        fir(canvas, x + 0.015 * layout, 0.76, size)
    canvas.hill(0.77, 0.02, 2.1 * layout + 2, (246, 250, 255), (176, 200, 238))
    for _ in range(30):
        radius = random.uniform(0.006, 0.012)
        canvas.disc(random.random(), random.random() * 0.76, radius, radius, WHITE)
    return canvas


def city(layout: int, _colour: str) -> Canvas:
    """Draw towers with lit windows at dusk, and a street."""
    random = np.random.default_rng(50 + layout)
    canvas = Canvas((112, 122, 206), (240, 156, 166), (255, 214, 160))
    sun(canvas, 0.18, 0.24, 0.09, (255, 242, 206), (255, 226, 170))
    skyline(canvas, random, 0.44, (190, 138, 184), None)
    skyline(canvas, random, 0.57, (112, 86, 148), (255, 222, 132))
    canvas.land([(0, 0.79), (1, 0.79)], (142, 130, 158), (126, 114, 146))
    canvas.land([(0, 0.83), (1, 0.83)], (92, 84, 116), (62, 56, 88))
    for k in range(4):
        x = 0.05 + 0.25 * k + 0.04 * layout
        canvas.polygon(
            [(x + 0.02, 0.93), (x + 0.13, 0.93), (x + 0.11, 0.952), (x, 0.952)], (252, 226, 150)
        )
    return canvas


def desert(layout: int, _colour: str) -> Canvas:
    """Draw dunes, table mountains and cacti under a white sun."""
    canvas = Canvas((64, 174, 214), (152, 218, 226), (254, 232, 186))
    sun(canvas, 0.17, 0.17, 0.08, (255, 250, 216), (255, 244, 196))
    cloud(canvas, 0.6 + 0.1 * layout, 0.16, 0.7)
    turn = 2.1 * layout
    for x, width in ((0.76, 0.16), (0.36, 0.1)):
        left = (x + 0.22 * layout) % 0.8
        mesa = [(left, 0.66), (left + 0.03, 0.5), (left + width, 0.5), (left + width + 0.04, 0.66)]
        canvas.polygon(mesa, (222, 140, 108))
        canvas.polygon(
            [mesa[0], mesa[1], (left + 0.055, 0.5), (left + 0.05, 0.66)], (240, 166, 124)
        )
    canvas.hill(0.64, 0.035, turn, (252, 208, 138), (236, 170, 100))
    for x, size in ((0.09, 0.22), (0.9, 0.17)):
        cactus(canvas, x + 0.015 * layout, 0.78, size)
    canvas.hill(0.77, 0.025, turn + 2, (250, 194, 118), (204, 126, 70), 0.9)
    return canvas


SETTING_RENDERERS: dict[str, SettingRenderer] = {
    "studio": studio,
    "meadow": meadow,
    "night": night,
    "sunset": sunset,
    "space": space,
    "sea": sea,
    "snow": snow,
    "city": city,
    "desert": desert,
}
