"""The differences between the details of two pictures, word by word where both are texts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

Details = Iterable[tuple[str, str]]
"""Names with their values."""

NONE = "none"
"""In place of a detail that only the other picture has."""


@dataclass(frozen=True)
class Part:
    """Some words of a value."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Row:
    """A detail of both pictures."""

    name: str
    left: tuple[Part, ...]
    right: tuple[Part, ...]
    differs: bool


def compare(left: Details, right: Details) -> list[Row]:
    """Return a row for each detail of either picture, those that differ first."""
    lefts, rights = dict(left), dict(right)
    names = dict.fromkeys((*lefts, *rights))
    rows = [_row(name, lefts.get(name, NONE), rights.get(name, NONE)) for name in names]
    return sorted(rows, key=lambda row: not row.differs)


def _row(name: str, left: str, right: str) -> Row:
    lefts, rights = left.split(), right.split()
    matcher = SequenceMatcher(None, lefts, rights, autojunk=False)
    codes = matcher.get_opcodes()
    return Row(
        name,
        tuple(_parts(lefts, ((tag, start, end) for tag, start, end, _, _ in codes))),
        tuple(_parts(rights, ((tag, start, end) for tag, _, _, start, end in codes))),
        left != right,
    )


def _parts(words: list[str], codes: Iterable[tuple[str, int, int]]) -> Iterator[Part]:
    for tag, start, end in codes:
        if start < end:
            yield Part(" ".join(words[start:end]), tag != "equal")
