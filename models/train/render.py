"""The procedural renderer of scenes.

Pictures of a scene differ in layout and step only, and subjects move by whole patches of the
latent grid, so that a small model is trained on the same patches many times. The light is always
on the left: a model that was trained with either side generated two moons.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from models.train import subjects_alive, subjects_made
from models.train.canvas import PIXELS, SIDE
from models.train.settings import LAYOUTS, WALLS
from models.train.settings_far import SETTING_RENDERERS
from models.train.styled_draw import StyledDraw, mix, neon_line
from models.train.vocabulary import COLOURS, PALETTE, SETTINGS, STYLES, SUBJECTS, Colour, Scene

PATCH = 16  # pixels per side of a latent
STEPS = (0, 2)  # positions of a subject: patches to the right, away from the light
UNIT = 98 / PIXELS  # a subject's unit length as a share of the picture
GROUND = 0.865  # the y of the ground under a subject
FEET = {  # y of a subject's lowest point, in its units
    "dwarf": 0.83,
    "submarine": 0.5,
    "dog": 0.77,
    "cat": 0.77,
    "house": 0.6,
    "rocket": 0.95,
    "fish": 0.56,
    "robot": 0.8,
    "castle": 0.62,
    "snowman": 0.82,
    "tree": 0.74,
    "mushroom": 0.75,
    "boat": 0.62,
    "flower": 0.78,
    "car": 0.58,
    "balloon": 0.82,
}
FLIES = ("balloon", "rocket", "fish", "submarine")
# The colours of each setting's highlights and shadows.
LIGHT: dict[str, tuple[Colour, Colour]] = {
    "studio": ((255, 255, 255), (60, 50, 110)),
    "meadow": ((255, 252, 220), (24, 60, 70)),
    "night": ((206, 216, 255), (12, 14, 60)),
    "sunset": ((255, 224, 150), (64, 20, 80)),
    "space": ((255, 206, 160), (20, 10, 70)),
    "sea": ((220, 255, 250), (8, 40, 110)),
    "snow": ((255, 255, 255), (50, 80, 150)),
    "city": ((255, 232, 184), (50, 36, 90)),
    "desert": ((255, 248, 206), (110, 52, 40)),
}
# The colour behind the subject: a halo separates colours that are close.
BEHIND: dict[str, Colour] = {
    "studio": (230, 230, 230),
    "meadow": (130, 200, 120),
    "night": (70, 84, 150),
    "sunset": (220, 104, 116),
    "space": (60, 34, 112),
    "sea": (40, 130, 196),
    "snow": (206, 222, 244),
    "city": (130, 100, 150),
    "desert": (244, 200, 130),
}
HALO_DISTANCE = 120.0


@dataclass(frozen=True, slots=True)
class Composition:
    """What varies between pictures of a scene: the layout, and the subject's shift in patches."""

    layout: int
    step: int


def sample_composition(random: np.random.Generator) -> Composition:
    """Sample a composition, uniformly."""
    return Composition(int(random.integers(LAYOUTS)), STEPS[int(random.integers(len(STEPS)))])


def compositions() -> list[Composition]:
    """Return every composition."""
    return [Composition(layout, step) for layout in range(LAYOUTS) for step in STEPS]


def render(scene: Scene, composition: Composition) -> np.ndarray:
    """Draw the picture, (256, 256, 3) uint8; the same for the same arguments."""
    subject, colour = SUBJECTS[scene.subject], COLOURS[scene.colour]
    setting, style = SETTINGS[scene.setting], STYLES[scene.style]
    wall = colour if setting == "studio" else ""
    picture = _background(setting, composition.layout, style, wall)
    offset = (_rise(subject, setting), 0 if wall else composition.step * PATCH)
    pixels, alpha = _subject(subject, colour, style)
    pixels, alpha = _moved(pixels, offset), _moved(alpha, offset)
    picture = _surround(picture, alpha, subject, colour, setting, style)
    picture = _blend(picture, _lit(pixels, alpha, setting, style), alpha)
    return picture.round().clip(0, 255).astype(np.uint8)


