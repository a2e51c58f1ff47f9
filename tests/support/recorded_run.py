"""Runs that were recorded on the real KEDA, beside simulations of the same requests."""

from functools import cache
from pathlib import Path

from dashboard.domain.inputs import Observation
from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.recordings.folder import BUNDLED
from dashboard.recordings.reader import Recording, read
from dashboard.recordings.replay_state import ReplayState
from dashboard.whatif.agreement import Agreement, agreement
from dashboard.whatif.real import in_step, measured, model_of, setup_of, trace_of
from dashboard.whatif.simulate import simulate

RUNS = {
    "0 to 8 workers, 1 request per worker": BUNDLED,
    # Made as the bundled one, with other settings; it has no pictures and no steps.
    "1 to 6 workers, 2 requests per worker": Path(__file__).parent / "two_per_worker.jsonl",
}


@cache
def _recording(name: str) -> Recording:
    return read(RUNS[name])


def snapshot(name: str) -> Snapshot:
    """Return a whole recorded run."""
    recording = _recording(name)
    state = ReplayState(recording)
    state.play_until(recording.end)
    return state.sampler.snapshot()


def compare(name: str) -> Agreement:
    """Return how far a simulation with the recorded settings is from a recorded run."""
    recorded = snapshot(name)
    trace = trace_of(recorded, float("inf"))
    setup = in_step(setup_of(recorded.fleet.value.scaler), recorded.samples, trace.arrivals)
    run = simulate(trace.arrivals, setup, model_of(measured(recorded)))
    return agreement(run, recorded, _listings(name))


def _listings(name: str) -> list[Sample]:
    """Return the wanted workers, each at the time at which the cluster was listed."""
    inputs = (step.input for step in _recording(name).steps)
    fleets = [each.fleet for each in inputs if isinstance(each, Observation) and each.fleet]
    wanted = {fleet.at: fleet.value.wanted for fleet in fleets if fleet.value}
    return [Sample(at=at, wanted=number) for at, number in sorted(wanted.items())]
