"""What a simulated run amounts to: waiting times, hours, cost, and lines for a chart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dashboard.domain.time_units import HOUR
from dashboard.whatif.simulate import Run

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Price:
    """What an hour of one GPU costs, or of one worker where there are no GPU nodes."""

    hour: float
    """In the dashboard's currency, on demand."""
    spot_share: float = 1.0
    """The share of it that is paid: below 1 for spot machines."""

    def cost(self, hours: float) -> float:
        """Return what some hours cost."""
        return hours * self.hour * self.spot_share


@dataclass(frozen=True)
class Outcome:
    """The figures of one run. Waiting ends when a worker starts the request."""

    requests: int
    never_started: int
    """Requests that no worker had started hours after the last arrival."""
    p50: float | None
    """Seconds; None without requests, or if some never started, however long those waited."""
    p95: float | None
    finish: float | None
    """Seconds from the start until the last request was done; None if some never were."""
    hours: float
    """GPU-hours from joining to removal; hours of workers without GPU nodes."""
    busy_hours: float
    """Hours in which workers generated."""
    idle_share: float | None
    """Paid time in which no worker generated; None if no time was paid."""
    cost: float | None
    """None without a price."""


def outcome(run: Run, price: Price | None) -> Outcome:
    """Return the figures of a run, until its end: a backlog is paid for, too."""
    started, ended = np.frombuffer(run.started), np.frombuffer(run.ended)
    never_started = len(run.arrivals) - len(started)
    waited = run.arrivals.at[:0] if never_started else started - run.arrivals.at
    hours, slots_per_unit = _paid_hours(run)
    busy_hours = _busy_hours(run)
    return Outcome(
        requests=len(run.arrivals),
        never_started=never_started,
        p50=_percentile(waited, 50),
        p95=_percentile(waited, 95),
        finish=None if never_started or not len(ended) else float(ended.max()),
        hours=hours,
        busy_hours=busy_hours,
        idle_share=max(0.0, 1 - busy_hours / (hours * slots_per_unit)) if hours else None,
        cost=None if price is None else price.cost(hours),
    )


def _percentile(waited: Numbers, percent: float) -> float | None:
    return max(0.0, float(np.percentile(waited, percent))) if len(waited) else None


def _busy_hours(run: Run) -> float:
    """Sum the seconds of the requests; those of a batch take turns, so each counts once."""
    work = run.arrivals.work[: len(run.started)]
    return float(work.sum()) * run.model.workers.picture / HOUR


def _paid_hours(run: Run) -> tuple[float, float]:
    """Return the hours that are paid, and how many workers run in one of them at a time."""
    nodes = run.model.nodes
    if nodes is None:
        return _area(run.placed_changes, run.end) / HOUR, 1.0
    seconds = sum(removed - join for join, removed in run.node_lives)
    return seconds * nodes.gpus / HOUR, nodes.slots / nodes.gpus


def _area(changes: tuple[tuple[float, int], ...], end: float) -> float:
    return sum((end - min(at, end)) * change for at, change in changes)


@dataclass(frozen=True)
class Lanes:
    """Numbers at the same times, in seconds since the start."""

    at: Numbers
    requests: Numbers
    """Waiting and in progress."""
    wanted: Numbers
    ready: Numbers
    nodes: Numbers | None


def lanes(run: Run, at: ArrayLike) -> Lanes:
    """Return the state at given times."""
    times = np.asarray(at, dtype=float)
    ended = np.sort(np.frombuffer(run.ended))
    changed_at, wanted = zip(*run.wanted, strict=True)
    joins = np.sort([join for join, _ in run.node_lives])
    removals = np.sort([removed for _, removed in run.node_lives if removed < run.end])
    return Lanes(
        at=times,
        requests=_count(run.arrivals.at, times) - _count(ended, times),
        wanted=np.asarray(wanted)[_count(changed_at, times).astype(int) - 1].astype(float),
        ready=_cumulated(run.ready_changes, times),
        nodes=None if run.model.nodes is None else _count(joins, times) - _count(removals, times),
    )


def _count(sorted_times: ArrayLike, at: Numbers) -> Numbers:
    found: Numbers = np.searchsorted(sorted_times, at, side="right").astype(float)
    return found


def _cumulated(changes: tuple[tuple[float, int], ...], at: Numbers) -> Numbers:
    if not changes:
        return np.zeros(len(at))
    times, steps = zip(*changes, strict=True)
    totals = np.concatenate(([0], np.cumsum(steps)))
    found: Numbers = totals[_count(times, at).astype(int)].astype(float)
    return found
