"""Requests against those that the wanted workers are meant to carry, over the last minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from dashboard.domain.fleet import Scaler, Trigger
from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.presentation.explained.step_path import Box, Run, runs
from dashboard.presentation.formatting import UNKNOWN, clock
from dashboard.presentation.scaling_history import counted, request_trigger
from dashboard.presentation.timeline.series import nice_top

_MIN_SPAN_SECONDS = 120.0
_MAX_SPAN_SECONDS = 600.0


@dataclass(frozen=True)
class TargetChart:
    """SVG paths in a box of 100 by 100, and the labels around it."""

    top: int
    """The number of requests at the upper edge."""
    requests: str
    area: str
    """The area below the requests."""
    target: str
    """The requests that the wanted workers are meant to carry."""
    band: str
    """Around the target, the area within which nothing changes; empty if that is unknown."""
    now: str
    """The newest number of requests."""
    goal: str
    """The newest target, as a product."""
    times: tuple[str, ...]
    """At the left edge, in the middle and at the right edge."""


def draw(snapshot: Snapshot, zone: tzinfo | None) -> TargetChart | None:
    """Draw the last minutes; None if no trigger counts requests alone, or if there were none."""
    reading = snapshot.fleet.value if snapshot.fleet else None
    scaler = reading.scaler if reading else None
    trigger = request_trigger(scaler) if scaler else None
    if scaler is None or trigger is None:
        return None
    start = snapshot.at - _span(scaler)
    samples = [sample for sample in snapshot.samples if sample.at >= start]
    requests = runs(samples, lambda sample: counted(trigger, sample))
    target = runs(samples, lambda sample: _carried(trigger, sample))
    if not (highest := _highest(requests, target)):
        return None
    box = Box(start, snapshot.at, nice_top(round(highest)))
    return TargetChart(
        top=round(box.top),
        requests="".join(map(box.line, requests)),
        area="".join(map(box.area, requests)),
        target="".join(map(box.line, target)),
        band=_band(box, target, scaler),
        now=_format(counted(trigger, samples[-1])),
        goal=_goal(trigger, samples[-1]),
        times=tuple(clock(at, zone) for at in (start, (start + box.end) / 2, box.end)),
    )


def _span(scaler: Scaler) -> float:
    """Return the seconds of two stabilization windows, within limits."""
    window = scaler.scale_down.window if scaler.scale_down else 0.0
    return min(_MAX_SPAN_SECONDS, max(_MIN_SPAN_SECONDS, 2 * window))


def _carried(trigger: Trigger, sample: Sample) -> float | None:
    return None if sample.wanted is None else sample.wanted * (trigger.target or 1.0)


def _highest(*measures: Sequence[Run]) -> float:
    values = (value for runs in measures for run in runs for _, value in run)
    return max(values, default=0.0)


def _band(box: Box, target: Sequence[Run], scaler: Scaler) -> str:
    up, down = scaler.scale_up, scaler.scale_down
    if up is None or down is None:
        return ""
    return "".join(box.band(run, 1 - down.tolerance, 1 + up.tolerance) for run in target)


def _goal(trigger: Trigger, sample: Sample) -> str:
    carried = _carried(trigger, sample)
    if carried is None:
        return UNKNOWN
    times = "\N{MULTIPLICATION SIGN}"
    return f"{sample.wanted} {times} {trigger.target:g} = {carried:g}"


def _format(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)
