"""A square canvas in unit coordinates (0..1, y down) with the light effects of the settings."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from models.train.styled_draw import OVERSAMPLING, Point
from models.train.vocabulary import Colour

PIXELS = 256
SIDE = PIXELS * OVERSAMPLING


class Canvas:
    """An image of twice the picture's size; `picture` averages it down for smooth edges."""

    def __init__(self, *sky: Colour) -> None:
        self.image = vertical_gradient(sky)

    def picture(self) -> np.ndarray:
        """Return the finished picture: (256, 256, 3), floats in 0..255."""
        return np.asarray(self.image.resize((PIXELS, PIXELS), Image.Resampling.BOX), np.float32)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Add soft light around a point; `strength` 0..1 at its middle."""
        rows, columns = np.mgrid[0:SIDE:4, 0:SIDE:4] / SIDE
        light = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius * radius))
        self.tint(Image.fromarray((light * 255 * strength).astype(np.uint8)), colour)

    def tint(self, mask: Image.Image, colour: Colour) -> None:
        """Blend `colour` in with a mask of any size as its opacity."""
        if mask.size != (SIDE, SIDE):
            mask = mask.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        self.image.paste(Image.new("RGB", (SIDE, SIDE), colour), (0, 0), mask)

    def disc(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """Fill an ellipse around (x, y)."""
        corners = ((x - rx) * SIDE, (y - ry) * SIDE, (x + rx) * SIDE, (y + ry) * SIDE)
        self._draw().ellipse(corners, fill=colour)

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float) -> None:
        """Draw a circle's line."""
        corners = [
            (x - radius) * SIDE,
            (y - radius) * SIDE,
            (x + radius) * SIDE,
            (y + radius) * SIDE,
        ]
        self._draw().ellipse(corners, outline=colour, width=round(width * SIDE))

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a shape."""
        self._draw().polygon([(x * SIDE, y * SIDE) for x, y in points], fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw a stroke with round ends."""
        pixels = [(x * SIDE, y * SIDE) for x, y in points]
        self._draw().line(pixels, fill=colour, width=round(width * SIDE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, width / 2, colour)

    def veil(self, points: Sequence[Point], colour: Colour, strength: float) -> None:
        """Fill a translucent shape, such as a ray of light."""
        mask = Image.new("L", (SIDE, SIDE))
        ImageDraw.Draw(mask).polygon(
            [(x * SIDE, y * SIDE) for x, y in points], fill=round(255 * strength)
        )
        self.tint(mask, colour)

    def hill(
        self,
        top: float,
        swell: float,
        phase: float,
        crest: Colour,
        foot: Colour,
        waves: float = 1.0,
    ) -> None:
        """Fill the ground below a wavy line, shaded from the lit crest to the foot."""
        ridge = [
            (x / 64, top + swell * math.sin(x / 64 * waves * 2 * math.pi + phase))
            for x in range(65)
        ]
        self.land(ridge, crest, foot)

    def land(self, ridge: Sequence[Point], crest: Colour, foot: Colour) -> None:
        """Fill the ground below a ridge that goes from the left edge to the right one."""
        mask = Image.new("L", (SIDE, SIDE))
        outline = [(x * SIDE, y * SIDE) for x, y in ridge]
        ImageDraw.Draw(mask).polygon([(0, SIDE), *outline, (SIDE, SIDE)], fill=255)
        highest = round(min(y for _, y in ridge) * SIDE)
        fill = Image.new("RGB", (SIDE, SIDE), crest)
        fill.paste(vertical_gradient((crest, foot), max(1, SIDE - highest)), (0, highest))
        self.image.paste(fill, (0, 0), mask)

    def _draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)


def vertical_gradient(colours: Sequence[Colour], height: int = SIDE) -> Image.Image:
    """Blend `colours` from top to bottom, evenly spaced."""
    stops = np.linspace(0, 1, len(colours))
    rows = np.linspace(0, 1, height)
    channels = [np.interp(rows, stops, [colour[i] for colour in colours]) for i in range(3)]
    column = np.stack(channels, axis=1).round().astype(np.uint8)
    return Image.fromarray(np.repeat(column[:, None], SIDE, axis=1))
