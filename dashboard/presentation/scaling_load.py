"""Explain how the demands of triggers make workers."""

import math
from dataclasses import dataclass

from dashboard.domain.fleet import FleetReading, Scaler, Trigger
from dashboard.domain.queue_counts import QueueCounts
from dashboard.presentation import trigger_clauses
from dashboard.presentation.formatting import pluralize
from dashboard.presentation.scaling_states import describe_failure, describe_states

_CALCULATIONS = {"sum": "sum", "avg": "average"}


@dataclass(frozen=True)
class Load:
    """A scaler's triggers, and the workers for them."""

    reading: FleetReading
    scaler: Scaler
    triggers: tuple[Trigger, ...]
    wanted: int
    counts: QueueCounts | None = None

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
    def is_job(self) -> bool:
        """Whether a Kubernetes Job is made for each share of the demand."""
        return self.scaler.kind == "ScaledJob"

    @property
    def decider(self) -> Trigger:
        """The known trigger that decides; the one of requests among equals.

        The autoscaler takes the highest demand, a ScaledJob the highest or lowest value of those
        that are active.
        """
        if not self.is_job:
            return max(self.known, key=lambda each: (each.demand, each is self.requests))
        active = [each for each in self.known if each.value] or self.known
        if self.scaler.calculation == "min":
            return min(active, key=lambda each: each.value or 0.0)
        return max(active, key=lambda each: (each.value or 0.0, each is self.requests))

    @property
    def demand(self) -> int:
        """Workers that the triggers demand, before the limits apply."""
        if not self.is_combined:
            return self.decider.demand or 0
        shares = [
            min(each.value / each.target, self.scaler.maximum)
            for each in self.known
            if each.value and each.target
        ]
        is_sum = self.scaler.calculation == "sum"
        return math.ceil(sum(shares) / (1 if is_sum else max(len(shares), 1)))

    @property
    def is_combined(self) -> bool:
        """Whether no single trigger decides."""
        return self.scaler.calculation in _CALCULATIONS and len(self.known) > 1

    @property
    def target(self) -> int:
        """Workers that the scaler moves to."""
        minimum = self.scaler.minimum
        # A ScaledJob starts Jobs for its triggers besides the minimum.
        wanted = self.demand + minimum if self.is_job else max(self.demand, minimum, 1)
        return min(self.scaler.maximum, wanted)

    @property
    def is_decided(self) -> bool:
        """Whether the scaler moves to the target, as far as the triggers are known."""
        return self.scaler.strategy == "default" and (
            not self.unknown or self.wanted <= self.target
        )

    @property
    def unit(self) -> str:
        """What a demand is for."""
        return "Job" if self.is_job else "worker"


def read_load(reading: FleetReading, scaler: Scaler, counts: QueueCounts | None) -> Load:
    """Return the load of a reading, with the queue's own counts where KEDA's are missing or old."""
    wanted = reading.wanted or 0
    triggers = trigger_clauses.current_triggers(scaler, wanted, counts)
    return Load(reading, scaler, tuple(triggers), wanted, counts)


def explain_load(load: Load) -> tuple[str, str]:
    """Explain how triggers make workers, then what the workers that are not ready wait for."""
    count = pluralize(load.wanted, "worker")
    none_ready = ", none ready" if load.reading.ready == 0 else ""
    if not load.known or not load.is_decided:
        demands = [f"{_demands(load)}{_limit(load)}"] if load.known else []
        clauses = (*_unknown(load), *demands)
        return (
            f"Why {count}{none_ready}",
            f"{'; '.join(clauses)}. {describe_states(load.reading, load.wanted)}",
        )
    scaling_down = load.wanted > load.target
    lead = f"Why {'still ' if scaling_down else ''}{count}{none_ready}"
    explanation = "; ".join((f"{_demands(load)}{_limit(load)}", *_unknown(load)))
    if scaling_down:
        # Workers may still be starting, but the sentence explains why they will be stopped.
        sentences = [
            f"{explanation}; {_scaling_down(load.scaler)}.",
            describe_failure(load.reading),
        ]
    else:
        sentences = [
            f"{explanation}.",
            _scaling_up(load),
            describe_states(load.reading, load.wanted),
        ]
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
    if decider is requests and not decider.value and not decider.is_fallback:
        return trigger_clauses.value(decider)
    if decider is requests:
        is_known = len(triggers) > 1 and not load.unknown
        return f"{clause}, {_rank(load)} of {len(triggers)} triggers" if is_known else clause
    if requests is None or requests.value is None:
        return clause
    wanting = trigger_clauses.demand(requests, triggers, load.unit)
    lead = trigger_clauses.value(requests) if not requests.value else wanting
    return f"{lead}; {clause}"


def _rank(load: Load) -> str:
    if not load.is_job:
        return "the most"
    return f"the {'lowest' if load.scaler.calculation == 'min' else 'highest'} value"


def _limit(load: Load) -> str:
    demand, scaler = load.demand, load.scaler
    if scaler.strategy != "default":
        return f"; how many more the {scaler.strategy} strategy starts is unknown"
    if demand > scaler.maximum - (scaler.minimum if load.is_job else 0):
        return f"; the maximum is {scaler.maximum}"
    if load.is_job:
        return f"; the minimum of {scaler.minimum} is added" if scaler.minimum else ""
    if demand < scaler.minimum:
        return f"; the minimum is {scaler.minimum}"
    if demand:
        return ""
    cause = "the force-activation annotation" if scaler.forced else "an active trigger"
    return f"; {cause} keeps 1"


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
