"""Grids: the jobs of a prompt matrix, whose ids follow one another, so that the first names all.

An id stays a UUIDv7 (RFC 9562 allows a counter in its random part), and a link to a grid needs no
stored object: its first id and its prompt name all jobs and so all pictures.
"""

from dataclasses import dataclass
from uuid import UUID

import uuid_utils

_COUNTER_BITS = 12


@dataclass(frozen=True)
class Grid:
    """A prompt matrix that was sent."""

    first_id: str
    prompt: str
    """As it was typed, with its braces."""
    count: str
    """The number of prompts and pictures, for people."""


def first_id() -> str:
    """Return a new id that leaves room for those of further jobs."""
    return str(UUID(int=uuid_utils.uuid7().int >> _COUNTER_BITS << _COUNTER_BITS))


def nth_id(first: str, number: int) -> str:
    """Return the id of a grid's job; ``number`` counts from 0."""
    return str(UUID(int=UUID(first).int + number))


def is_first_id(text: str) -> bool:
    """Return whether a text from a link is the first id of a grid."""
    try:
        identity = UUID(text)
    except ValueError:
        return False
    is_canonical = str(identity) == text and identity.version == 7
    return is_canonical and identity.int % 2**_COUNTER_BITS == 0
