"""Tables of 32 px rows, as escaped HTML; `tables.css` has their looks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from dashboard.presentation.formatting import UNKNOWN

NONE = "<span class='muted'>&ndash;</span>"
"""Stands where there is nothing to say."""


@dataclass(frozen=True)
class Column:
    """A column's head and how its cells lie."""

    name: str
    kind: str = ""
    """Classes: ``opt`` is left out on phones, ``wrap`` may take several lines, ``right``."""


@dataclass(frozen=True)
class Row:
    """A row's key, which stays the same as long as it is about the same thing, and cells."""

    key: str
    cells: Sequence[str]
    """HTML that is already escaped."""


def table(columns: Sequence[Column], rows: Iterable[Row], kind: str = "") -> str:
    """Write a table with a head; ``kind`` is a class for looks of its own."""
    head = "".join(_cell("th", column, escape(column.name)) for column in columns)
    body = "".join(_row(columns, row) for row in rows)
    return (
        f"<table class='plain {kind}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def pairs(lines: Iterable[tuple[str, str]]) -> str:
    """Write names and what is known of each; the second is HTML that is already escaped."""
    rows = (f"<tr><th scope='row'>{escape(name)}</th><td>{html}</td></tr>" for name, html in lines)
    return f"<table class='plain pairs'>{''.join(rows)}</table>"


def title(name: str, beside: str = "") -> str:
    """Write a card's title, and a few words beside it."""
    words = f"<span class='muted'>{escape(beside)}</span>"
    return f"<div class='section-title'>{escape(name)}{words}</div>"


def note(text: str) -> str:
    """Write what stands where there is nothing to list."""
    return f"<p class='note'>{escape(text)}</p>"


def dot(hue: str, form: str, text: str) -> str:
    """Write a dot and its meaning; its form (``full``, ``half``, ``ring``) speaks too."""
    return f"<span class='dot {form}' style='--hue: var(--{hue})'></span>{escape(text)}"


def unknown(reason: str = "") -> str:
    """Write that something is unknown, and why if that can be said."""
    return f"<span class='muted' title='{escape(reason)}'>{UNKNOWN}</span>"


def _row(columns: Sequence[Column], row: Row) -> str:
    cells = "".join(
        _cell("td", column, cell) for column, cell in zip(columns, row.cells, strict=True)
    )
    return f"<tr data-key='{escape(row.key)}'>{cells}</tr>"


def _cell(tag: str, column: Column, html: str) -> str:
    return f"<{tag} class='{column.kind}'>{html}</{tag}>"
