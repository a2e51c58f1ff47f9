"""Explain the number of workers in one sentence, from the scaler's own numbers."""

from collections.abc import Sequence
from datetime import tzinfo

from core.errors import end_sentence
from dashboard.domain.fleet import FleetReading, Scaler
from dashboard.domain.queue_counts import QueueCounts
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from dashboard.presentation.formatting import pluralize, time_ago
from dashboard.presentation.scaling_at_zero import explain_zero
from dashboard.presentation.scaling_idle import explain_idle, is_idle
from dashboard.presentation.scaling_load import Load, explain_load, read_load

Sentence = tuple[str, str]
"""A lead, which pages show in bold and end with a colon, and the explanation."""

_UNKNOWN = "Reason unknown"


def explain_snapshot(snapshot: Snapshot, zone: tzinfo | None) -> Sentence:
    """Explain the number of workers of a snapshot; times are in the viewer's zone."""
    unserved = unserved_since(snapshot.samples)
    lead, text = explain(snapshot.fleet, snapshot.counts, snapshot.at, zone, unserved)
    if snapshot.counts and snapshot.counts.paused:
        waiting = pluralize(snapshot.counts.waiting, "request")
        paused = f"no worker takes a new request; {waiting} waiting."
        return "The queue is paused", f"{paused} {lead}: {text}" if snapshot.fleet else paused
    return lead, text


def explain(
    fleet: Reading[FleetReading] | None,
    counts: QueueCounts | None,
    now: float,
    zone: tzinfo | None = None,
    unserved_since: float | None = None,
) -> Sentence:
    """Explain the number of workers at ``now``.

    Args:
        fleet: the newest reading of the fleet; None where this mode has none.
        counts: the snapshot's, for numbers that the scaler does not report; None if unknown.
        now: Unix seconds; a cool-down is counted from the fleet's reading to now.
        zone: the viewer's; None is this machine's.
        unserved_since: Unix seconds since which requests wait while no worker is wanted; None
            if there are none.

    """
    if fleet is None:
        return "Why these workers", f"their number is set by hand. {_describe_queue(counts)}"
    if fleet.value is None:
        return _UNKNOWN, _describe_silence(fleet, counts, zone)
    unserved = 0.0 if unserved_since is None else now - unserved_since
    return _explain_reading(fleet.value, counts, unserved, now - (fleet.at or now))


def _explain_reading(
    reading: FleetReading, counts: QueueCounts | None, unserved: float, age: float
) -> Sentence:
    scaler, wanted = reading.scaler, reading.wanted
    if scaler is None or wanted is None:
        return _UNKNOWN, _describe_unread(reading)
    lead = f"Why still {pluralize(wanted, 'worker')}" if wanted else "Why no workers"
    if fault := _fault(scaler, wanted):
        return lead, fault
    load = read_load(reading, scaler, counts)
    if _is_uncounted(load):
        return lead, "the requests could not be counted; until they are, nothing changes."
    if wanted == 0:
        return lead, explain_zero(scaler, load.triggers, counts, unserved)
    return explain_idle(load, age) if is_idle(load) else explain_load(load)


def unserved_since(samples: Sequence[Sample]) -> float | None:
    """Return since when requests wait while no worker is wanted, in Unix seconds; None if never."""
    since = None
    for sample in reversed(samples):
        if not sample.waiting or sample.wanted != 0:
            break
        since = sample.at
    return since


def _fault(scaler: Scaler, wanted: int) -> str | None:
    """Describe what keeps the scaler from scaling, if anything does."""
    if scaler.paused:
        return f"the scaler is paused{_at(scaler.paused_at)}."
    for condition in scaler.conditions:
        if condition.name == "Ready" and condition.status is False:
            return f"the scaler is not ready: {end_sentence(condition.message)}"
    autoscaler = scaler.autoscaler
    if not autoscaler or not autoscaler.current or not wanted:
        return None  # an autoscaler without workers has no metrics yet, which is no fault
    for condition in autoscaler.conditions:
        if condition.name == "ScalingActive" and condition.status is False:
            return f"the autoscaler is not active: {end_sentence(condition.message)}"
    return None


def _is_uncounted(load: Load) -> bool:
    """Return whether the only trigger counts requests, and their number is unknown."""
    [*others, trigger] = load.triggers
    return not others and trigger is load.requests and trigger.value is None and not trigger.failed


def _at(workers: int | None) -> str:
    return "" if workers is None else f" at {pluralize(workers, 'worker')}"


def _describe_queue(counts: QueueCounts | None) -> str:
    if counts is None:
        return "The number of waiting requests is unknown."
    if counts.waiting == 0:
        return "The queue is empty."
    return f"{pluralize(counts.waiting, 'request')} waiting."


def _describe_unread(reading: FleetReading) -> str:
    unread = "the number of wanted workers" if reading.scaler else "the scaler's status"
    return " ".join((f"{unread} could not be read.", *reading.warnings[:2]))


def _describe_silence(
    fleet: Reading[FleetReading], counts: QueueCounts | None, zone: tzinfo | None
) -> str:
    if fleet.error is None:
        return "the fleet has not been read yet."
    reason = fleet.error[:1].lower() + end_sentence(fleet.error)[1:]
    unaffected = " Requests and pictures are not affected." if counts else ""
    return f"{time_ago(fleet.at, zone)}, {reason}{unaffected}"
