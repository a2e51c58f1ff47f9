"""Draw a subject's shapes in unit coordinates, in each of the styles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageDraw

from models.train.vocabulary import Colour

Point = tuple[float, float]
OVERSAMPLING = 2
OUTLINE: Colour = (36, 26, 50)
NIGHT: Colour = (22, 12, 52)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return `first` with `share` (0..1) of `second`."""
    red, green, blue = (
        int(a * (1 - share) + b * share) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Return the perceived lightness, 0..255."""
    return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]


def darker(colour: Colour, share: float = 0.28) -> Colour:
    """Mix with a dark violet, which makes livelier shadows than black."""
    return mix(colour, (22, 14, 48), share)


def lighter(colour: Colour, share: float = 0.35) -> Colour:
    """Mix with white."""
    return mix(colour, (255, 255, 255), share)


def neon_line(colour: Colour) -> Colour:
    """Return the colour of a neon outline: dark colours are brightened."""
    return lighter(colour, 0.18) if luminance(colour) > 60 else (128, 128, 172)


@dataclass(frozen=True, slots=True)
class StyledDraw:
    """Draws on an image; (0, 0) is the subject's middle, y points down, `scale` pixels per unit."""

    draw: ImageDraw.ImageDraw
    middle: Point
    scale: float
    style: str

    def polygon(self, points: Sequence[Point], colour: Colour, outlined: bool = True) -> None:
        """Fill a shape, with the style's outline unless it is a detail."""
        corners = [self._to_pixels(point) for point in points]
        self.draw.polygon(corners, fill=self._fill(colour))
        if outlined and self._outline_width():
            line = neon_line(colour) if self.style == "neon" else OUTLINE
            self._stroke([*corners, *corners[:2]], line, self._outline_width())

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, outlined: bool = True
    ) -> None:
        """Fill an ellipse around (x, y) with half axes rx and ry."""
        self.polygon(arc((x, y), rx, ry, 0, 360, 60), colour, outlined)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: Colour,
        rounding: float = 0.0,
        outlined: bool = True,
    ) -> None:
        """Fill a rectangle with rounded corners."""
        radius = min(rounding, abs(right - left) / 2, abs(bottom - top) / 2)
        corners = (
            ((right - radius, bottom - radius), 0),
            ((left + radius, bottom - radius), 90),
            ((left + radius, top + radius), 180),
            ((right - radius, top + radius), 270),
        )
        points = [p for at, start in corners for p in arc(at, radius, radius, start, start + 90, 7)]
        self.polygon(points, colour, outlined)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw a stroke with round ends, `width` in units."""
        path = [self._to_pixels(point) for point in points]
        pixels = int(width * self.scale)
        if self.style == "cartoon":
            self._stroke(path, OUTLINE, pixels + 2 * self._outline_width())
        self._stroke(path, neon_line(colour) if self.style == "neon" else colour, pixels)

    def eye(self, x: float, y: float, radius: float, gaze: float = 0.0) -> None:
        """Draw an eye with its pupil in the middle (0), left (-1) or right (1)."""
        if self.style == "neon":
            self._dot((x, y), radius * 0.8, (255, 255, 255))
            return
        self._dot((x, y), radius, (255, 255, 255))
        self._dot((x + gaze * radius * 0.3, y + radius * 0.1), radius * 0.66, (30, 24, 40))
        self._dot((x + (gaze * 0.3 - 0.22) * radius, y - radius * 0.2), radius * 0.22, (255,) * 3)

    def _to_pixels(self, point: Point) -> Point:
        return self.middle[0] + point[0] * self.scale, self.middle[1] + point[1] * self.scale

    def _fill(self, colour: Colour) -> Colour:
        return mix(colour, NIGHT, 0.62) if self.style == "neon" else colour

    def _outline_width(self) -> int:
        return {"cartoon": 5 * OVERSAMPLING, "neon": 4 * OVERSAMPLING}.get(self.style, 0)

    def _stroke(self, path: Sequence[Point], colour: Colour, width: int) -> None:
        self.draw.line(list(path), fill=colour, width=width, joint="curve")
        for x, y in (path[0], path[-1]):
            half = width / 2
            self.draw.ellipse((x - half, y - half, x + half, y + half), fill=colour)

    def _dot(self, at: Point, radius: float, colour: Colour) -> None:
        x, y = self._to_pixels(at)
        pixels = radius * self.scale
        self.draw.ellipse((x - pixels, y - pixels, x + pixels, y + pixels), fill=colour)


def arc(middle: Point, rx: float, ry: float, start: float, stop: float, count: int) -> list[Point]:
    """Return points on an ellipse from `start` to `stop` degrees, clockwise as seen."""
    angles = (math.radians(start + (stop - start) * i / (count - 1)) for i in range(count))
    return [(middle[0] + rx * math.cos(a), middle[1] + ry * math.sin(a)) for a in angles]
