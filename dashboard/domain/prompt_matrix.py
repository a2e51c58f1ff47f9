r"""Prompt matrices: ``a {red|blue} {cat|dog}`` is four prompts, one for each combination.

A group is a pair of braces with at least one ``|`` in it; an alternative may be empty. All other
braces and bars are text. A backslash before ``{``, ``}``, ``|`` or ``\`` makes that text, too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product, zip_longest
from math import prod

from core.errors import MessageError

MAX_PROMPTS = 100
"""Prompts of one matrix: their pictures can still be compared at a glance."""
_MAX_COUNTED = 1_000_000

_TOKEN = re.compile(r"\\[\\{}|]|[\\{}|]|[^\\{}|]+")
_SPECIAL = re.compile(r"([\\{}|])")

Combination = tuple[str, ...]
"""One alternative of each group."""


@dataclass(frozen=True)
class Matrix:
    """The groups of a text, and what stands between them."""

    texts: tuple[str, ...]
    """Before the first group, between the groups, and after the last one."""
    groups: tuple[tuple[str, ...], ...] = ()
    """The alternatives of each group; none for a text that is one prompt."""

    @cached_property
    def prompts(self) -> tuple[str, ...]:
        """The prompts, row by row: the alternative of the last group changes first."""
        return tuple(map(self._prompt, product(*self.groups)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings of the columns: the alternatives of the last group."""
        return self.groups[-1] if self.groups else ()

    @property
    def rows(self) -> tuple[Combination, ...]:
        """The headings of the rows: the combinations of the other groups."""
        return tuple(product(*self.groups[:-1]))

    def _prompt(self, combination: Combination) -> str:
        parts = chain.from_iterable(zip_longest(self.texts, combination, fillvalue=""))
        return " ".join("".join(parts).split())


def parse(text: str) -> Matrix:
    """Parse the groups of a text.

    Raises MessageError: a group is not closed or within another, two prompts are the same, one is
    empty, or there are too many.
    """
    texts, groups = [""], []
    for part in _parts(_TOKEN.findall(text)):
        if isinstance(part, str):
            texts[-1] += part
        else:
            groups.append(part)
            texts.append("")
    matrix = Matrix(tuple(texts), tuple(groups))
    if groups:
        _check(matrix)
    return matrix


def escape(prompt: str) -> str:
    """Return a text that ``parse`` reads as this one prompt."""
    literal = "".join(map(_literal, _TOKEN.findall(prompt)))
    is_group = re.search(r"\{.*\|", prompt, re.DOTALL)
    return _SPECIAL.sub(r"\\\1", prompt) if is_group or literal != prompt else prompt


def _parts(tokens: Sequence[str]) -> Iterator[str | tuple[str, ...]]:
    """Yield texts and groups in order."""
    start = 0
    while start < len(tokens):
        end = _end_of_braces(tokens, start) if tokens[start] == "{" else start + 1
        inside = tokens[start + 1 : end]
        if "|" in inside:
            yield _alternatives(inside)
        else:
            yield "".join(map(_literal, tokens[start:end]))
        start = end


def _end_of_braces(tokens: Sequence[str], start: int) -> int:
    """Return the index behind the brace that closes the one at ``start``, or the end."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[index], 0)
        if depth == 0:
            return index + 1
    return len(tokens)


def _alternatives(tokens: Sequence[str]) -> tuple[str, ...]:
    """Split what follows an opening brace, up to its closing one."""
    if tokens[-1] != "}" or tokens.count("{") >= tokens.count("}"):
        raise MessageError(
            "A brace { is not closed, so its alternatives have no end. Close it with }, or write "
            "\\{ for a brace that is text."
        )
    if "{" in tokens:
        raise MessageError(
            "Braces within braces are not supported: write each alternative out, as in "
            "{red cat|blue cat|dog}."
        )
    alternatives = [""]
    for part in tokens[:-1]:
        if part == "|":
            alternatives.append("")
        else:
            alternatives[-1] += _literal(part)
    return tuple(alternatives)


def _literal(token: str) -> str:
    return token[1:] if len(token) == 2 and token[0] == "\\" else token


def _format_count(count: int) -> str:
    # A link can have thousands of groups, and Python formats no number of so many digits.
    return f"{count:,}" if count <= _MAX_COUNTED else f"more than {_MAX_COUNTED:,}"


def _check(matrix: Matrix) -> None:
    count = prod(map(len, matrix.groups))
    if count > MAX_PROMPTS:
        raise MessageError(
            f"These braces make {_format_count(count)} prompts; the maximum is {MAX_PROMPTS}. "
            "Leave out some alternatives."
        )
    if "" in matrix.prompts:
        raise MessageError("One of the prompts would be empty: write some text beside the braces.")
    if len(set(matrix.prompts)) < count:
        raise MessageError(
            "Two of the prompts would be the same: an alternative stands twice in its braces."
        )
