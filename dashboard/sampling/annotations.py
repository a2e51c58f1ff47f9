"""Moments: what deserves a mark on the time axis, told from what was read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dashboard.domain.snapshot import Annotation, Sample

BURST = 5
"""Jobs within ``TOGETHER`` seconds that make a burst."""
TOGETHER = 2.0
QUIET = 30.0
"""Seconds without a job, after which a few new ones deserve a mark."""

_ARROW = "→"


@dataclass(frozen=True)
class _Group:
    first: float
    last: float
    count: int


def request_annotations(submitted: Iterable[float]) -> tuple[Annotation, ...]:
    """Mark bursts, and jobs that ended a quiet time.

    Args:
        submitted: Unix seconds at which jobs were made, in any order.

    """
    annotations, before = [], None
    for group in _groups(sorted(submitted)):
        if group.count >= BURST:
            annotations.append(Annotation(group.first, "requests", f"burst of {group.count}"))
        elif before is None or group.first - before.last > QUIET:
            annotations.append(Annotation(group.first, "requests", f"{group.count} sent"))
        before = group
    return tuple(annotations)


def _groups(times: list[float]) -> list[_Group]:
    groups: list[_Group] = []
    for at in times:
        if groups and _belongs(at, groups[-1]):
            groups[-1] = replace(groups[-1], last=at, count=groups[-1].count + 1)
        else:
            groups.append(_Group(first=at, last=at, count=1))
    return groups


def _belongs(at: float, group: _Group) -> bool:
    # A burst may go on for long; a person who clicks once a second is no burst.
    since = group.last if group.count >= BURST else group.first
    return at - since <= TOGETHER


def follow_annotations(
    annotations: tuple[Annotation, ...], before: Sample, after: Sample
) -> tuple[Annotation, ...]:
    """Add what happened between two consecutive samples; nothing is told across a gap."""
    annotations = _follow_workers(annotations, before, after)
    annotations = _follow_nodes(annotations, before, after)
    return _follow_pictures(annotations, after)


def _follow_workers(
    annotations: tuple[Annotation, ...], before: Sample, after: Sample
) -> tuple[Annotation, ...]:
    if before.wanted is None or after.wanted is None or before.wanted == after.wanted:
        return annotations
    if before.wanted == 0:
        climb = f"0 {_ARROW} {after.wanted}"
        return (*annotations, Annotation(after.at, "workers", climb))
    if after.wanted == 0:
        return (*annotations, Annotation(after.at, "workers", "back to zero"))
    return _follow_climb(annotations, before.wanted, after.wanted)


def _follow_climb(
    annotations: tuple[Annotation, ...], before: int, after: int
) -> tuple[Annotation, ...]:
    """Let ``0 → 1`` become ``0 → 8``: the autoscaler climbs in steps, the story is one."""
    return tuple(
        replace(annotation, text=f"0 {_ARROW} {after}")
        if after > before
        and annotation is _last(annotations, "workers")
        and _climbed_to(annotation, before)
        else annotation
        for annotation in annotations
    )


def _climbed_to(annotation: Annotation, workers: int) -> bool:
    return annotation.text == f"0 {_ARROW} {workers}"


def _follow_nodes(
    annotations: tuple[Annotation, ...], before: Sample, after: Sample
) -> tuple[Annotation, ...]:
    if before.nodes is None or after.nodes is None or before.nodes == after.nodes:
        return annotations
    joined = after.nodes - before.nodes
    if joined < 0 and after.nodes > 0:
        return annotations
    text = _nodes_joined(joined) if joined > 0 else "nodes gone"
    return (*annotations, Annotation(after.at, "nodes", text))


def _nodes_joined(count: int) -> str:
    return "node joined" if count == 1 else f"{count} nodes joined"


def _follow_pictures(annotations: tuple[Annotation, ...], after: Sample) -> tuple[Annotation, ...]:
    """Mark the first picture after each start from zero."""
    started = _last(annotations, "workers", _ARROW)
    seen = _last(annotations, "pictures")
    if not after.pictures or started is None or (seen and seen.at >= started.at):
        return annotations
    return (*annotations, Annotation(after.at, "pictures", "first picture"))


def _last(annotations: tuple[Annotation, ...], lane: str, word: str = "") -> Annotation | None:
    matching = (m for m in reversed(annotations) if m.lane == lane and word in m.text)
    return next(matching, None)
