"""Why there are as many workers as there are: one sentence, from the scaler's own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from dashboard.domain.fleet import FleetReading, Scaler
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from dashboard.presentation.formatting import duration, end_sentence, pluralize, time_ago
from dashboard.presentation.scaling_busy import Sentence, why_busy
from wire.queues.base import QueueDepth

_UNKNOWN = "Why is unknown"
_MISSED_LOOKS = 3
_TO_BE_SEEN = 10.0
"""Seconds until what the scaler did is read here."""


@dataclass(frozen=True)
class _Since:
    """Seconds that have passed."""

    look: float
    """Since the newest look at the fleet."""
    neglected: float
    """Since requests wait for a first worker."""


def explain_snapshot(snapshot: Snapshot, zone: tzinfo | None) -> Sentence:
    """Say why, of a snapshot, on the viewer's clock."""
    neglected = neglected_since(snapshot.samples)
    return explain(snapshot.fleet, snapshot.queue, snapshot.at, zone, neglected)


def explain(
    fleet: Reading[FleetReading] | None,
    queue: Reading[QueueDepth],
    now: float,
    zone: tzinfo | None = None,
    neglected_since: float | None = None,
) -> Sentence:
    """Say why there are as many workers as there are at ``now``, Unix seconds.

    Args:
        fleet: the newest look at the fleet; None where there is none to ask.
        queue: the newest look at the queue, for what the scaler does not tell.
        now: Unix seconds, to count a cool-down on since the look.
        zone: the viewer's; None is this machine's.
        neglected_since: from that function; None if no request waits for a first worker.

    """
    if fleet is None:
        return "Why these workers", f"a person decides how many run. {_line(queue)}"
    reading = fleet.value
    if reading is None:
        return _UNKNOWN, _silent(fleet, queue, zone)
    if reading.scaler is None or reading.wanted is None:
        return _UNKNOWN, _unread(reading)
    jobs = _jobs(reading.scaler, reading.wanted, queue)
    waited = 0.0 if neglected_since is None else now - neglected_since
    return _known(reading, reading.scaler, jobs, _Since(now - (fleet.at or now), waited))


def neglected_since(samples: Sequence[Sample]) -> float | None:
    """Return since when requests wait and no worker is wanted, in Unix seconds; None if none do."""
    since = None
    for sample in reversed(samples):
        if not sample.waiting or sample.wanted != 0:
            break
        since = sample.at
    return since


def _known(reading: FleetReading, scaler: Scaler, jobs: int | None, past: _Since) -> Sentence:
    wanted = reading.wanted
    still = f"Why still {pluralize(wanted, 'worker')}" if wanted else "Why no workers"
    fault = _fault(scaler, wanted)
    if fault:
        return still, fault
    if jobs is None:
        return still, "the requests could not be counted; until they are, nothing changes."
    if wanted == 0:
        return still, _why_none(scaler, jobs, past.neglected)
    if jobs == 0:
        return _why_idle(still, scaler, wanted, past.look)
    return why_busy(reading, scaler, jobs, wanted)


def _fault(scaler: Scaler, wanted: int) -> str | None:
    """Say what keeps the scaler from scaling, if anything does."""
    if scaler.paused:
        return "the scaler is paused."
    for condition in scaler.conditions:
        if condition.name == "Ready" and condition.status is False:
            return f"the scaler does not work: {end_sentence(condition.message)}"
    # An autoscaler that has not seen any worker yet has nothing to say.
    looks = scaler.autoscaler and scaler.autoscaler.current and wanted
    for condition in scaler.autoscaler.conditions if looks else ():
        if condition.name == "ScalingActive" and condition.status is False:
            return f"the autoscaler does not work: {end_sentence(condition.message)}"
    return None


def _why_none(scaler: Scaler, jobs: int, neglected: float) -> str:
    within = f"within {scaler.polling_interval:g} s"
    if jobs and scaler.scale_out_paused:
        return f"{pluralize(jobs, 'request')} waiting, but scaling out is paused."
    if jobs and neglected > _MISSED_LOOKS * scaler.polling_interval + _TO_BE_SEEN:
        return (
            f"{pluralize(jobs, 'request')} waiting for {duration(neglected)}, and the scaler, "
            f"which polls every {scaler.polling_interval:g} s, has not started one. Does it run?"
        )
    if jobs:
        return f"{pluralize(jobs, 'request')} came since the last look; one starts {within}."
    return f"nothing is waiting. The next request starts one {within}."


def _why_idle(still: str, scaler: Scaler, wanted: int, age: float) -> Sentence:
    if scaler.minimum and wanted <= scaler.minimum:
        lead = still.replace("Why still", "Why")
        return lead, "nothing is waiting; as many are always kept."
    if scaler.scale_in_paused:
        return still, "nothing is waiting, but scaling in is paused."
    if scaler.cooldown_left is None:
        return still, "nothing is waiting; their number is coming down."
    left = max(0.0, scaler.cooldown_left - age)
    cooldown = f"the cool-down of {scaler.cooldown_period:g} s has {left:.0f} s left"
    return still, f"nothing is waiting; {cooldown}."


def _jobs(scaler: Scaler, wanted: int, queue: Reading[QueueDepth]) -> int | None:
    """Return the scaler's own number; the queue's where the scaler has none, or an old one."""
    in_the_queue = _in_the_queue(queue)
    if scaler.jobs is None or (wanted == 0 and in_the_queue is not None):
        return in_the_queue
    return scaler.jobs


def _in_the_queue(queue: Reading[QueueDepth]) -> int | None:
    depth = queue.value
    if depth is None or depth.unacknowledged is None:
        return None
    return depth.ready + depth.unacknowledged


def _line(queue: Reading[QueueDepth]) -> str:
    if queue.value is None:
        return "How many requests wait is unknown."
    if queue.value.ready == 0:
        return "Nothing is waiting."
    return f"{pluralize(queue.value.ready, 'request')} waiting."


def _unread(reading: FleetReading) -> str:
    unread = "how many workers are wanted" if reading.scaler else "the scaler's numbers"
    return " ".join((f"{unread} could not be read.", *reading.warnings[:2]))


def _silent(fleet: Reading[FleetReading], queue: Reading[QueueDepth], zone: tzinfo | None) -> str:
    if fleet.error is None:
        return "the first look has not come back yet."
    reason = fleet.error[:1].lower() + end_sentence(fleet.error)[1:]
    going_on = " Requests and pictures go on as before." if queue.value else ""
    return f"{time_ago(fleet.at, zone)}, {reason}{going_on}"
