"""A dial: one number of a scenario that a person may change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dashboard.whatif.scenario import Scenario

Group = Literal["scaler", "price", "fleet"]


@dataclass(frozen=True)
class Dial:
    """One number that a person may change."""

    name: str
    label: str
    group: Group
    low: float
    high: float
    step: float
    read: Callable[[Scenario], float | None]
    """None if the real number is unknown, as a price that is not set."""
    write: Callable[[Scenario, float], Scenario]
    unit: str = ""
