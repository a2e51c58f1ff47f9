"""The state of queue, store and fleet, as all pages show it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.routes.health import newest_context
from dashboard.routes.v1.answers import respond
from dashboard.routes.v1.schemas.state import (
    FleetState,
    NodeState,
    QueueState,
    ScalerState,
    State,
    StoreState,
    WorkerState,
)


async def read_state(_request: Request) -> Response:
    """Return the newest readings, each with its age."""
    context = newest_context()
    return respond(to_state(context.sampler.snapshot(), context.now()))


def to_state(snapshot: Snapshot, now: float) -> State:
    """Convert a snapshot; ages are relative to ``now``, as it may be old itself."""
    counts = snapshot.counts
    return State(
        at=snapshot.at,
        mode=snapshot.mode,
        queue=QueueState(
            waiting=counts.waiting if counts else None,
            deferred=counts.deferred if counts else None,
            generating=counts.generating if counts else None,
            paused=counts.paused if counts else None,
            **_source(snapshot.queue, now),
        ),
        store=StoreState(
            pictures=snapshot.pictures_stored,
            pictures_since_start=snapshot.pictures_total,
            **_source(snapshot.store, now),
        ),
        fleet=_fleet(snapshot, now),
        model=snapshot.model,
    )


def _fleet(snapshot: Snapshot, now: float) -> FleetState:
    reading = snapshot.fleet
    if reading is None:
        return _reported(snapshot)
    fleet, source = reading.value, _source(reading, now)
    if fleet is None:
        return FleetState(**_UNKNOWN | source)
    nodes = fleet.nodes
    return FleetState(
        wanted=fleet.wanted,
        ready=fleet.ready,
        scaler=ScalerState.model_validate(fleet.scaler) if fleet.scaler else None,
        workers=tuple(map(WorkerState.model_validate, fleet.workers)),
        nodes=None if nodes is None else tuple(map(NodeState.model_validate, nodes)),
        refusal=fleet.refusal or None,
        warnings=fleet.warnings,
        **source,
    )


def _reported(snapshot: Snapshot) -> FleetState:
    """Return the workers that sent events, where this dashboard reads no fleet."""
    workers = tuple(map(WorkerState.model_validate, snapshot.reported_workers))
    return FleetState(**_UNKNOWN | {"workers": workers, "age": None, "error": None})


_UNKNOWN: dict[str, Any] = {
    "wanted": None,
    "ready": None,
    "scaler": None,
    "workers": None,
    "nodes": None,
    "refusal": None,
    "warnings": (),
}


def _source(reading: Reading[Any], now: float) -> dict[str, Any]:
    return {"age": reading.age(now), "error": reading.error}
