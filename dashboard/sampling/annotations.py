"""Annotations of the time axis, derived from jobs and samples."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dashboard.domain.snapshot import Annotation, Sample

_MIN_BURST_JOBS = 5
_BURST_WINDOW_SECONDS = 2.0
"""Within this time, at least ``_MIN_BURST_JOBS`` jobs are a burst."""
_QUIET_SECONDS = 30.0
"""Without a job for this long, the next few jobs are annotated too."""

_ARROW = "→"


@dataclass(frozen=True)
class _Group:
    first: float
    last: float
    count: int


def request_annotations(submitted: Iterable[float]) -> tuple[Annotation, ...]:
    """Annotate bursts, and the first jobs after a quiet time.

    Args:
        submitted: Unix seconds at which jobs were submitted, in any order.

    """
    annotations: list[Annotation] = []
    before: _Group | None = None
    for group in _groups(sorted(submitted)):
        if group.count >= _MIN_BURST_JOBS:
            annotations.append(Annotation(group.first, "requests", f"burst of {group.count}"))
        elif before is None or group.first - before.last > _QUIET_SECONDS:
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
    # A burst may last long, but one click a second is no burst.
    since = group.last if group.count >= _MIN_BURST_JOBS else group.first
    return at - since <= _BURST_WINDOW_SECONDS


def extend_annotations(
    annotations: tuple[Annotation, ...], before: Sample, after: Sample
) -> tuple[Annotation, ...]:
    """Add the changes between two consecutive samples; changes across a gap are unknown."""
    annotations = _extend_workers(annotations, before, after)
    annotations = _extend_nodes(annotations, before, after)
    return _extend_pictures(annotations, after)


def _extend_workers(
    annotations: tuple[Annotation, ...], before: Sample, after: Sample
) -> tuple[Annotation, ...]:
    if before.wanted is None or after.wanted is None or before.wanted == after.wanted:
        return annotations
    if before.wanted == 0:
        text = f"0 {_ARROW} {after.wanted}"
        return (*annotations, Annotation(after.at, "workers", text))
    if after.wanted == 0:
        return (*annotations, Annotation(after.at, "workers", "back to zero"))
    return _extend_scale_up(annotations, before.wanted, after.wanted)


def _extend_scale_up(
    annotations: tuple[Annotation, ...], before: int, after: int
) -> tuple[Annotation, ...]:
    """Replace ``0 → 1`` by ``0 → 8``: the autoscaler scales up in steps, shown as one."""
    newest = _newest(annotations, "workers")
    if newest is None or after < before or newest.text != f"0 {_ARROW} {before}":
        return annotations
    extended = replace(newest, text=f"0 {_ARROW} {after}")
    return tuple(extended if old is newest else old for old in annotations)


def _extend_nodes(
    annotations: tuple[Annotation, ...], before: Sample, after: Sample
) -> tuple[Annotation, ...]:
    if before.nodes is None or after.nodes is None or before.nodes == after.nodes:
        return annotations
    joined = after.nodes - before.nodes
    if joined < 0 and after.nodes > 0:
        return annotations
    # Nodes that are cordoned or lost are not ready, but still there and billed.
    none_left = "no node ready" if after.gpus else "nodes gone"
    text = _nodes_joined(joined) if joined > 0 else none_left
    return (*annotations, Annotation(after.at, "nodes", text))


def _nodes_joined(count: int) -> str:
    return "node joined" if count == 1 else f"{count} nodes joined"


def _extend_pictures(annotations: tuple[Annotation, ...], after: Sample) -> tuple[Annotation, ...]:
    """Annotate the first picture after each scale-up from zero."""
    scaled_up = _newest(annotations, "workers", _ARROW)
    first_picture = _newest(annotations, "pictures")
    if not after.pictures or scaled_up is None:
        return annotations
    if first_picture and first_picture.at >= scaled_up.at:
        return annotations
    return (*annotations, Annotation(after.at, "pictures", "first picture"))


def _newest(annotations: tuple[Annotation, ...], lane: str, text: str = "") -> Annotation | None:
    matching = (
        annotation
        for annotation in reversed(annotations)
        if annotation.lane == lane and text in annotation.text
    )
    return next(matching, None)
