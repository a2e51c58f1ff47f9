"""A scenario: everything that a person may change before a simulation."""

from dataclasses import dataclass, replace
from typing import Any

from dashboard.fleet.reconciliation import scale_down_window
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.result import Outcome, Price, outcome
from dashboard.whatif.setup import FleetModel, ScalerSetup
from dashboard.whatif.simulate import Run, simulate


@dataclass(frozen=True)
class Scenario:
    """A scaler, a fleet, and what it costs."""

    setup: ScalerSetup
    model: FleetModel
    price: Price | None

    def with_policy(self, **changes: Any) -> "Scenario":
        """Return the scenario with other settings of the scaling rule."""
        policy = replace(self.setup.policy, **changes)
        if self.setup.is_local and "cooldown" in changes:
            policy = replace(
                policy, down=replace(policy.down, window=scale_down_window(policy.cooldown))
            )
        return replace(self, setup=replace(self.setup, policy=policy))

    def with_workers(self, **changes: Any) -> "Scenario":
        """Return the scenario with other workers."""
        workers = replace(self.model.workers, **changes)
        return replace(self, model=replace(self.model, workers=workers))

    def with_nodes(self, **changes: Any) -> "Scenario":
        """Return the scenario with other nodes; the same without nodes."""
        if self.model.nodes is None:
            return self
        return replace(self, model=replace(self.model, nodes=replace(self.model.nodes, **changes)))


@dataclass(frozen=True)
class Result:
    """A scenario's run, and what it amounts to."""

    scenario: Scenario
    run: Run
    outcome: Outcome


def try_scenario(scenario: Scenario, arrivals: Arrivals) -> Result:
    """Simulate a scenario."""
    run = simulate(arrivals, scenario.setup, scenario.model)
    return Result(scenario, run, outcome(run, scenario.price))
