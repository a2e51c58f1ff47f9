"""The term between the limits and the wanted number: what keeps the number as it is."""

from collections.abc import Sequence

from dashboard.domain.snapshot import Sample
from dashboard.presentation.explained.rules import describe_limits
from dashboard.presentation.explained.terms import Bars, Term
from dashboard.presentation.formatting import UNKNOWN, duration
from dashboard.presentation.scaling_history import recommendations
from dashboard.presentation.scaling_idle import is_idle
from dashboard.presentation.scaling_load import Load


def stabilization_term(load: Load, samples: Sequence[Sample], age: float) -> Term | None:
    """Return what turns the limited demand into the wanted number; None if nothing does.

    Args:
        load: the scaler's triggers and their workers.
        samples: the timeline's, which end now.
        age: seconds since the fleet was read.

    """
    scaler = load.scaler
    if scaler.paused:
        return _paused(load)
    if load.is_job:
        return None
    if load.wanted == 0:
        return _from_zero(load)
    if is_idle(load):
        return _cooldown(load, age)
    return _of_window(load, samples)


def _paused(load: Load) -> Term:
    at = load.scaler.paused_at
    detail = "keeps the number" if at is None else f"at {at} workers"
    return Term("paused", "until it is resumed", detail, "workers", "→")


def _from_zero(load: Load) -> Term:
    scaler = load.scaler
    if scaler.scale_out_paused:
        return Term("paused", "scaling out", "", "workers", "→")
    interval = f"{scaler.polling_interval:g} s"
    return Term(interval, "until a start, at most", _start(load), "workers", "→")


def _start(load: Load) -> str:
    first, requests = max(1, load.scaler.minimum), load.requests
    if requests is None:
        return f"an active trigger starts {first}"
    if requests.activation:
        return f"more than {requests.activation:g} requests start {first}"
    return f"the next request starts {first}"


def _cooldown(load: Load, age: float) -> Term | None:
    scaler = load.scaler
    if scaler.scale_in_paused:
        return Term("paused", "scaling in", "", "workers", "→")
    if scaler.cooldown_left is None:
        return None
    left = duration(scaler.cooldown_left - age)
    detail = f"{scaler.idle or 0} after {duration(scaler.cooldown_period)} without an active poll"
    return Term(left, "of the cool-down left", detail, "workers", "→")


def _of_window(load: Load, samples: Sequence[Sample]) -> Term | None:
    scaler = load.scaler
    if not load.known:
        return None
    if load.wanted < load.target:
        return _scaling_up(load)
    rules = scaler.scale_down
    if rules is None and load.wanted == load.target:
        return None
    if rules is None:
        return Term(UNKNOWN, "stabilization window", "not in this recording", "workers", "→")
    if not rules.window or not samples:
        return None
    now = samples[-1].at
    bars = Bars(recommendations(scaler, samples, now - rules.window, now))
    name = f"highest of the last {rules.window:g} s"
    if all(value is None for value in bars.values):
        return Term(UNKNOWN, name, "only requests are recorded", "workers", "→")
    if load.target <= load.wanted < (bars.values[-1] or 0):
        # The dashboard reads the queue more often than the HPA.
        return Term(str(load.wanted), name, "newer requests not yet counted", "workers", "→", bars)
    detail = "stabilization before fewer" if load.target < bars.highest else "nothing to stabilize"
    return Term(str(max(bars.highest, load.target)), name, detail, "workers", "→", bars)


def _scaling_up(load: Load) -> Term:
    rules = load.scaler.scale_up
    if load.scaler.scale_out_paused:
        return Term("paused", "scaling out", "", "workers", "→")
    limits = describe_limits(rules, "more") if rules else "in steps"
    return Term(f"+{load.target - load.wanted}", "still to add", limits, "workers", "→")
