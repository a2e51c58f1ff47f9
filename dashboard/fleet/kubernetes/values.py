"""How the API writes times, amounts and truths."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from dashboard.domain.fleet import Condition
from dashboard.fleet.kubernetes.client import Object

GPU = "nvidia.com/gpu"
"""The extended resource that NVIDIA's device plugin counts."""

_SUFFIXES = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_LONGEST_TEXT = 300


def seconds(timestamp: str | None) -> float | None:
    """Read RFC 3339 as Unix seconds."""
    return datetime.fromisoformat(timestamp).timestamp() if timestamp else None


def parse_quantity(quantity: str | int | None) -> float | None:
    """Read a quantity without a unit of bytes: ``3``, ``1500m``, ``2k``; None if it is none.

    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    text = str(quantity)
    factor = _SUFFIXES.get(text[-1:], 1)
    try:
        return float(text if factor == 1 else text[:-1]) * factor
    except ValueError:
        return None


def condition_status(word: str | None) -> bool | None:
    """Read a condition's status; ``Unknown`` and nothing at all are None."""
    return {"True": True, "False": False}.get(word or "")


def condition(conditions: Iterable[Object] | None, name: str) -> Object:
    """Return the condition of that type; empty if there is none."""
    return next((one for one in conditions or () if one.get("type") == name), {})


def conditions(found: Iterable[Object] | None) -> tuple[Condition, ...]:
    """Tell conditions as the page shows them."""
    return tuple(
        Condition(one["type"], condition_status(one.get("status")), truncate(one.get("message")))
        for one in found or ()
    )


def truncate(text: str | None) -> str:
    """Return a message of the cluster in one line of a length that a page can show."""
    plain = " ".join((text or "").split())
    return plain if len(plain) <= _LONGEST_TEXT else f"{plain[:_LONGEST_TEXT]}…"


def gpus_of(pod: Object) -> int:
    """Count the GPUs that a pod asks for."""
    asked = (_asked(container) for container in pod["spec"]["containers"])
    return sum(int(parse_quantity(number) or 0) for number in asked)


def _asked(container: Object) -> str | int:
    resources: Mapping[str, Mapping[str, str]] = container.get("resources") or {}
    # A GPU has no requests without limits, and the two are equal.
    return (resources.get("limits") or {}).get(GPU, 0)
