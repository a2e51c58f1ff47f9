"""The terms of the formula: a number, its name, a picture of it and a remark."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Hue = Literal["requests", "workers", "nodes", ""]
"""The lane whose colour a term has; none for what is neither a request nor a worker."""
Form = Literal["tint", "full", "half", "ring", "none"]

MAX_DOTS = 16
"""More are counted in a number, which stays legible on a phone."""
MAX_MARKS = 13
"""A longer scale has only its ends and the value."""

TIMES = "\N{MULTIPLICATION SIGN}"
_OPERATOR_WORDS = {"÷": "divided by", TIMES: "times", "=": "is", "→": "then"}


@dataclass(frozen=True)
class Dots:
    """A dot for each request or worker; their form is their state."""

    forms: tuple[Form, ...]
    more: int = 0
    """Those that have no dot."""


@dataclass(frozen=True)
class Scale:
    """The line from the minimum to the maximum, with the value on it."""

    minimum: int
    maximum: int
    value: int | None

    @property
    def marks(self) -> tuple[float, ...]:
        """The positions of the whole numbers, in percent."""
        steps = self.maximum - self.minimum
        if not 0 < steps < MAX_MARKS:
            return (0.0, 100.0)
        return tuple(round(100 * number / steps, 1) for number in range(steps + 1))

    @property
    def position(self) -> float | None:
        """The position of the value, in percent; None if it is unknown."""
        if self.value is None:
            return None
        steps = max(1, self.maximum - self.minimum)
        return round(100 * min(1.0, max(0.0, (self.value - self.minimum) / steps)), 1)


@dataclass(frozen=True)
class Bars:
    """The recommendations of a stabilization window, oldest first; None is unknown."""

    values: tuple[int | None, ...]

    @property
    def highest(self) -> int:
        """The highest of them, which applies before workers are removed."""
        return max((value for value in self.values if value is not None), default=0)

    @property
    def heights(self) -> tuple[int | None, ...]:
        """Their heights in percent."""
        top = max(1, self.highest)
        return tuple(None if value is None else round(100 * value / top) for value in self.values)


@dataclass(frozen=True)
class Term:
    """One term of the formula."""

    number: str
    name: str
    detail: str = ""
    hue: Hue = ""
    operator: str = ""
    """What stands before it."""
    picture: Dots | Scale | Bars | None = None

    @property
    def kind(self) -> str:
        """The kind of its picture, for the template."""
        return type(self.picture).__name__.lower() if self.picture else ""


def dots(*groups: tuple[int, Form]) -> Dots:
    """Return a dot for each member of the groups, at most ``MAX_DOTS`` in all."""
    forms = [form for count, form in groups for _ in range(min(max(0, count), MAX_DOTS))]
    total = sum(max(0, count) for count, _ in groups)
    return Dots(tuple(forms[:MAX_DOTS]), total - min(len(forms), MAX_DOTS))


def to_sentence(terms: Sequence[Term]) -> str:
    """Return the formula as one sentence, for screen readers."""
    words = []
    for term in terms:
        if term.operator:
            words.append(_OPERATOR_WORDS[term.operator])
        words.append(f"{term.number} {term.name}{f' ({term.detail})' if term.detail else ''}")
    return f"{' '.join(words)}."
