"""The scaler, and the numbers from which it derives how many workers are wanted."""

from collections.abc import Iterator
from datetime import tzinfo

import streamlit as st

from dashboard.components.common import tables
from dashboard.components.fleet import render
from dashboard.domain.fleet import Autoscaler, Condition, FleetReading, Scaler, Trigger
from dashboard.domain.snapshot import Reading
from dashboard.presentation import formatting
from dashboard.presentation.trigger_clauses import (
    can_activate,
    current_triggers,
    target_of,
    value,
)

_NO_FLEET = (
    "This dashboard neither starts workers nor reads a cluster (FLEET=none). Start workers by "
    "hand or with another system, or set FLEET=local to run them on this machine."
)


def show(fleet: Reading[FleetReading] | None, now: float, zone: tzinfo | None) -> None:
    """Show the scaler at ``now`` (Unix seconds)."""
    scaler = fleet.value.scaler if fleet and fleet.value else None
    st.html(tables.title("Scaler", f"{scaler.kind} {scaler.name or ''}" if scaler else ""))
    if fleet is None:
        st.html(tables.note(_NO_FLEET))
    elif fleet.value is None:
        st.html(tables.note(f"Unknown: {formatting.time_ago(fleet.at, zone)}."))
    elif scaler is None:
        st.html(tables.note("The scaler could not be read; the other cards are not affected."))
    else:
        st.html(tables.pairs(rows(scaler, fleet.value, now - (fleet.at or now))))


def rows(scaler: Scaler, reading: FleetReading, age: float) -> Iterator[tuple[str, str]]:
    """List a scaler's fields, ``age`` seconds after it was read."""
    yield from _triggers(scaler)
    yield "Replicas", _replicas(scaler, reading)
    if scaler.autoscaler:
        yield "Autoscaler", _autoscaler(scaler.autoscaler, scaler.jobs_per_worker is not None)
    yield "Polling", f"every {scaler.polling_interval:g} s"
    if scaler.cooldown_period:
        initial, usual = scaler.initial_cooldown, scaler.cooldown_period
        period = usual if initial is None or scaler.cooldown_left is None else initial
        yield "Cool-down", _cooldown(period, scaler.cooldown_left, age)
    yield "Paused", _paused(scaler)
    if scaler.forced:
        yield "Activation", "forced by an annotation"
    if scaler.conditions:
        yield "Conditions", render("conditions", list(map(_condition, scaler.conditions)))


def _triggers(scaler: Scaler) -> Iterator[tuple[str, str]]:
    """List each trigger with its own value and target."""
    triggers = current_triggers(scaler, wanted=1, counts=None)
    for number, trigger in enumerate(triggers, start=1):
        suffix = f" {number}" if len(triggers) > 1 else ""
        yield f"Trigger{suffix}", trigger.name
        yield f"Value now{suffix}", _value(trigger)


def _value(trigger: Trigger) -> str:
    if trigger.measure == "replicas" and trigger.value is not None:
        return formatting.pluralize(int(trigger.value), "worker")
    share = "unknown" if trigger.target is None else f"{trigger.target:g}"
    is_share = trigger.target_type == "AverageValue" and can_activate(trigger)
    target = f"{share} per worker" if is_share else f"target {target_of(trigger)}"
    return f"{value(trigger)}{'; ' if trigger.value is None else ', '}{target}{_activity(trigger)}"


def _activity(trigger: Trigger) -> str:
    activation = f", active above {trigger.activation:g}" if trigger.activation else ""
    fallback = ", fallback in use" if trigger.is_fallback else ""
    reason = f" ({trigger.unknown})" if trigger.value is None and trigger.unknown else ""
    return f"{activation}{fallback}{reason}"


def _replicas(scaler: Scaler, reading: FleetReading) -> str:
    ready, wanted = _number(reading.ready), _number(reading.wanted)
    idle = "" if scaler.idle is None else f", {scaler.idle} while idle"
    return f"{ready} ready, {wanted} wanted, {scaler.minimum} to {scaler.maximum}{idle}"


def _autoscaler(autoscaler: Autoscaler, counts_requests: bool) -> str:
    replicas = f"{_number(autoscaler.desired)} desired, {_number(autoscaler.current)} current"
    if not counts_requests:
        return replicas
    if autoscaler.jobs_per_worker is None:
        return f"{replicas}, requests per worker {formatting.UNKNOWN}"
    return f"{replicas}, {autoscaler.jobs_per_worker:g} requests per worker"


def _paused(scaler: Scaler) -> str:
    if scaler.paused:
        at = "" if scaler.paused_at is None else f" at {scaler.paused_at}"
        return f"yes{at}, until it is resumed"
    if scaler.scale_in_paused:
        return "scaling in; workers are only added"
    return "scaling out; workers are only removed" if scaler.scale_out_paused else "no"


def _number(number: int | None) -> str:
    return formatting.UNKNOWN if number is None else str(number)


def _cooldown(period: float, left: float | None, age: float) -> str:
    if left is None:
        return f"{formatting.duration(period)}, not started"
    return f"{formatting.duration(period)}, {formatting.duration(left - age)} left"


def _condition(condition: Condition) -> tuple[str, str, str]:
    """Return a condition's CSS class, tooltip and label."""
    if condition.status:
        return "", condition.message, tables.dot("pictures", "full", condition.name)
    if condition.status is None:
        return "muted", condition.message, f"{condition.name} {formatting.UNKNOWN}"
    # Of the conditions, only a false Ready is an error: the others are true while active.
    if condition.name != "Ready":
        return "muted", condition.message, f"not {condition.name}"
    label = f"not Ready: {condition.message}" if condition.message else "not Ready"
    return "silent", condition.message, tables.dot("silent", "ring", label)
