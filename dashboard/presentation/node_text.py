"""Nodes in words."""

from collections import Counter
from collections.abc import Iterable

from dashboard.domain.fleet import Node


def describe_state(node: Node) -> str:
    """Return the state of a node: ``ready``, or why it takes no workers."""
    # Recordings of earlier versions have no states.
    return node.state or ("ready" if node.ready else "not ready")


def describe_unready(nodes: Iterable[Node]) -> str:
    """Format how many nodes take no workers and why: ``1 cordoned, 2 joining``; may be empty."""
    states = Counter(_first_word(node) for node in nodes if not node.ready)
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _first_word(node: Node) -> str:
    """Return the first of a node's states, without its explanation."""
    return describe_state(node).partition(",")[0].partition(":")[0]