def _blend(below: np.ndarray, above: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    blended: np.ndarray = below * (1 - opacity) + above * opacity
    return blended


@lru_cache(maxsize=256)
def _background(setting: str, layout: int, style: str, wall: str) -> np.ndarray:
    picture = SETTING_RENDERERS[setting](layout, wall or next(iter(WALLS))).picture()
    grey = picture.mean(axis=2, keepdims=True)
    if style == "pastel":
        picture = (picture * 0.72 + grey * 0.28) * 0.52 + np.array((255, 246, 250)) * 0.48
    if style == "neon":
        picture = (picture * 1.35 - grey * 0.35).clip(0, 255) * 0.34 + np.array((16, 6, 46))
    return picture


@lru_cache(maxsize=1024)
def _subject(subject: str, colour: str, style: str) -> tuple[np.ndarray, np.ndarray]:
    """Draw the subject on the ground in the middle: (256, 256, 3) and its alpha (256, 256, 1)."""
    layer = Image.new("RGBA", (SIDE, SIDE))
    middle = (SIDE / 2, (GROUND - FEET[subject] * UNIT) * SIDE)
    draw = StyledDraw(ImageDraw.Draw(layer), middle, UNIT * SIDE, style)
    draw_subject = getattr(subjects_alive, subject, None) or getattr(subjects_made, subject)
    rgb = PALETTE[colour]
    draw_subject(draw, mix(rgb, (255, 248, 252), 0.36) if style == "pastel" else rgb)
    rgba = np.asarray(layer, np.float32).reshape(PIXELS, 2, PIXELS, 2, 4)
    alpha = rgba[..., 3:].mean(axis=(1, 3)) / 255
    summed = (rgba[..., :3] * rgba[..., 3:]).mean(axis=(1, 3)) / 255
    return summed / np.maximum(alpha, 1e-3), alpha


def _rise(subject: str, setting: str) -> int:
    """Return pixels to move up, in whole patches: things float in space and the sea, some fly."""
    if setting == "studio" or not (setting in ("space", "sea") or subject in FLIES):
        return 0
    middle = (GROUND - FEET[subject] * UNIT) * PIXELS
    return PATCH * max(0, round((middle - 0.46 * PIXELS) / PATCH))


def _moved(layer: np.ndarray, offset: tuple[int, int]) -> np.ndarray:
    """Move a layer by (up, right) pixels; subjects are small enough not to wrap."""
    up, right = offset
    return np.roll(layer, (-up, right), axis=(0, 1))


def _blurred(mask: np.ndarray, radius: float) -> np.ndarray:
    """Soften a (256, 256, 1) mask of 0..1."""
    image = Image.fromarray((mask[..., 0] * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32)[..., None] / 255


def _surround(
    picture: np.ndarray, alpha: np.ndarray, subject: str, colour: str, setting: str, style: str
) -> np.ndarray:
    """Draw the subject's surroundings on the picture: glow, shadow or halo."""
    if style == "neon":
        glow = (_blurred(alpha, 16) * 0.75 + _blurred(alpha, 6) * 0.5).clip(0, 0.9)
        return _blend(picture, np.array(neon_line(PALETTE[colour])), glow)
    light, shade = LIGHT[setting]
    if not _rise(subject, setting) and setting not in ("space", "sea"):
        shadow = _ground_shadow(alpha) * 0.42
        picture = _blend(picture, np.array(shade), shadow)
    halo = (_blurred(alpha, 7) * 1.2).clip(0, 1) * _halo_strength(colour, setting)
    return _blend(picture, np.array(light), halo)


def _halo_strength(colour: str, setting: str) -> float:
    distance = np.linalg.norm(np.subtract(PALETTE[colour], BEHIND[setting]))
    return 0.62 if distance < HALO_DISTANCE else 0.16


def _ground_shadow(alpha: np.ndarray) -> np.ndarray:
    """Return the mask of a soft ellipse under the feet, longer away from the light."""
    columns = np.flatnonzero(alpha.max(axis=(0, 2)) > 0.5)
    left, right = int(columns[0]), int(columns[-1])
    image = Image.new("L", (PIXELS, PIXELS))
    y, inset = GROUND * PIXELS, (right - left) * 0.12
    ImageDraw.Draw(image).ellipse((left + inset, y - 6, right + inset * 0.9, y + 7), fill=255)
    return _blurred(np.asarray(image, np.float32)[..., None] / 255, 3)


def _lit(pixels: np.ndarray, alpha: np.ndarray, setting: str, style: str) -> np.ndarray:
    """Light the subject from the upper left: a bright edge there, shade on the far side."""
    if style == "neon":
        return pixels
    light, shade = (np.array(tone) for tone in LIGHT[setting])
    near = (alpha - _shifted(alpha, 4)).clip(0, 1)
    far = _blurred((alpha - _shifted(alpha, -12)).clip(0, 1), 5)
    strength = 0.55 if style == "poster" else 0.3
    pixels = pixels * (1 - near * strength) + light * near * strength
    lit: np.ndarray = pixels * (1 - far * 0.34) + shade * far * 0.34
    return lit


def _shifted(alpha: np.ndarray, pixels: int) -> np.ndarray:
    """Move a mask down and to the right (up and left when negative)."""
    return np.roll(alpha, (pixels, pixels), axis=(0, 1))
