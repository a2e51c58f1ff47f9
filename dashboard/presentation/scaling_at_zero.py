"""Explain why there are no workers, and what starts the first."""

from collections.abc import Iterator, Sequence

from dashboard.domain.fleet import LOCAL, Scaler, Trigger
from dashboard.domain.queue_counts import QueueCounts
from dashboard.presentation.formatting import duration, pluralize
from dashboard.presentation.trigger_clauses import (
    can_activate,
    counts_requests,
    is_active,
    not_active,
    nothing_to_receive,
    title,
    unknown_demand,
    value,
)

_MAX_MISSED_POLLS = 3
_READING_DELAY_SECONDS = 10.0
"""Time until a change that the scaler made is read here."""


def explain_zero(
    scaler: Scaler, triggers: Sequence[Trigger], counts: QueueCounts | None, unserved: float
) -> str:
    """Explain the absence of workers; ``unserved`` is the seconds for which requests wait."""
    requests = next(filter(counts_requests, triggers), None)
    if cause := _cause(scaler, triggers):
        return _started(scaler, cause)
    if requests and requests.value and is_active(requests):
        return _unserved(scaler, requests, unserved)
    clauses = [*_quiet(triggers, requests, counts), *_unknown(scaler, triggers)]
    return f"{'; '.join(clauses)}{_next_start(scaler, triggers, requests)}"


def _cause(scaler: Scaler, triggers: Sequence[Trigger]) -> str | None:
    """Return what will start a worker other than requests."""
    if scaler.forced:
        return "held active by the force-activation annotation"
    if fallback := next((each for each in triggers if each.is_fallback), None):
        return f"{title(fallback, triggers)} cannot be read, so the fallback applies"
    others = (each for each in triggers if can_activate(each) and not counts_requests(each))
    if active := next((each for each in others if is_active(each)), None):
        return f"{title(active, triggers)} is active"
    if not any(map(can_activate, triggers)):
        return f"{title(triggers[0], triggers)} is always active"
    has_minimum = scaler.minimum and scaler.idle is None
    return f"the minimum is {scaler.minimum}" if has_minimum else None


def _started(scaler: Scaler, cause: str) -> str:
    if scaler.scale_out_paused:
        return f"{cause}, but scaling out is paused."
    return f"{cause}; a worker starts within {scaler.polling_interval:g} s."


def _unserved(scaler: Scaler, requests: Trigger, seconds: float) -> str:
    count = pluralize(int(requests.value or 0), "request")
    interval = f"{scaler.polling_interval:g} s"
    if scaler.scale_out_paused:
        return f"{count} waiting, but scaling out is paused."
    if seconds > _MAX_MISSED_POLLS * scaler.polling_interval + _READING_DELAY_SECONDS:
        return (
            f"{count} waiting for {duration(seconds)}; the scaler, which polls every "
            f"{interval}, has not started a worker. {_question(scaler)}"
        )
    return f"{count} arrived since the last poll; a worker starts within {interval}."


def _question(scaler: Scaler) -> str:
    return "Is it running?" if scaler.kind == LOCAL else "Is the KEDA operator running?"


def _quiet(
    triggers: Sequence[Trigger], requests: Trigger | None, counts: QueueCounts | None
) -> Iterator[str]:
    """Describe why nothing that is known starts a worker."""
    if requests:
        yield _too_few(requests, triggers, counts)
        return
    if counts and counts.waiting:
        is_formula = any(each.type == "formula" for each in triggers)
        uncounted = "" if is_formula else ", but no trigger counts them"
        yield f"{pluralize(counts.waiting, 'request')} waiting{uncounted}"
    if names := [title(each, triggers) for each in triggers if is_active(each) is False]:
        yield not_active(names)


def _too_few(requests: Trigger, triggers: Sequence[Trigger], counts: QueueCounts | None) -> str:
    if requests.failed:
        return unknown_demand(requests, triggers)
    if requests.value is None:
        return "the requests could not be counted"
    return below_activation(requests) if requests.value else nothing_to_receive(counts)


def _unknown(scaler: Scaler, triggers: Sequence[Trigger]) -> Iterator[str]:
    """Describe which triggers may start a worker without this being known."""
    ready = next((each.status for each in scaler.conditions if each.name == "Ready"), None)
    cause = "KEDA has not reported it" if ready else "KEDA could not read all triggers"
    for each in triggers:
        if can_activate(each) and not counts_requests(each) and is_active(each) is None:
            reason = each.unknown if each.failed else cause
            yield f"whether {title(each, triggers)} is active is unknown, because {reason}"


def below_activation(requests: Trigger) -> str:
    """Describe requests that are too few to keep the scaler active."""
    place = "below" if (requests.value or 0) < requests.activation else "at"
    return f"{value(requests)}, {place} the activation value of {requests.activation:g}"


def _next_start(scaler: Scaler, triggers: Sequence[Trigger], requests: Trigger | None) -> str:
    """Return the end of the sentence: what starts a worker next."""
    if requests is None or requests.value is None or any(_unknown(scaler, triggers)):
        return "."
    interval = f"{scaler.polling_interval:g} s"
    if scaler.scale_out_paused:
        return "; scaling out is paused."
    if not requests.activation:
        return f". The next request starts a worker within {interval}."
    noun = "" if requests.value else " requests"
    return f"; more than {requests.activation:g}{noun} start a worker within {interval}."
