"""HTML of tables with 32 px rows; `tables.css` styles them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from dashboard.presentation.templates import render_macro

NONE = Markup('<span class="muted">&ndash;</span>')
"""The cell of a value that does not apply."""

_render = partial(render_macro, "components/common/tables.html")


@dataclass(frozen=True)
class Column:
    """A column's heading and layout."""

    name: str
    kind: str = ""
    """CSS classes: ``opt`` is hidden on phones, ``wrap`` may take several lines, ``right``."""


@dataclass(frozen=True)
class Row:
    """A row's cells, and a key that identifies the row across updates."""

    key: str
    cells: Sequence[str]
    """Text, which is escaped, or ``Markup``."""


def table(columns: Sequence[Column], rows: Iterable[Row], kind: str = "") -> Markup:
    """Render a table with a head; ``kind`` is an additional CSS class."""
    lines = ((row.key, zip(columns, row.cells, strict=True)) for row in rows)
    return _render("table", columns, lines, kind)


def pairs(lines: Iterable[tuple[str, str]]) -> Markup:
    """Render names with their values; a value is text, which is escaped, or ``Markup``."""
    return _render("pairs", lines)


def title(name: str, beside: str = "") -> Markup:
    """Render a card's title with a muted remark beside it."""
    return _render("title", name, beside)


def note(text: str) -> Markup:
    """Render the sentence that stands in place of an empty list."""
    return _render("note", text)


def dot(hue: str, form: str, text: str) -> Markup:
    """Render a status dot with its label; ``form`` is ``full``, ``half`` or ``ring``."""
    return _render("dot", hue, form, text)


def unknown(reason: str = "") -> Markup:
    """Render the word ``unknown``, with the reason as its tooltip."""
    return _render("unknown", reason)


def scrollable(label: str, content: Markup) -> Markup:
    """Render a region of limited height in which the content scrolls."""
    return _render("scrollable", label, content)
