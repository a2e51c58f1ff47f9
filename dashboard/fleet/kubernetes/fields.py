"""Keep the fields of an object that are read: with many objects the others fill the memory."""

from functools import cache
from typing import Any

from dashboard.fleet.kubernetes.client import Object

Fields = tuple[str, ...]
"""Paths such as ``spec.containers.name``; a list is entered as its elements are."""
_Tree = dict[str, "_Tree"]

_METADATA = (
    *("name", "uid", "labels", "annotations", "creationTimestamp"),
    *("deletionTimestamp", "deletionGracePeriodSeconds"),
)


def prune(found: Object, fields: Fields) -> Object:
    """Return an object with its metadata and these fields; all of it without fields."""
    return _keep(found, _tree(fields)) if fields else found


@cache
def _tree(fields: Fields) -> _Tree:
    tree: _Tree = {}
    for path in (*(f"metadata.{name}" for name in _METADATA), *fields):
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return tree


def _keep(value: Any, tree: _Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_keep(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _keep(value[name], branch) for name, branch in tree.items() if name in value}
