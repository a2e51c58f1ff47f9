"""The scaler: what decides how many workers there should be, and by which numbers."""

from collections.abc import Iterator
from datetime import tzinfo
from html import escape

import streamlit as st

from dashboard.components.common import tables
from dashboard.domain.fleet import Autoscaler, Condition, FleetReading, Scaler
from dashboard.domain.snapshot import Reading
from dashboard.presentation import formatting

_NONE = (
    "This dashboard starts no workers and is told of none (FLEET=none): a person, or another "
    "system, decides how many run. Set FLEET=local to let it run workers on this machine."
)


def show(fleet: Reading[FleetReading] | None, now: float, zone: tzinfo | None) -> None:
    """Show the scaler as it was at ``now``, Unix seconds."""
    scaler = fleet.value.scaler if fleet and fleet.value else None
    name = f"{scaler.kind} {scaler.name or ''}" if scaler else ""
    st.html(tables.title("Scaler", name))
    if fleet is None:
        st.html(tables.note(_NONE))
    elif fleet.value is None:
        st.html(
            tables.note(
                f"{formatting.UNKNOWN.capitalize()}: {formatting.time_ago(fleet.at, zone)}."
            )
        )
    elif scaler is None:
        st.html(tables.note("Its numbers could not be read; the rest of the page holds."))
    else:
        st.html(tables.pairs(rows(scaler, fleet.value, now - (fleet.at or now))))


def rows(scaler: Scaler, reading: FleetReading, age: float) -> Iterator[tuple[str, str]]:
    """Say what is known of a scaler, ``age`` seconds after it was read."""
    yield "Trigger", escape(scaler.trigger)
    yield "Value now", escape(_value(scaler))
    yield "Replicas", escape(_replicas(scaler, reading))
    if scaler.autoscaler:
        yield "Autoscaler", escape(_autoscaler(scaler.autoscaler))
    yield "Polling", f"every {scaler.polling_interval:g} s"
    if scaler.cooldown_period:
        yield "Cool-down", escape(_cooldown(scaler, age))
    yield "Paused", _paused(scaler)
    if scaler.conditions:
        yield "Conditions", "".join(_condition(condition) for condition in scaler.conditions)


def _value(scaler: Scaler) -> str:
    if scaler.jobs is None:
        return f"{formatting.UNKNOWN}; {scaler.jobs_per_worker:g} per worker"
    return f"{formatting.pluralize(scaler.jobs, 'request')}, {scaler.jobs_per_worker:g} per worker"


def _replicas(scaler: Scaler, reading: FleetReading) -> str:
    ready, wanted = _number(reading.ready), _number(reading.wanted)
    return f"{ready} ready, {wanted} wanted, {scaler.minimum} to {scaler.maximum}"


def _autoscaler(autoscaler: Autoscaler) -> str:
    now = f"{_number(autoscaler.desired)} desired, {_number(autoscaler.current)} there"
    if autoscaler.jobs_per_worker is None:
        return f"{now}, requests per worker {formatting.UNKNOWN}"
    return f"{now}, {autoscaler.jobs_per_worker:g} requests per worker"


def _paused(scaler: Scaler) -> str:
    if scaler.paused:
        return "yes: nothing changes until it is resumed"
    if scaler.scale_in_paused:
        return "partly: it only adds workers"
    return "partly: it only takes workers away" if scaler.scale_out_paused else "no"


def _number(number: int | None) -> str:
    return formatting.UNKNOWN if number is None else str(number)


def _cooldown(scaler: Scaler, age: float) -> str:
    whole = formatting.duration(scaler.cooldown_period)
    if scaler.cooldown_left is None:
        return f"{whole}, not counting"
    return f"{whole}, {formatting.duration(scaler.cooldown_left - age)} left"


def _condition(condition: Condition) -> str:
    form, text = _said(condition)
    why = escape(condition.message)
    return f"<span class='condition {form}' title='{why}'>{text}</span>"


def _said(condition: Condition) -> tuple[str, str]:
    if condition.status:
        return "", tables.dot("pictures", "full", condition.name)
    if condition.status is None:
        return "muted", f"{escape(condition.name)} {formatting.UNKNOWN}"
    # Only this one is bad news when it does not hold; the others say what is not going on.
    if condition.name == "Ready":
        reason = f": {condition.message}" if condition.message else ""
        return "silent", tables.dot("silent", "ring", f"not Ready{reason}")
    return "muted", f"no {escape(condition.name)}"
