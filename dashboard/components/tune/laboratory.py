"""The real scenario of a run, and its comparison with the one that a viewer tries."""

from dataclasses import dataclass
from threading import Condition

import streamlit as st
from cachetools import LRUCache, cached

from core.errors import RecordingError
from dashboard import runtime
from dashboard.components.common import tables
from dashboard.components.tune import controls
from dashboard.components.tune.arrivals import Source, selected_source
from dashboard.components.tune.result_cache import result_cache
from dashboard.domain.fleet import LOCAL, Scaler
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import formatting
from dashboard.whatif.agreement import agreement
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.dials import apply
from dashboard.whatif.measure import Measurements
from dashboard.whatif.real import in_step, measured, model_of, setup_of
from dashboard.whatif.result import Price
from dashboard.whatif.scenario import Result, Scenario, try_scenario

_MAX_KEPT_REQUESTS = 500_000
"""Of all cached runs together; each takes about 50 bytes."""
_REQUESTS_OF_AN_EMPTY_RUN = 5_000
"""The size of a run's polls and changes, as a number of requests."""
_UNREAD = "Unknown: the settings of what scales the workers cannot be read at the moment."
_NO_SCALER = "Unknown: this dashboard reads no scaler (FLEET=none). Choose a recording."
_NO_REQUESTS = "Unknown: no trigger of this scaler counts requests, so none can be replayed."

_results: LRUCache[tuple[Scenario, int], Result] = LRUCache(
    _MAX_KEPT_REQUESTS,
    getsizeof=lambda result: _REQUESTS_OF_AN_EMPTY_RUN + len(result.run.arrivals),
)


@dataclass(frozen=True)
class Real:
    """What runs: the scaler as it was read, and the scenario that is measured from its run."""

    scaler: Scaler
    scenario: Scenario
    measured: Measurements

    @property
    def title(self) -> str:
        """Kind and name of the scaler."""
        return f"{self.scaler.kind} {self.scaler.name or ''}".strip()


def read() -> tuple[Source, Real] | str:
    """Return the selected requests and what really ran, or a sentence why that is unknown."""
    try:
        source = selected_source()
    except RecordingError as error:
        return str(error)
    reason = why_unknown(source.snapshot)
    settings = runtime.current().settings
    real = real_scenario((source,), settings.gpu_hour_price, settings.max_ready_jobs)
    return reason if reason or real is None else (source, real)


@result_cache
def real_scenario(source: Source, price: float | None, max_ready: int) -> Real | None:
    """Return the settings and the fleet of a run; None without a scaler."""
    fleet = source.snapshot.fleet.value if source.snapshot.fleet else None
    if fleet is None or fleet.scaler is None:
        return None
    found = measured(source.snapshot)
    setup = in_step(
        setup_of(fleet.scaler, max_ready), source.snapshot.samples, source.trace.arrivals
    )
    scenario = Scenario(setup, model_of(found), None if price is None else Price(price))
    return Real(fleet.scaler, scenario, found)


def why_unknown(snapshot: Snapshot) -> str:
    """Return why a run cannot be simulated, as a sentence; empty if it can."""
    if snapshot.fleet is None:
        return _NO_SCALER
    scaler = snapshot.fleet.value.scaler if snapshot.fleet.value else None
    if scaler is None:
        return _UNREAD
    return _NO_REQUESTS if scaler.jobs_per_worker is None else ""


def compare(source: Source, real: Real, changes: dict[str, float]) -> tuple[Result, Result]:
    """Simulate the requests with the real settings and with the changed ones.

    Prices and measured durations are changed for both, since no setting of a scaler changes them.
    """
    tried = apply(real.scenario, changes)
    as_real = Scenario(real.scenario.setup, tried.model, tried.price)
    arrivals = source.trace.arrivals
    return _try(as_real, arrivals), _try(tried, arrivals)


# The key has the arrivals' id, which is not reused: their run keeps them alive.
@cached(_results, key=lambda scenario, arrivals: (scenario, id(arrivals)), condition=Condition())
def _try(scenario: Scenario, arrivals: Arrivals) -> Result:
    """Simulate once for all sessions that show the same; others do not wait for it."""
    return try_scenario(scenario, arrivals)


def show_reset(source: Source, real: Real, as_real: Result) -> None:
    """Show how true the simulation is, and the button that moves all dials back."""
    place = "on this machine" if real.scaler.kind == LOCAL else "in the cluster"
    limits = f"{assumed(real.measured)}{left_out(real.scaler)}"
    note = f"{_truth((source, as_real))}{limits} Nothing is changed {place}."
    st.html(tables.note(note))
    st.button("Reset to real", key="tune_reset", on_click=controls.change_to, args=({},))


def assumed(measured: Measurements) -> str:
    """Return which durations no event of the run has shown, as a sentence; empty without any."""
    found = {"a picture": measured.picture, "the start of a worker": measured.load}
    if measured.has_nodes:
        found |= {"the join of a node": measured.join, "the pull of its image": measured.pull}
    names = [name for name, quantity in found.items() if quantity.is_assumed]
    return f" Durations assumed, not yet measured: {', '.join(names)}." if names else ""


def left_out(scaler: Scaler) -> str:
    """Return which of a scaler's settings are not simulated, as a sentence; empty without any."""
    is_paused = scaler.paused or scaler.scale_in_paused or scaler.scale_out_paused
    found = {
        "triggers that count no requests": len(scaler.triggers) > 1,
        "the idle replica count": scaler.idle is not None,
        f"the {scaler.strategy} strategy": scaler.strategy != "default",
        "the pause": is_paused,
        "the force-activation annotation": scaler.forced,
    }
    names = [name for name, is_set in found.items() if is_set]
    return f" Not simulated: {', '.join(names)}." if names else ""


@result_cache
def _truth(source: Source, as_real: Result) -> str:
    if not source.trace.samples:
        return "These requests are made up; the settings are real."
    found = agreement(as_real.run, source.snapshot, source.trace.samples)
    if found.replicas is None:
        return "No worker is known to have been wanted in this time, so nothing can be compared."
    waiting = "" if found.p95 is None else f", p95 of waiting {found.p95:.0%}"
    return (
        f"With the real settings, the simulation's number of workers is {found.replicas:.0%} "
        f"off what was read{waiting}, over {formatting.duration(source.trace.arrivals.span)}."
    )
