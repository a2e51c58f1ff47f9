"""Render a souvenir: data, style sheet and player in one file."""

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path

from markupsafe import Markup

from dashboard.presentation import formatting
from dashboard.presentation.templates import render
from dashboard.recordings.pictures import ReadPicture
from dashboard.recordings.report import timeline
from dashboard.recordings.report.figures import Session
from dashboard.recordings.souvenir import content

_FOLDER = Path(__file__).parent
_REPORT_STYLE = _FOLDER.parent / "report" / "report.css"
_DRAWING_WIDTHS = {"narrow": 400, "medium": 800, "wide": 1400}
"""Of the timeline, in SVG units: about the pixels of phones, tablets and laptops."""
_LOCAL_IMPORT = re.compile(r'^import [^;]* from "\./[^"]*";\n', re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """A number that changes while the replay plays."""

    name: str
    """Of its column."""
    label: str
    hue: str
    """The lane whose color it has."""


_CELLS = (
    Cell("waiting", "Waiting", "requests"),
    Cell("generating", "Generating", "requests"),
    Cell("ready", "Workers ready", "workers"),
    Cell("nodes", "GPU nodes", "nodes"),
    Cell("pictures", "Pictures", "pictures"),
)


def write(session: Session, name: str, read_picture: ReadPicture, zone: tzinfo | None) -> str:
    """Render the replay of a session as an HTML file.

    Args:
        session: the period and its snapshot.
        name: the title.
        read_picture: the source of pictures; those that cannot be read are left out.
        zone: of all times; None is this machine's.

    """
    pictures = content.pictures(session, read_picture)
    length = formatting.duration(session.end - session.start)
    lanes = {*session.snapshot.lanes}
    return render(
        "recordings/souvenir/page.html",
        name=name,
        period=f"{formatting.date_and_clock(session.start, zone)} · {length}",
        policy=_policy(),
        style=Markup(_style()),  # noqa: S704, files of this project
        script=Markup(_script()),  # noqa: S704
        run=_embedded(_run(session, pictures, zone)),
        cells=[cell for cell in _CELLS if cell.hue in lanes],
        drawings=[
            (size, timeline.LEFT / width, timeline.draw(session, zone, width))
            for size, width in _DRAWING_WIDTHS.items()
        ],
        left_out=_left_out(len(pictures), session),
    )


def _run(
    session: Session, pictures: list[content.Picture], zone: tzinfo | None
) -> dict[str, object]:
    local = datetime.fromtimestamp(session.start, zone).astimezone(zone)
    offset = (local.utcoffset() or timedelta()).total_seconds()
    return {
        "start": session.start + offset,
        "length": max(1.0, session.end - session.start),
        "numbers": content.numbers(session),
        "pictures": [asdict(picture) for picture in pictures],
        "notes": [
            {"at": note.at - session.start, "text": note.text} for note in session.annotations
        ],
    }


def _embedded(value: object) -> Markup:
    """Return JSON for a data block; no text in it can end the block."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704, a JSON string has no other markup


def _left_out(shown: int, session: Session) -> str:
    counts = [each.pictures for each in session.samples if each.pictures is not None]
    made = max(len(session.pictures), sum(counts))
    if not made and not counts:
        return "How many pictures the run has is unknown."
    if shown >= made:
        return f"All {formatting.pluralize(made, 'picture')} of the run are in this file, small."
    return f"{shown} of {formatting.pluralize(made, 'picture')} are in this file, small."


@cache
def _style() -> str:
    sheets = (_REPORT_STYLE, _FOLDER / "souvenir.css")
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


@cache
def _script() -> str:
    """Join the modules: a page that is opened from a disk cannot import files."""
    modules = (_FOLDER / name for name in ("moments.js", "player.js"))
    return "".join(_LOCAL_IMPORT.sub("", module.read_text(encoding="utf-8")) for module in modules)


@cache
def _policy() -> str:
    return (
        f"default-src 'none'; img-src data:; style-src {_hash(_style())}; "
        f"script-src {_hash(_script())}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
