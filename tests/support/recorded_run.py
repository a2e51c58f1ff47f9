"""The bundled recording, made on the real KEDA, beside a simulation of the same requests."""

from dataclasses import replace

from dashboard.domain.inputs import Observation
from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.fleet.scaling_rule import Behaviour, RatePolicy
from dashboard.recordings.folder import BUNDLED
from dashboard.recordings.reader import read
from dashboard.recordings.replay_state import ReplayState
from dashboard.whatif.agreement import Agreement, agreement
from dashboard.whatif.real import in_step, measured, model_of, setup_of, stretch_of
from dashboard.whatif.setup import ScalerSetup
from dashboard.whatif.simulate import Run, simulate

SYNC_SECONDS = 2.0
"""The tests' control plane runs the HPA this often."""


def snapshot() -> Snapshot:
    """Return the whole recorded run."""
    recording = read(BUNDLED)
    state = ReplayState(recording)
    state.play_until(recording.end)
    return state.sampler.snapshot()


def setup(recorded: Snapshot) -> ScalerSetup:
    """Return the settings of the recorded run; its recorder knew no behavior of the HPA yet."""
    found = setup_of(recorded.fleet.value.scaler)
    # As in tests/support/cluster/talk.py.
    up = Behaviour(0.0, RatePolicy(workers=8, percent=0))
    down = Behaviour(10.0, RatePolicy(workers=4, percent=0))
    policy = replace(found.policy, up=up, down=down)
    return replace(found, policy=policy, sync=SYNC_SECONDS)


def simulated(recorded: Snapshot) -> Run:
    """Simulate the recorded requests under the recorded settings."""
    stretch = stretch_of(recorded, float("inf"))
    model = model_of(measured(recorded))
    return simulate(stretch.arrivals, in_step(setup(recorded), stretch), model)


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
