"""Figures and how they are shown: medians, with the spread beside them."""

import statistics
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured quantity over some runs."""

    name: str
    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        """The middle of the runs, which one disturbed run does not move."""
        return statistics.median(self.values)


def show(title: str, figures: list[Figure]) -> None:
    """Print one table of figures."""
    table = Table("", "median", "min", "max", "runs", title=title, title_justify="left")
    for figure in figures:
        numbers = (figure.median, min(figure.values), max(figure.values))
        cells = [f"{number:.3g} {figure.unit}" for number in numbers]
        table.add_row(figure.name, *cells, str(len(figure.values)))
    Console().print(table)


def show_ratio(ours: Figure, theirs: Figure, meaning: str) -> None:
    """Print how many times the second figure is the first."""
    Console().print(f"{meaning}: {theirs.median / ours.median:.1f} times\n")
