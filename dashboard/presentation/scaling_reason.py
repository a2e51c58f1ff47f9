"""Explain the number of workers in one sentence, from the scaler's own numbers."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from dashboard.domain.fleet import LOCAL, FleetReading, Scaler, Worker
from dashboard.domain.queue_counts import QueueCounts
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from dashboard.presentation.formatting import duration, end_sentence, pluralize, time_ago

Sentence = tuple[str, str]
"""A lead, which pages show in bold and end with a colon, and the explanation."""

_UNKNOWN = "Reason unknown"
_MAX_MISSED_POLLS = 3
_READING_DELAY_SECONDS = 10.0
"""Time until a change that the scaler made is read here."""


@dataclass(frozen=True)
class _Load:
    """Requests, and the workers for them."""

    reading: FleetReading
    scaler: Scaler
    requests: int
    """Waiting and in progress."""
    wanted: int

    @property
    def demand(self) -> int:
        """Workers that the requests ask for, before the limits apply."""
        return math.ceil(self.requests / self.scaler.jobs_per_worker)

    @property
    def target(self) -> int:
        """Workers that the scaler moves to."""
        return min(self.scaler.maximum, max(self.demand, self.scaler.minimum))


def explain_snapshot(snapshot: Snapshot, zone: tzinfo | None) -> Sentence:
    """Explain the number of workers of a snapshot; times are in the viewer's zone."""
    unserved = unserved_since(snapshot.samples)
    return explain(snapshot.fleet, snapshot.counts, snapshot.at, zone, unserved)


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
    reading = fleet.value
    if reading is None:
        return _UNKNOWN, _describe_silence(fleet, counts, zone)
    scaler, wanted = reading.scaler, reading.wanted
    if scaler is None or wanted is None:
        return _UNKNOWN, _describe_unread(reading)
    lead = f"Why still {pluralize(wanted, 'worker')}" if wanted else "Why no workers"
    if fault := _fault(scaler, wanted):
        return lead, fault
    requests = _requests(scaler, wanted, counts)
    if requests is None:
        return lead, "the requests could not be counted; until they are, nothing changes."
    if wanted == 0:
        unserved = 0.0 if unserved_since is None else now - unserved_since
        return lead, _explain_zero(scaler, requests, unserved)
    if requests == 0:
        return _explain_idle(lead, scaler, wanted, now - (fleet.at or now))
    return _explain_load(_Load(reading, scaler, requests, wanted))


def unserved_since(samples: Sequence[Sample]) -> float | None:
    """Return since when requests wait while no worker is wanted, in Unix seconds; None if never."""
    since = None
    for sample in reversed(samples):
        if not sample.waiting or sample.wanted != 0:
            break
        since = sample.at
    return since


def _requests(scaler: Scaler, wanted: int, counts: QueueCounts | None) -> int | None:
    """Return the scaler's count, or the queue's where the scaler has none or an old one."""
    in_queue = None
    if counts and counts.generating is not None:
        in_queue = counts.waiting + counts.generating
    if scaler.jobs is None or (wanted == 0 and in_queue is not None):
        return in_queue
    return scaler.jobs


def _fault(scaler: Scaler, wanted: int) -> str | None:
    """Describe what keeps the scaler from scaling, if anything does."""
    if scaler.paused:
        return "the scaler is paused."
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


def _explain_zero(scaler: Scaler, requests: int, unserved_seconds: float) -> str:
    count, interval = pluralize(requests, "request"), f"{scaler.polling_interval:g} s"
    if not requests:
        return f"the queue is empty. The next request starts a worker within {interval}."
    if scaler.scale_out_paused:
        return f"{count} waiting, but scaling out is paused."
    if unserved_seconds > _MAX_MISSED_POLLS * scaler.polling_interval + _READING_DELAY_SECONDS:
        return (
            f"{count} waiting for {duration(unserved_seconds)}; the scaler, which polls every "
            f"{interval}, has not started a worker. {_question(scaler)}"
        )
    return f"{count} arrived since the last poll; a worker starts within {interval}."


def _question(scaler: Scaler) -> str:
    return "Is it running?" if scaler.kind == LOCAL else "Is the KEDA operator running?"


