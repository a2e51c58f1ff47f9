"""The terms from what a trigger measures to the workers that it calls for."""

from collections.abc import Iterator

from dashboard.domain.fleet import Trigger
from dashboard.domain.queue_counts import QueueCounts
from dashboard.presentation.explained.terms import TIMES, Dots, Hue, Term, dots
from dashboard.presentation.formatting import UNKNOWN, pluralize
from dashboard.presentation.scaling_load import Load
from dashboard.presentation.trigger_clauses import (
    can_activate,
    counts_requests,
    target_of,
    title,
    value,
)

_COMBINED = {"sum": "sum", "avg": "average"}
_PER = {"ScaledJob": "per Kubernetes Job"}


def demand_terms(load: Load, counts: QueueCounts | None) -> Iterator[Term]:
    """Yield the value of the trigger that decides, its target, and the demand."""
    if not load.known:
        yield from _unknown(load, counts)
        return
    if load.is_combined:
        yield Term(str(len(load.known)), "triggers", "their values in workers, see below")
        name = f"called for, their {_COMBINED[load.scaler.calculation]}"
        yield Term(str(load.demand), name, "rounded up", operator="=")
        return
    decider = load.decider
    yield _value(decider, load, counts)
    if not decider.is_fallback and decider.measure != "replicas":
        yield from _division(decider, load)
    yield Term(str(load.demand), "called for", _derivation(load, decider), operator="=")


def _unknown(load: Load, counts: QueueCounts | None) -> Iterator[Term]:
    trigger = load.requests or load.triggers[0]
    yield _value(trigger, load, counts)
    yield from _division(trigger, load)
    yield Term(UNKNOWN, "called for", trigger.unknown or "its target is unknown", operator="=")


def _value(trigger: Trigger, load: Load, counts: QueueCounts | None) -> Term:
    if trigger.is_fallback or trigger.value is None:
        return Term(UNKNOWN, _name(trigger, load), trigger.unknown, _hue(trigger))
    if counts_requests(trigger):
        return Term(
            f"{trigger.value:g}",
            "waiting requests" if trigger.measure == "waiting" else "requests",
            _describe_requests(trigger, counts),
            "requests",
            picture=_request_dots(trigger, counts),
        )
    number = str(trigger.demand) if trigger.measure == "replicas" else value(trigger)
    return Term(number, _name(trigger, load))


def _hue(trigger: Trigger) -> Hue:
    return "requests" if counts_requests(trigger) else ""


def _name(trigger: Trigger, load: Load) -> str:
    return "requests" if counts_requests(trigger) else title(trigger, load.triggers)


def _describe_requests(trigger: Trigger, counts: QueueCounts | None) -> str:
    activation = f"active above {trigger.activation:g}" if trigger.activation else ""
    if counts is None:
        return activation
    split = f"{counts.waiting} waiting"
    if trigger.measure == "requests" and counts.generating is not None:
        split += f", {counts.generating} generating"
    # KEDA's count is some seconds old.
    now = "" if _total(trigger, counts) == trigger.value else "now "
    return ", ".join(filter(None, (f"{now}{split}", activation)))


def _total(trigger: Trigger, counts: QueueCounts) -> int:
    generating = (counts.generating or 0) if trigger.measure == "requests" else 0
    return counts.waiting + generating


def _request_dots(trigger: Trigger, counts: QueueCounts | None) -> Dots:
    """Draw what the trigger counted; which of them wait follows from the queue's newest counts."""
    total = int(trigger.value or 0)
    if counts is None or trigger.measure == "waiting":
        return dots((total, "tint"))
    waiting = min(total, counts.waiting)
    return dots((waiting, "tint"), (total - waiting, "full"))


def _division(trigger: Trigger, load: Load) -> Iterator[Term]:
    if trigger.target_type == "AverageValue" and can_activate(trigger):
        target = UNKNOWN if trigger.target is None else f"{trigger.target:g}"
        name = _PER.get(load.scaler.kind, "per worker")
        yield Term(target, name, "the trigger's target", operator="÷")
        return
    yield Term(target_of(trigger), "target", "of the trigger", operator="÷")
    ready = load.reading.ready
    yield Term(UNKNOWN if ready is None else str(ready), "workers ready", operator=TIMES)


def _derivation(load: Load, decider: Trigger) -> str:
    if decider.is_fallback:
        return "the fallback's replicas"
    if decider.within_tolerance:
        return "within the tolerance: no change"
    if unread := len(load.unknown):
        return f"{pluralize(unread, 'trigger')} more, unknown"
    if len(load.triggers) > 1:
        is_lowest = load.is_job and load.scaler.calculation == "min"
        return f"{'lowest' if is_lowest else 'highest'} of {len(load.triggers)} triggers"
    if decider.measure == "replicas":
        return "the schedule's replicas"
    return "rounded up" if _is_rounded(decider) else ""


def _is_rounded(trigger: Trigger) -> bool:
    if trigger.value is None or not trigger.target:
        return False
    return (trigger.value / trigger.target) % 1 > 0
