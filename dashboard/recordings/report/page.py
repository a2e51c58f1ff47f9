"""The report's page: everything that people wrote is escaped, and nothing is fetched."""

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from html import escape
from itertools import zip_longest
from pathlib import Path

from core.errors import StoreError
from dashboard.domain.snapshot import Annotation, PictureView
from dashboard.gallery.pictures import THUMBNAIL_TYPE, thumbnail
from dashboard.insights.cost import HOUR, Usage
from dashboard.presentation import formatting
from dashboard.recordings.report import timeline
from dashboard.recordings.report.figures import Figures, Session, figures_of

PICTURES = 24
_STYLE = Path(__file__).with_name("report.css")

ReadPicture = Callable[[str], bytes]
"""Returns a stored picture by its name; raises StoreError."""


def write(
    session: Session,
    name: str,
    read_picture: ReadPicture,
    price: Callable[[float], str] | None = None,
    zone: tzinfo | None = None,
) -> str:
    """Write the report of a session as one HTML file.

    Args:
        session: what it is about.
        name: its title.
        read_picture: where pictures come from; those that cannot be read are left out.
        price: says what a number of hours costs; None where no price is set.
        zone: in which to say times; None is this machine's.

    """
    figures = figures_of(session)
    length = formatting.duration(session.end - session.start)
    start = formatting.date_and_clock(session.start, zone)
    when = f"{start} · {length} · {session.snapshot.mode} mode"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{escape(name)}</title><style>{_STYLE.read_text(encoding="utf-8")}</style></head>
<body><main><header><h1>{escape(name)}</h1><p>{escape(when)}</p></header>
<dl class="figures">{"".join(_cells(figures, price))}</dl>
<section><h2>What happened</h2>{timeline.draw(session, zone)}
<ul class="moments">{"".join(_moments(session.annotations, zone))}</ul></section>
{_gallery(session.pictures, read_picture)}
<footer>Stable Diffusion, live. {escape(_footnote(figures.usage))}</footer>
</main></body></html>
"""


def _cells(figures: Figures, price: Callable[[float], str] | None) -> Iterator[str]:
    lost = [f"{n} {what}" for n, what in _lost(figures) if n]
    yield _cell("requests", "Requests", figures.requests, ", ".join(lost) or "none failed")
    yield _cell("pictures", "Pictures", figures.pictures)
    average = figures.average_workers
    below = "" if average is None else f"{average:.1f} on average"
    yield _cell("workers", "Workers at most", figures.peak_workers, below)
    if figures.peak_nodes is not None:
        yield _cell("nodes", "GPU nodes at most", figures.peak_nodes)
    yield _cell("pictures", "To the first picture", _seconds(figures.to_first_picture))
    yield _cell("requests", "Median wait", _seconds(figures.median_wait), "until a worker took it")
    yield from _cost(figures.usage, price)


def _lost(figures: Figures) -> tuple[tuple[int, str], ...]:
    return (figures.failed, "failed"), (figures.cancelled, "cancelled")


def _cost(usage: Usage, price: Callable[[float], str] | None) -> Iterator[str]:
    if usage.used is None:
        return
    hours = [_hours(usage.used, price)]
    if usage.always_on is not None:
        hours.append(f"{_hours(usage.always_on, price)} if always on")
    saved = None if usage.saved is None else f"{usage.saved:.0%}"
    hue, unit = ("nodes", "GPU") if usage.unit == "GPU" else ("workers", "Worker")
    yield _cell(hue, f"{unit} time saved", saved, "; ".join(hours))


def _hours(hours: float, price: Callable[[float], str] | None) -> str:
    text = formatting.duration(hours * HOUR)
    return f"{text} ({price(hours)})" if price else text


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else formatting.short_duration(seconds)


def _cell(hue: str, label: str, value: object, below: str = "") -> str:
    shown = "<em>unknown</em>" if value is None else escape(str(value))
    return (
        f"<div class='{hue}'><dt>{escape(label)}</dt><dd>{shown}"
        f"<span>{escape(below)}</span></dd></div>"
    )


def _moments(moments: Sequence[Annotation], zone: tzinfo | None) -> Iterator[str]:
    for moment in moments:
        at = formatting.clock(moment.at, zone)
        yield f"<li class='{escape(moment.lane)}'><time>{at}</time> {escape(moment.text)}</li>"


def _gallery(pictures: Sequence[PictureView], read_picture: ReadPicture) -> str:
    figures = "".join(_picture(each, read_picture) for each in best(pictures, PICTURES))
    return (
        f"<section><h2>Pictures</h2><div class='wall'>{figures}</div></section>" if figures else ""
    )


def _picture(view: PictureView, read_picture: ReadPicture) -> str:
    try:
        body = thumbnail(read_picture(view.name))
    except StoreError:
        return ""
    if body is None:
        return ""
    prompt = escape(view.prompt or "prompt unknown")
    data = base64.b64encode(body).decode()
    return (
        f"<figure><img src='data:{THUMBNAIL_TYPE};base64,{data}' alt='{prompt}'>"
        f"<figcaption dir='auto'>{prompt}</figcaption></figure>"
    )


def best(pictures: Sequence[PictureView], most: int) -> list[PictureView]:
    """Choose the starred pictures first, then the newest, in turn from each prompt."""
    starred = [each for each in pictures if each.starred]
    others = [each for each in pictures if not each.starred]
    return [*_in_turn(starred), *_in_turn(others)][:most]


def _in_turn(pictures: Sequence[PictureView]) -> Iterator[PictureView]:
    of_prompt: dict[str | None, list[PictureView]] = {}
    for picture in pictures:
        of_prompt.setdefault(picture.prompt, []).append(picture)
    for turn in zip_longest(*of_prompt.values()):
        yield from (picture for picture in turn if picture)


def _footnote(usage: Usage) -> str:
    if not usage.unknown:
        return ""
    return f"Of {formatting.duration(usage.unknown)} nothing is known; they count neither way."
