"""Explain how the demands of triggers make workers, and what the workers wait for."""

import math
from collections import Counter
from dataclasses import dataclass

from dashboard.domain.fleet import FleetReading, Scaler, Trigger, Worker
from dashboard.presentation import trigger_clauses
from dashboard.presentation.formatting import end_sentence, pluralize

_CALCULATIONS = {"sum": "sum", "avg": "average", "min": "smallest"}


@dataclass(frozen=True)
class Load:
    """A scaler's triggers, and the workers for them."""

    reading: FleetReading
    scaler: Scaler
    triggers: tuple[Trigger, ...]
    wanted: int

    @property
    def requests(self) -> Trigger | None:
        """The trigger that counts this app's requests."""
        return next(filter(trigger_clauses.counts_requests, self.triggers), None)

    @property
    def known(self) -> list[Trigger]:
        """The triggers whose demand is known."""
        return [each for each in self.triggers if each.demand is not None]

    @property
    def unknown(self) -> list[Trigger]:
        """The triggers whose demand is unknown."""
        return [each for each in self.triggers if each.demand is None]

    @property
    def decider(self) -> Trigger:
        """The trigger with the highest known demand; the one of requests among equals."""
        return max(self.known, key=lambda each: (each.demand, each is self.requests))

    @property
    def demand(self) -> int:
        """Workers that the triggers ask for, before the limits apply."""
        if not self.is_combined:
            return self.decider.demand or 0
        # KEDA combines the triggers of a ScaledJob that are active.
        demands = [each.demand for each in self.known if each.demand] or [0]
        if self.scaler.calculation == "avg":
            return math.ceil(sum(demands) / len(demands))
        return sum(demands) if self.scaler.calculation == "sum" else min(demands)

    @property
    def is_combined(self) -> bool:
        """Whether not only the trigger with the highest demand decides."""
        return self.scaler.calculation in _CALCULATIONS and len(self.known) > 1

    @property
    def target(self) -> int:
        """Workers that the scaler moves to."""
        return min(self.scaler.maximum, max(self.demand, self.scaler.minimum, self.least))

    @property
    def least(self) -> int:
        """The autoscaler's own minimum."""
        return 0 if self.scaler.kind == "ScaledJob" else 1

    @property
    def unit(self) -> str:
        """What a demand is for."""
        return "Job" if self.scaler.kind == "ScaledJob" else "worker"


def explain_load(load: Load) -> tuple[str, str]:
    """Explain how triggers make workers, then what the workers that are not ready wait for."""
    count = pluralize(load.wanted, "worker")
    none_ready = ", none ready" if load.reading.ready == 0 else ""
    if not load.known or (load.unknown and load.wanted > load.target):
        clauses = (*_unknown(load), *([_demands(load)] if load.known else []))
        return f"Why {count}{none_ready}", f"{'; '.join(clauses)}. {_states(load)}"
    scaling_down = load.wanted > load.target
    lead = f"Why {'still ' if scaling_down else ''}{count}{none_ready}"
    explanation = "; ".join((f"{_demands(load)}{_limit(load)}", *_unknown(load)))
    if scaling_down:
        # Workers may still be starting, but the sentence explains why they will be stopped.
        sentences = [f"{explanation}; {_scaling_down(load.scaler)}.", _failure(load.reading)]
    else:
        sentences = [f"{explanation}.", _scaling_up(load), _states(load)]
    return lead, " ".join(sentence for sentence in sentences if sentence)


def _unknown(load: Load) -> list[str]:
    return [trigger_clauses.unknown_demand(each, load.triggers) for each in load.unknown]


def _demands(load: Load) -> str:
    """Describe the trigger that decides; the requests come first, since they are this app's."""
    triggers, decider, requests = load.triggers, load.decider, load.requests
    if load.is_combined:
        clauses = [trigger_clauses.demand(each, triggers, load.unit) for each in load.known]
        total = pluralize(load.demand, load.unit)
        return f"{', '.join(clauses)}; their {_CALCULATIONS[load.scaler.calculation]} is {total}"
    clause = trigger_clauses.demand(decider, triggers, load.unit)
    if decider is requests:
        is_highest = len(triggers) > 1 and not load.unknown
        return f"{clause}, the most of {len(triggers)} triggers" if is_highest else clause
    if requests is None or requests.value is None:
        return clause
    wanting = trigger_clauses.demand(requests, triggers, load.unit)
    lead = trigger_clauses.value(requests) if not requests.value else wanting
    return f"{lead}; {clause}"


def _limit(load: Load) -> str:
    if load.demand > load.scaler.maximum:
        return f"; the maximum is {load.scaler.maximum}"
    if load.demand < load.scaler.minimum:
        return f"; the minimum is {load.scaler.minimum}"
    if load.demand >= load.least:
        return ""
    cause = "the force-activation annotation" if load.scaler.forced else "an active trigger"
    return f"; {cause} keeps {load.least}"


def _scaling_down(scaler: Scaler) -> str:
    if scaler.kind == "ScaledJob":
        return "the other Jobs end when their requests are done"
    return "scaling in is paused" if scaler.scale_in_paused else "scaling down"


def _scaling_up(load: Load) -> str:
    if load.wanted >= load.target:
        return ""
    if load.scaler.scale_out_paused:
        return "Scaling out is paused."
    if load.scaler.kind == "ScaledJob":
        return f"More follow within {load.scaler.polling_interval:g} s."
    return "Scaling up step by step."


def _states(load: Load) -> str:
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
