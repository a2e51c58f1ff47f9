"""Render the report's page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from markupsafe import Markup

from dashboard.domain.snapshot import PictureView
from dashboard.domain.time_units import HOUR
from dashboard.insights.cost import Usage
from dashboard.presentation import formatting
from dashboard.presentation.templates import render
from dashboard.recordings.pictures import ReadPicture, best, data_url_of, prompt_of
from dashboard.recordings.report import timeline
from dashboard.recordings.report.figures import Figures, Session, figures_of

MAX_PICTURES = 24
_STYLE = Path(__file__).with_name("report.css")

Price = Callable[[float], str]
"""Formats the price of a number of GPU hours."""


@dataclass(frozen=True)
class Cell:
    """A figure of the report."""

    hue: str
    """The lane whose color it has."""
    label: str
    value: object
    """None is shown as ``unknown``."""
    below: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture of the report, as a data URL."""

    url: str
    prompt: str


def write(
    session: Session,
    name: str,
    read_picture: ReadPicture,
    price: Price | None = None,
    zone: tzinfo | None = None,
) -> str:
    """Render the report of a session as an HTML file.

    Args:
        session: the period and its snapshot.
        name: the report's title.
        read_picture: the source of pictures; those that cannot be read are left out.
        price: formats the price of hours; None where no price is set.
        zone: of all times; None is this machine's.

    """
    figures = figures_of(session)
    start = formatting.date_and_clock(session.start, zone)
    length = formatting.duration(session.end - session.start)
    return render(
        "recordings/report/page.html",
        name=name,
        style=Markup(_STYLE.read_text(encoding="utf-8")),  # noqa: S704, a file of this project
        period=f"{start} · {length} · {session.snapshot.mode} mode",
        cells=list(_cells(figures, price)),
        timeline=timeline.draw(session, zone),
        annotations=[
            (annotation, formatting.clock(annotation.at, zone))
            for annotation in session.annotations
        ],
        pictures=list(_pictures(session.pictures, read_picture)),
        footnote=_footnote(figures.usage),
    )


def _cells(figures: Figures, price: Price | None) -> Iterator[Cell]:
    unfinished = ((figures.failed, "failed"), (figures.cancelled, "cancelled"))
    states = ", ".join(f"{number} {state}" for number, state in unfinished if number)
    average = figures.average_workers
    yield Cell("requests", "Requests", figures.requests, states or "none failed")
    yield Cell("pictures", "Pictures", figures.pictures)
    yield Cell(
        "workers",
        "Peak workers",
        figures.peak_workers,
        "" if average is None else f"{average:.1f} on average",
    )
    if figures.peak_nodes is not None:
        yield Cell("nodes", "Peak GPU nodes", figures.peak_nodes)
    yield Cell("pictures", "First picture after", _seconds(figures.first_picture_after))
    yield Cell("requests", "Median wait", _seconds(figures.median_wait), "from request to worker")
    if figures.usage.used is not None:
        yield _saved_cell(figures.usage, figures.usage.used, price)


def _saved_cell(usage: Usage, used: float, price: Price | None) -> Cell:
    hours = [_hours(used, price)]
    if usage.always_on is not None:
        hours.append(f"{_hours(usage.always_on, price)} if always on")
    saved = None if usage.saved is None else f"{usage.saved:.0%}"
    hue, unit = ("nodes", "GPU") if usage.unit == "GPU" else ("workers", "Worker")
    return Cell(hue, f"{unit} time saved", saved, "; ".join(hours))


def _hours(hours: float, price: Price | None) -> str:
    text = formatting.duration(hours * HOUR)
    return f"{text} ({price(hours)})" if price else text


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else formatting.short_duration(seconds)


def _pictures(views: Sequence[PictureView], read_picture: ReadPicture) -> Iterator[Picture]:
    for view in best(views, MAX_PICTURES):
        if url := data_url_of(view, read_picture):
            yield Picture(url, prompt_of(view))


def _footnote(usage: Usage) -> str:
    if not usage.unknown:
        return ""
    unknown = formatting.duration(usage.unknown)
    return f"The usage of {unknown} is unknown and not counted, neither as used nor as saved."
