"""The bundled recording, made on the real KEDA, beside a simulation of the same requests."""

from dashboard.domain.inputs import Observation
from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.recordings.folder import BUNDLED
from dashboard.recordings.reader import read
from dashboard.recordings.replay_state import ReplayState
from dashboard.whatif.agreement import Agreement, agreement
from dashboard.whatif.real import in_step, measured, model_of, setup_of, stretch_of
from dashboard.whatif.simulate import Run, simulate


def snapshot() -> Snapshot:
    """Return the whole recorded run."""
    recording = read(BUNDLED)
    state = ReplayState(recording)
    state.play_until(recording.end)
    return state.sampler.snapshot()


def simulated(recorded: Snapshot) -> Run:
    """Simulate the recorded requests under the recorded settings."""
    stretch = stretch_of(recorded, float("inf"))
    model = model_of(measured(recorded))
    setup = setup_of(recorded.fleet.value.scaler)
    setup = in_step(setup, recorded.samples, stretch.start)
    return simulate(stretch.arrivals, setup, model)


def readings() -> list[Sample]:
    """Return the wanted workers, each at the time at which the cluster was listed."""
    inputs = (step.input for step in read(BUNDLED).steps)
    fleets = [each.fleet for each in inputs if isinstance(each, Observation) and each.fleet]
    wanted = {fleet.at: fleet.value.wanted for fleet in fleets if fleet.value}
    return [Sample(at=at, wanted=number) for at, number in sorted(wanted.items())]


def compare() -> Agreement:
    """Return how far the simulation is from the recorded run."""
    recorded = snapshot()
    return agreement(simulated(recorded), recorded, readings())
