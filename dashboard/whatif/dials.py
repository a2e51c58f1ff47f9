"""All dials of the laboratory, and what they make of a scenario."""

from collections.abc import Iterator, Mapping
from math import isfinite

from dashboard.whatif import fleet_dials, scaler_dials
from dashboard.whatif.dial import Dial
from dashboard.whatif.scenario import Scenario


def dials(real: Scenario) -> Iterator[Dial]:
    """Yield the dials that have a meaning for a scaler and a fleet."""
    yield from scaler_dials.limits(real)
    yield from scaler_dials.pauses(real)
    yield from fleet_dials.prices(real)
    yield from fleet_dials.workers(real)
    yield from fleet_dials.nodes(real)


def apply(real: Scenario, changes: Mapping[str, float]) -> Scenario:
    """Return the scenario with changed numbers; those beyond a dial's ends are limited.

    The maximum is at least the minimum, whichever was moved last.
    """
    scenario = real
    for dial in dials(real):
        value = changes.get(dial.name)
        if value is not None and isfinite(value):
            scenario = dial.write(scenario, min(max(value, dial.low), dial.high))
    policy = scenario.setup.policy
    return scenario.with_policy(maximum=max(policy.maximum, policy.minimum))


def changes_to(real: Scenario, scenario: Scenario) -> dict[str, float]:
    """Return the numbers in which a scenario differs from the real one, by the dials' names."""
    found = ((dial.name, dial.read(real), dial.read(scenario)) for dial in dials(real))
    return {name: now for name, before, now in found if now is not None and now != before}
