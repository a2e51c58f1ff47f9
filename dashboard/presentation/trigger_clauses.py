"""Describe a scaler's triggers: what each measures, and the workers that it wants."""

import math
from collections.abc import Sequence
from dataclasses import replace

from dashboard.domain.fleet import Scaler, Trigger
from dashboard.domain.queue_counts import QueueCounts
from dashboard.presentation.formatting import pluralize

_REQUESTS = ("requests", "waiting")
_RESOURCES = ("cores", "bytes")
_NOUNS = {"requests": "request", "waiting": "waiting request", "messages": "message"}
_MIB = 2**20


def current_triggers(scaler: Scaler, wanted: int, counts: QueueCounts | None) -> list[Trigger]:
    """Return a scaler's triggers, with the queue's own count where theirs is missing or old."""
    return [_counted(each, wanted, counts) for each in scaler.triggers or (_only_trigger(scaler),)]


def _only_trigger(scaler: Scaler) -> Trigger:
    """Return the trigger of a scaler that has only the one that counts requests."""
    trigger = Trigger(scaler.trigger, scaler.jobs_per_worker, measure="requests")
    return trigger if scaler.jobs is None else _with_count(trigger, scaler.jobs)


def _counted(trigger: Trigger, wanted: int, counts: QueueCounts | None) -> Trigger:
    if trigger.measure not in _REQUESTS or trigger.failed or not counts:
        return trigger
    is_old = trigger.value is None or wanted == 0 or _contradicts_itself(trigger)
    if trigger.measure == "waiting":
        return _with_count(trigger, counts.ready) if is_old else trigger
    if counts.generating is None or not is_old:
        return trigger
    return _with_count(trigger, counts.ready + counts.generating)


def _contradicts_itself(trigger: Trigger) -> bool:
    """Return whether KEDA reports an active trigger, and the autoscaler a value that is not."""
    return bool(trigger.active) and (trigger.value or 0.0) <= trigger.activation


def _with_count(trigger: Trigger, requests: int) -> Trigger:
    demand = math.ceil(requests / trigger.target) if trigger.target else None
    return replace(trigger, value=float(requests), demand=demand, within_tolerance=False)


def nothing_to_receive(counts: QueueCounts | None) -> str:
    """Describe a queue that has no job for a worker now."""
    if counts is None or not (counts.paused or counts.deferred):
        return "the queue is empty"
    if counts.paused:
        return "the queue is paused"
    verb = "waits" if counts.deferred == 1 else "wait"
    return f"{pluralize(counts.deferred, 'request')} {verb} to be retried"


def counts_requests(trigger: Trigger) -> bool:
    """Return whether a trigger counts the requests of this app."""
    return trigger.measure in _REQUESTS


def can_activate(trigger: Trigger) -> bool:
    """Return whether KEDA starts the first worker for a trigger; for cpu and memory it does not."""
    return trigger.measure not in _RESOURCES


def is_active(trigger: Trigger) -> bool | None:
    """Return whether a trigger keeps its scaler active; None if unknown."""
    if trigger.value is not None and (counts_requests(trigger) or trigger.active is None):
        return trigger.value > trigger.activation
    return trigger.active


def title(trigger: Trigger, triggers: Sequence[Trigger]) -> str:
    """Name a trigger by its type, with its subject where there are several of that type."""
    if trigger.type == "formula":
        return f"the formula {trigger.subject}"
    is_only = sum(each.type == trigger.type for each in triggers) == 1
    subject = f" ({trigger.subject})" if trigger.subject and not is_only else ""
    return f"the {trigger.type} trigger{subject}"


def demand(trigger: Trigger, triggers: Sequence[Trigger], unit: str = "worker") -> str:
    """Describe how a trigger with a known demand comes to it; ``unit`` is a worker or a Job."""
    workers = pluralize(trigger.demand or 0, unit)
    name = title(trigger, triggers)
    if trigger.is_fallback:
        return f"{name} cannot be read; the fallback keeps {workers}"
    if trigger.measure == "replicas":
        return f"{name} keeps {trigger.demand}"
    if counts_requests(trigger):
        plural = trigger.value != 1
        verb = ("are" if plural else "is") if trigger.within_tolerance else f"want{'s'[plural:]}"
        return f"{value(trigger)} {_share(trigger, unit)} {verb} {_goal(trigger, workers)}"
    verb = "is" if trigger.within_tolerance else "wants"
    return f"{name}, {measurement(trigger, unit)}, {verb} {_goal(trigger, workers)}"


def unknown_demand(trigger: Trigger, triggers: Sequence[Trigger]) -> str:
    """Describe why the workers that a trigger wants are unknown."""
    reason = trigger.unknown or "its target is unknown"
    return f"what {title(trigger, triggers)} wants is unknown, because {reason}"


def measurement(trigger: Trigger, unit: str = "worker") -> str:
    """Describe a trigger's value and target, such as ``75%, target 60%``."""
    if trigger.target_type == "AverageValue" and can_activate(trigger):
        return f"{value(trigger)} {_share(trigger, unit)}"
    return f"{value(trigger)}, target {target_of(trigger)}"


def target_of(trigger: Trigger) -> str:
    """Describe a trigger's target with its unit."""
    return _quantity(trigger, trigger.target)


def value(trigger: Trigger) -> str:
    """Describe a trigger's value with its unit."""
    text = _quantity(trigger, trigger.value)
    is_average = trigger.measure in _RESOURCES and trigger.target_type == "AverageValue"
    return f"{text} per worker" if is_average and trigger.value is not None else text


def _quantity(trigger: Trigger, number: float | None) -> str:
    if number is None:
        return "unknown"
    if trigger.target_type == "Utilization":
        return f"{number:g}%"
    if noun := _NOUNS.get(trigger.measure):
        return pluralize(int(number), noun) if number == int(number) else f"{number:g} {noun}s"
    if trigger.measure == "bytes":
        return f"{number / _MIB:,.0f} MiB"
    unit = {"message_rate": " messages/s", "cores": " CPU cores"}.get(trigger.measure, "")
    return f"{number:g}{unit}"


def _share(trigger: Trigger, unit: str) -> str:
    per = "Kubernetes Job" if unit == "Job" else unit
    return (
        "at "
        + ("an unknown number" if trigger.target is None else f"{trigger.target:g}")
        + f" per {per}"
    )


def _goal(trigger: Trigger, workers: str) -> str:
    return (
        f"within the autoscaler's tolerance for {workers}" if trigger.within_tolerance else workers
    )


def not_active(names: Sequence[str]) -> str:
    """Return the clause that these triggers are not active."""
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not active"
