"""SVG paths of values that stay until the next: lines, areas and bands in a box of 100 by 100."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dashboard.domain.snapshot import Sample

Run = list[tuple[float, float]]
"""Times and values without a gap between them."""
Measure = Callable[[Sample], float | None]

_GAP_SECONDS = 15.0
"""A longer time between two samples interrupts a line."""


def runs(samples: Sequence[Sample], measure: Measure) -> list[Run]:
    """Return the points at which a measure changes; a run ends where it is unknown."""
    found: list[Run] = []
    last_at: float | None = None
    for sample in samples:
        value = measure(sample)
        if value is None:
            last_at = None
            continue
        if last_at is None or sample.at - last_at > _GAP_SECONDS:
            found.append([])
        _add(found[-1], sample.at, value)
        last_at = sample.at
    return found


def _add(run: Run, at: float, value: float) -> None:
    """Add a point, and drop the previous one if it is between two of the same value."""
    if len(run) > 1 and run[-1][1] == run[-2][1] == value:
        run.pop()
    run.append((at, value))


@dataclass(frozen=True)
class Box:
    """The time and the values that a box of 100 by 100 covers; its origin is the upper left."""

    start: float
    """Unix seconds, as ``end``."""
    end: float
    top: float
    """The value at the upper edge."""

    def line(self, run: Run) -> str:
        """Return the path of a run."""
        (at, value), *_ = run
        return f"M{self._x(at)},{self._y(value)}{self._forwards(run)}"

    def area(self, run: Run) -> str:
        """Return the area below a run."""
        (at, value), *_ = run
        return f"M{self._x(at)},100V{self._y(value)}{self._forwards(run)}V100Z"

    def band(self, run: Run, lower: float, upper: float) -> str:
        """Return the area between two multiples of a run."""
        below = "".join(self._backwards([(at, value * lower) for at, value in run]))
        return f"{self.line([(at, value * upper) for at, value in run])}{below}Z"

    def _forwards(self, run: Run) -> str:
        return "".join(f"H{self._x(at)}V{self._y(value)}" for at, value in run[1:])

    def _backwards(self, run: Run) -> Iterator[str]:
        yield f"V{self._y(run[-1][1])}"
        for (at, _), (_, before) in pairwise(reversed(run)):
            yield f"H{self._x(at)}V{self._y(before)}"
        yield f"H{self._x(run[0][0])}"

    def _x(self, at: float) -> str:
        return f"{100 * (at - self.start) / (self.end - self.start):.1f}"

    def _y(self, value: float) -> str:
        return f"{100 - 100 * min(1.0, value / self.top):.1f}"
