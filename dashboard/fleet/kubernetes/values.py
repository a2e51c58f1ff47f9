"""Parse Kubernetes timestamps, quantities and conditions."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from dashboard.domain.fleet import Condition
from dashboard.fleet.kubernetes.client import Object

_MAX_TEXT_LENGTH = 300


def optional_seconds(timestamp: str | None) -> float | None:
    """Parse an RFC 3339 timestamp to Unix seconds; None if there is none."""
    return seconds(timestamp) if timestamp else None


@lru_cache(maxsize=20_000)
def seconds(timestamp: str) -> float:
    """Parse an RFC 3339 timestamp to Unix seconds; each reading has mostly the same ones."""
    return datetime.fromisoformat(timestamp).timestamp()


def created_at(found: Object) -> float:
    """Return when an object was created, in Unix seconds."""
    return seconds(found["metadata"]["creationTimestamp"])


def labels_of(found: Object) -> dict[str, str]:
    """Return an object's labels."""
    return found["metadata"].get("labels") or {}


def annotations_of(found: Object) -> dict[str, str]:
    """Return an object's annotations."""
    return found["metadata"].get("annotations") or {}


def taints_of(node: Object) -> list[Object]:
    """Return a node's taints."""
    return node.get("spec", {}).get("taints") or []


def number(quantity: str | int | None) -> float | None:
    """Parse a quantity such as ``3``, ``1500m`` or ``2k``; None if it is not a number."""
    # Importing the package takes a third of a second, so only the first reading does it.
    from kubernetes.utils.quantity import parse_quantity

    try:
        return float(parse_quantity(quantity))
    except ValueError:
        return None


def condition(found: Object, name: str) -> Object:
    """Return the condition of that type of an object's status; empty if there is none."""
    conditions: Iterable[Object] = found.get("status", {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == name), {})


def condition_status(found: Object, name: str) -> bool | None:
    """Return the status of a condition; None if it is unknown or there is no such condition."""
    return _parse_status(condition(found, name).get("status"))


def conditions(found: Object) -> tuple[Condition, ...]:
    """Return all conditions of an object's status."""
    return tuple(
        Condition(each["type"], _parse_status(each.get("status")), truncate(each.get("message")))
        for each in found.get("status", {}).get("conditions") or ()
    )


def _parse_status(status: str | None) -> bool | None:
    return {"True": True, "False": False}.get(status or "")


def truncate(text: str | None) -> str:
    """Return a text on one line, cut to a length that a page can show."""
    plain = " ".join((text or "").split())
    return plain if len(plain) <= _MAX_TEXT_LENGTH else f"{plain[:_MAX_TEXT_LENGTH]}…"
