"""The rules of an autoscaler in words: tolerance, rates, windows, cool-down, polling."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from dashboard.domain.fleet import Scaler
from dashboard.domain.scaling_rules import RateLimit, ScalingRules
from dashboard.domain.snapshot import Sample
from dashboard.presentation.formatting import UNKNOWN, clock, duration, pluralize
from dashboard.presentation.scaling_history import last_as_high, request_trigger
from dashboard.presentation.scaling_idle import keeps_minimum
from dashboard.presentation.scaling_load import Load
from dashboard.presentation.trigger_clauses import measurement, value


def rows(load: Load, samples: Sequence[Sample], zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    """List the rules that apply at the newest sample."""
    scaler = load.scaler
    if len(load.triggers) > 1:
        yield from _triggers(load)
    if scaler.kind == "ScaledJob":
        yield "More Jobs", f"at each poll, for the requests that have none: {_polling(scaler)}"
        yield "Fewer Jobs", "each Job ends by itself"
        return
    if scaler.scale_up and scaler.scale_down:
        yield "Tolerance", _tolerance(load, scaler.scale_up, scaler.scale_down)
        yield "More workers", _more(scaler, scaler.scale_up)
        yield "Fewer workers", _fewer(load, scaler.scale_down, samples, zone)
    else:
        yield "Windows and rates", "unknown: this recording does not have them"
    yield "To zero" if not scaler.idle else f"To {scaler.idle}", _to_zero(scaler)
    yield "Polling", _polling(scaler)


def _triggers(load: Load) -> Iterator[tuple[str, str]]:
    for trigger in load.triggers:
        demand = UNKNOWN if trigger.demand is None else pluralize(trigger.demand, load.unit)
        measured = value(trigger) if trigger.measure == "replicas" else measurement(trigger)
        yield trigger.name, f"{measured}: {demand}"


def _polling(scaler: Scaler) -> str:
    return f"every {scaler.polling_interval:g} s"


def _tolerance(load: Load, up: ScalingRules, down: ScalingRules) -> str:
    trigger, wanted = request_trigger(load.scaler), load.wanted
    if trigger is None or trigger.target is None or not wanted:
        return f"{_percent(down)} below the target, {_percent(up)} above: no change"
    carried = wanted * trigger.target
    low, high = carried * (1 - down.tolerance), carried * (1 + up.tolerance)
    return f"{low:.4g} to {high:.4g} requests: no change"


def _percent(rules: ScalingRules) -> str:
    return f"{100 * rules.tolerance:g}%"


def _more(scaler: Scaler, rules: ScalingRules) -> str:
    return "paused" if scaler.scale_out_paused else describe_rules(rules, "more")


def _fewer(load: Load, rules: ScalingRules, samples: Sequence[Sample], zone: tzinfo | None) -> str:
    if load.scaler.scale_in_paused:
        return "paused"
    if rules.select == "Disabled" or not samples or load.wanted <= 1:
        return describe_rules(rules, "fewer")
    now = samples[-1].at
    since = last_as_high(load.scaler, samples, load.wanted, now - rules.window)
    if since is None or not rules.window:
        return describe_rules(rules, "fewer")
    return f"not before {clock(since + rules.window, zone)}; {describe_limits(rules, 'fewer')}"


def _to_zero(scaler: Scaler) -> str:
    if keeps_minimum(scaler):
        return f"never: the minimum is {scaler.minimum}"
    if scaler.forced:
        return "never: held active by the force-activation annotation"
    if scaler.scale_in_paused:
        return "paused"
    return f"{duration(scaler.cooldown_period)} after the last active poll"


def describe_rules(rules: ScalingRules, more: str) -> str:
    """Describe when and how fast the number of workers changes in one direction."""
    if rules.select == "Disabled":
        return "never: disabled"
    when = f"after {duration(rules.window)}" if rules.window else "at once"
    limits = describe_limits(rules, more)
    return f"{when}, {limits}" if limits else when


def describe_limits(rules: ScalingRules, more: str) -> str:
    """Describe the largest steps in one direction; ``more`` is ``more`` or ``fewer``."""
    if not rules.limits:
        return ""
    limits = " or ".join(_limit(each, more) for each in rules.limits)
    if len(rules.limits) == 1:
        return f"at most {limits}"
    return f"at most {limits}, the {'larger' if rules.select == 'Max' else 'smaller'} of them"


def _limit(limit: RateLimit, more: str) -> str:
    unit = "%" if limit.unit == "Percent" else ""
    return f"{limit.value}{unit} {more} each {limit.period:g} s"
