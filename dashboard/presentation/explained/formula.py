"""One formula for the number of workers, with the numbers of a snapshot."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from dashboard.domain.fleet import LOCAL, FleetReading, Phase
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation.explained.demand import demand_terms
from dashboard.presentation.explained.rules import rows
from dashboard.presentation.explained.stabilization import stabilization_term
from dashboard.presentation.explained.terms import Dots, Form, Scale, Term, dots
from dashboard.presentation.formatting import UNKNOWN, time_ago
from dashboard.presentation.scaling_idle import is_idle
from dashboard.presentation.scaling_load import Load, read_load

_STATES: tuple[tuple[Phase, Form], ...] = (
    ("starting", "half"),
    ("pending", "ring"),
    ("failed", "none"),
    ("stopping", "none"),
)


@dataclass(frozen=True)
class Explanation:
    """The formula and the rules beside it, or a sentence in place of both."""

    title: str
    beside: str = ""
    terms: tuple[Term, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    note: str = ""


def explain(snapshot: Snapshot, zone: tzinfo | None) -> Explanation | None:
    """Return how the scaler decides; None where nothing scales the workers."""
    if snapshot.fleet is None:
        return None
    reading = snapshot.fleet.value
    if reading is None or reading.scaler is None:
        return Explanation("How the scaler decides", note=_unread(snapshot.fleet, zone))
    load = read_load(reading, reading.scaler, snapshot.counts)
    return Explanation(
        title="How KEDA's rule decides" if load.scaler.kind == LOCAL else "How KEDA decides",
        beside=f"{load.scaler.kind} {load.scaler.name or ''}".strip(),
        terms=tuple(_terms(load, snapshot)),
        rules=tuple(rows(load, snapshot.samples, zone)),
    )


def _unread(fleet: Reading[FleetReading], zone: tzinfo | None) -> str:
    if fleet.value is None:
        return f"Unknown: {time_ago(fleet.at, zone)}."
    return "Unknown: the scaler could not be read."


def _terms(load: Load, snapshot: Snapshot) -> Iterator[Term]:
    yield from demand_terms(load, snapshot.counts)
    yield _limits(load)
    reading = snapshot.fleet or Reading[FleetReading]()
    age = snapshot.at - (reading.at or snapshot.at)
    if term := stabilization_term(load, snapshot.samples, age):
        yield term
    yield _wanted(load)


def _limits(load: Load) -> Term:
    scaler = load.scaler
    value = _limited(load) if load.known else None
    return Term(
        f"{scaler.minimum} … {scaler.maximum}",
        "minimum, maximum",
        "" if value is None else _clamp(load, value),
        operator="→",
        picture=Scale(scaler.minimum, scaler.maximum, value),
    )


def _limited(load: Load) -> int:
    """Return the demand within the limits; without an active trigger that is not one at least."""
    is_inactive = is_idle(load) or (load.wanted == 0 and not load.demand)
    return load.scaler.minimum if is_inactive else load.target


def _clamp(load: Load, target: int) -> str:
    demand, minimum = load.demand, load.scaler.minimum
    if load.scaler.strategy != "default":
        return f"{load.scaler.strategy} strategy: more start"
    if load.is_job and minimum:
        return f"the minimum of {minimum} is added: {target}"
    if demand > target:
        return f"{demand} is above: {target}"
    if demand < minimum:
        return f"{demand} is below: {target}"
    return f"{demand} lies between" if demand == target else "one at least while active"


def _wanted(load: Load) -> Term:
    reading, name = load.reading, "Jobs running" if load.is_job else "wanted"
    number = UNKNOWN if reading.wanted is None else str(reading.wanted)
    if reading.wanted is None:
        return Term(number, name, "could not be read", "workers", operator="=")
    return Term(number, name, _states(reading), "workers", "=", _worker_dots(reading))


def _states(reading: FleetReading) -> str:
    if not reading.wanted and not reading.workers:
        return "scaled to zero"
    phases = Counter(worker.phase for worker in reading.workers)
    ready = UNKNOWN if reading.ready is None else str(reading.ready)
    counts = (f"{phases[phase]} {phase}" for phase, _ in _STATES if phases[phase])
    return ", ".join((f"{ready} ready", *counts))


def _worker_dots(reading: FleetReading) -> Dots:
    phases = Counter(worker.phase for worker in reading.workers)
    groups = [(phases[phase], form) for phase, form in _STATES]
    return dots((reading.ready or 0, "full"), *groups)
