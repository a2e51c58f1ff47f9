"""Print measurements as tables of medians, with their spread."""

import statistics
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """A measured quantity over several runs."""

    name: str
    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        """The median, which ignores outliers."""
        return statistics.median(self.values)


def show(title: str, figures: list[Figure]) -> None:
    """Print a table of figures."""
    table = Table("", "median", "min", "max", "runs", title=title, title_justify="left")
    for figure in figures:
        numbers = (figure.median, min(figure.values), max(figure.values))
        cells = [f"{number:.3g} {figure.unit}" for number in numbers]
        table.add_row(figure.name, *cells, str(len(figure.values)))
    Console().print(table)


def show_ratio(ours: Figure, theirs: Figure, meaning: str) -> None:
    """Print the ratio of the second figure to the first."""
    Console().print(f"{meaning}: {theirs.median / ours.median:.1f} times\n")
