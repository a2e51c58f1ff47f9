"""Hypothesis strategies that damage valid files and messages, and make hostile texts."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

_MAX_DEPTH = 20
_DEEP: list[Any] = []
for _ in range(300):
    _DEEP = [_DEEP]

_HOSTILE_VALUES = st.sampled_from((
    None, True, False, 0, -1, 2**63, 10**400, -0.0, 1e308, float("nan"), float("inf"), "", "\0",
    "\ud800", "x" * 10_000, "9" * 5000, "1e400", "../../x", [], {}, [[]], _DEEP, {"": None},
))  # fmt: skip
_HOSTILE_TEXTS = st.sampled_from((
    "", " ", ":", "@", "//", "[", "http://[::1", "a:99999999", "::1%eth0", "%zz", "\0", "\ud800",
    "9" * 5000, "1e400", "-1", "NaN", "∞", "٣", "²", "\u2028", "a" * 5000, ",,,", "=;=", '"',
))  # fmt: skip
_PIECES = ["://", ":", "@", "/", "?", "#", "[", "]", "%", ".", ",", ";", "=", "&", "-", "amqp"]

texts = _HOSTILE_TEXTS | st.text() | st.lists(
    st.sampled_from(_PIECES) | _HOSTILE_TEXTS | st.text(max_size=5), max_size=8
).map("".join)  # fmt: skip
"""Texts that are likely to confuse a parser."""

header_texts = texts.map(lambda text: text.encode("utf-8", "replace").decode("latin-1"))
"""Texts as a web server decodes the bytes of a header."""


@st.composite
def damaged_json(draw: st.DrawFn, *samples: bytes) -> bytes:
    """Replace or remove some values of a JSON document, or some bytes of its text."""
    sample = draw(st.sampled_from(samples))
    if draw(st.booleans()):
        return draw(damaged_bytes(sample))
    document = json.loads(sample)
    for _ in range(draw(st.integers(1, 3))):
        if places := list(_places(document)):
            container, key = draw(st.sampled_from(places))
            container[key] = deepcopy(draw(_HOSTILE_VALUES))
    return json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def damaged_bytes(draw: st.DrawFn, *samples: bytes) -> bytes:
    """Cut a piece out of some bytes, and put others there."""
    sample = draw(st.sampled_from(samples))
    start = draw(st.integers(0, len(sample)))
    end = draw(st.integers(start, min(len(sample), start + 20)))
    return sample[:start] + draw(st.binary(max_size=8)) + sample[end:]


def _places(document: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Yield each container in a document with each of its keys."""
    keys = document if isinstance(document, dict) else range(len(document))
    for key in list(keys):
        yield document, key
        if isinstance(document[key], dict | list) and depth < _MAX_DEPTH:
            yield from _places(document[key], depth + 1)
