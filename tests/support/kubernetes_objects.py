"""Objects recorded from a real API server, scheduler and KEDA, and changes to them."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.fleet.kubernetes.fields import prune
from dashboard.fleet.kubernetes.kinds import KINDS

_RECORDED = Path(__file__).with_name("kubernetes_objects.json")


@cache
def _all() -> dict[str, Any]:
    return json.loads(_RECORDED.read_text())


def recorded(name: str, **changes: Any) -> Any:
    """Return a recorded object with ``changes`` merged into it recursively."""
    found = deepcopy(_all()[name])
    return merged(found, changes) if changes else found


def kept(kind: str, found: Any) -> Any:
    """Return what the dashboard keeps of an object, or of each of a tuple, of this kind."""
    if isinstance(found, list | tuple):
        return tuple(kept(kind, each) for each in found)
    fields = next(each.fields for each in KINDS if each.name == kind)
    return found and prune(found, fields)


def kubeconfig(server: str) -> str:
    """Return a kubeconfig for a server, with an invalid token."""
    name = "c"
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": {"server": server}}],
            "users": [{"name": name, "user": {"token": "t"}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
    )


def merged(old: Any, new: Any) -> Any:
    """Merge ``new`` into ``old``: mappings by key, other values replace."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {key: merged(old.get(key), value) for key, value in new.items()}
