"""Upgrade lines of recordings that earlier versions of this project made.

Version 2 renamed the kind ``look`` to ``observation``, and fields and values of the fleet. Its
first files have nodes without a number of GPUs, when each slot was taken for one, and with
``spot`` in place of the capacity type.
"""

from typing import Any

from pydantic_core import from_json, to_json

_FIELDS = {
    ("conditions", "holds"): "status",
    ("conditions", "why"): "message",
    ("value", "troubles"): "warnings",
    ("workers", "why"): "reason",
}
"""New field names, by the field that holds the object or its list, and the old name."""
_VALUES = {
    ("phase", "painting"): "generating",
    ("why", "finishes what it has"): "finishes its jobs",
    ("why", "paints"): "generating",
}
"""New values, by old field name and old value."""
_CAPACITY_TYPES: dict[Any, str] = {True: "spot", False: "on demand"}


def upgrade(line: bytes, version: int) -> bytes:
    """Return a line of a recording of ``version`` as today's version writes it.

    Lines that are no JSON objects are returned unchanged, for the caller to report.
    """
    has_first_nodes = b'"slots":' in line and b'"gpus":' not in line
    if version > 1 and not has_first_nodes:
        return line
    try:
        fields = from_json(line)
    except ValueError:
        return line
    if not isinstance(fields, dict) or fields.get("kind") not in ("look", "observation"):
        return line
    changes = _upgrade_value("changes", fields.get("changes"))
    return to_json(fields | {"kind": "observation", "changes": changes}) + b"\n"


def _upgrade_value(field: str, value: Any) -> Any:
    """Upgrade what a field of an observation holds; the items of a list belong to its field."""
    if field == "nodes" and isinstance(value, dict):
        return _upgrade_node(value)
    if isinstance(value, dict):
        return {
            _FIELDS.get((field, key), key): _upgrade_value(key, item) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_upgrade_value(field, item) for item in value]
    return _VALUES.get((field, value), value) if isinstance(value, str) else value


def _upgrade_node(node: dict[str, Any]) -> dict[str, Any]:
    if "gpus" in node:
        return node
    kept = {name: value for name, value in node.items() if name != "spot"}
    capacity = _CAPACITY_TYPES.get(node.get("spot"))
    return kept | {"gpus": node.get("slots"), "capacity_type": capacity}