def _explain_idle(lead: str, scaler: Scaler, wanted: int, reading_age: float) -> Sentence:
    if scaler.minimum and wanted <= scaler.minimum:
        return (
            f"Why {pluralize(wanted, 'worker')}",
            f"the queue is empty; the minimum is {scaler.minimum}.",
        )
    if scaler.scale_in_paused:
        return lead, "the queue is empty, but scaling in is paused."
    if scaler.cooldown_left is None:
        return lead, "the queue is empty; scaling down."
    left = max(0.0, scaler.cooldown_left - reading_age)
    cooldown = f"the cool-down of {scaler.cooldown_period:g} s has {left:.0f} s left"
    return lead, f"the queue is empty; {cooldown}."


def _explain_load(load: _Load) -> Sentence:
    """Explain how requests make workers, then what the workers that are not ready wait for."""
    scaling_down = load.wanted > load.target
    count = pluralize(load.wanted, "worker")
    none_ready = ", none ready" if load.reading.ready == 0 else ""
    lead = f"Why {'still ' if scaling_down else ''}{count}{none_ready}"
    if scaling_down:
        # Workers may still be starting, but the sentence explains why they will be stopped.
        sentences = [
            f"{_demand(load)}{_limit(load)}; {_scaling_down(load.scaler)}.",
            _failure(load.reading),
        ]
    else:
        sentences = [f"{_demand(load)}{_limit(load)}.", _scaling_up(load), _states(load)]
    return lead, " ".join(sentence for sentence in sentences if sentence)


def _demand(load: _Load) -> str:
    scaled_job = load.scaler.kind == "ScaledJob"
    per, unit = ("Kubernetes Job", "Job") if scaled_job else ("worker", "worker")
    requests = pluralize(load.requests, "request")
    share = f"{load.scaler.jobs_per_worker:g} per {per}"
    verb = "wants" if load.requests == 1 else "want"
    return f"{requests} at {share} {verb} {pluralize(load.demand, unit)}"


def _limit(load: _Load) -> str:
    if load.demand > load.scaler.maximum:
        return f"; the maximum is {load.scaler.maximum}"
    if load.demand < load.scaler.minimum:
        return f"; the minimum is {load.scaler.minimum}"
    return ""


def _scaling_down(scaler: Scaler) -> str:
    if scaler.kind == "ScaledJob":
        return "the other Jobs end when their requests are done"
    return "scaling in is paused" if scaler.scale_in_paused else "scaling down"


def _scaling_up(load: _Load) -> str:
    if load.wanted >= load.target:
        return ""
    if load.scaler.scale_out_paused:
        return "Scaling out is paused."
    if load.scaler.kind == "ScaledJob":
        return f"More follow within {load.scaler.polling_interval:g} s."
    return "Scaling up step by step."


def _states(load: _Load) -> str:
    """Describe the workers: one that failed, those without a node, those that start."""
    if failure := _failure(load.reading):
        return failure
    workers = load.reading.workers
    if pending := [worker for worker in workers if worker.phase == "pending"]:
        return _pending(pending)
    if load.reading.ready is None:
        return "How many of them are ready is unknown."
    return _starting(workers, load.wanted, load.wanted - load.reading.ready)


def _failure(reading: FleetReading) -> str:
    if reading.refusal:
        return f"The cluster refuses to create more workers: {end_sentence(reading.refusal)}"
    failed = next((worker for worker in reading.workers if worker.phase == "failed"), None)
    return f"{failed.name} failed: {end_sentence(failed.reason)}" if failed else ""


def _pending(workers: list[Worker]) -> str:
    """Describe what most workers without a node wait for."""
    [(reason, count)] = Counter(worker.reason for worker in workers).most_common(1)
    return f"{count} {end_sentence(reason if count == 1 else reason.replace('waits', 'wait', 1))}"


def _starting(workers: tuple[Worker, ...], wanted: int, missing: int) -> str:
    if missing <= 0:
        return {1: "It is ready.", 2: "Both are ready."}.get(wanted, f"All {wanted} are ready.")
    reasons = (worker.reason for worker in workers if worker.phase == "starting")
    reason = next(filter(None, reasons), None)
    verb = "is" if missing == 1 else "are"
    return f"{missing} {verb} starting{f': {reason}' if reason else ''}."


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
