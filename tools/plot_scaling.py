"""Write the plots and the table of docs/scaling.md: `python -m tools.plot_scaling`.

Each scenario simulates the same day, which takes about 20 s.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from dashboard.domain.scaling_rules import RateLimit, ScalingRules
from dashboard.domain.snapshot import Snapshot
from dashboard.fleet.scaling_rule import ScalingPolicy
from dashboard.presentation import formatting
from dashboard.presentation.whatif.lanes import samples_of, start_of
from dashboard.presentation.whatif.words import seconds
from dashboard.recordings.report import timeline
from dashboard.recordings.report.figures import Session
from dashboard.whatif import arrivals
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.nodes import NodeModel
from dashboard.whatif.result import Outcome, Price
from dashboard.whatif.scenario import Result, Scenario, try_scenario
from dashboard.whatif.setup import FleetModel, ScalerSetup, WorkerModel

REQUESTS = 10_000_000
PRICE = Price(hour=0.71)
FLEET = FleetModel(
    WorkerModel(load=40.0, picture=10.0),
    NodeModel(join=120.0, pull=60.0, idle=600.0),
)
_STYLE = """<style>
svg { color-scheme: light dark; font-family: system-ui, sans-serif; background: #fff;
  --ink: #17191e; --muted: #5b6069; --line: #e3e3e0; --marker: #c9c9c4;
  --requests: #b45309; --workers: #1d5fd1; --nodes: #7037d6 }
@media (prefers-color-scheme: dark) { svg { background: #111317;
  --ink: #edeef0; --muted: #9ba1ac; --line: #24272e; --marker: #3a3e47;
  --requests: #f2a33a; --workers: #6aa5ff; --nodes: #ae90ff } }
.grid, .floor { stroke: var(--line) } .floor { stroke: var(--marker) }
text { fill: var(--muted); font-size: 11px } .lane { fill: var(--ink); font-weight: 600 }
.tick { text-anchor: end }
.requests { --hue: var(--requests) } .workers { --hue: var(--workers) }
.nodes { --hue: var(--nodes) }
.line { fill: none; stroke: var(--hue); stroke-width: 1.6 }
.area { fill: var(--hue); fill-opacity: 0.16 }
.dashes .area { display: none } .dashes .line { stroke-dasharray: 4 3; stroke-width: 1.3 }
</style>"""


@dataclass(frozen=True)
class Behaviour:
    """One row of the table."""

    name: str
    """Of the plot's file; empty for none."""
    text: str
    policy: ScalingPolicy


def behaviours() -> Iterator[Behaviour]:
    """Yield settings for the day."""
    manifests = ScalingPolicy(
        maximum=2000,
        cooldown=150.0,
        up=ScalingRules(0.0, (RateLimit("Pods", 8, 15.0),)),
        down=ScalingRules(60.0, (RateLimit("Pods", 2, 15.0),)),
    )
    yield Behaviour("manifests", "the manifests' rates: 8 more or 2 fewer in 15 s", manifests)
    doubling = replace(
        manifests,
        up=ScalingRules(
            0.0,
            (
                RateLimit("Pods", 8, 15.0),
                RateLimit("Percent", 100, 15.0),
            ),
        ),
        down=ScalingRules(
            300.0,
            (
                RateLimit("Pods", 2, 15.0),
                RateLimit("Percent", 10, 15.0),
            ),
        ),
    )
    yield Behaviour("", "twice as many in 15 s; a tenth fewer, after 300 s", doubling)
    yield Behaviour(
        "two", "the same, with 2 requests per worker", replace(doubling, jobs_per_worker=2)
    )
    scarce = replace(doubling, jobs_per_worker=2, maximum=1400)
    yield Behaviour("scarce", "the same, with at most 1,400 workers", scarce)
    yield Behaviour("", "2,000 workers, always on", replace(doubling, minimum=2000))


def main(folder: Path) -> None:
    """Simulate the day with each behaviour; write its plot and print its row."""
    folder.mkdir(parents=True, exist_ok=True)
    day = arrivals.day(REQUESTS)
    print("| settings | half start within | 95% within | GPU-hours | cost | idle |")
    print("|---|---|---|---|---|---|")
    for behaviour in behaviours():
        result = _try(behaviour, day)
        print(_row(behaviour, result.outcome), flush=True)
        if behaviour.name:
            (folder / f"day-{behaviour.name}.svg").write_text(draw(result), encoding="utf-8")


def _try(behaviour: Behaviour, day: Arrivals) -> Result:
    setup = ScalerSetup("ScaledObject", behaviour.policy, polling=5.0)
    return try_scenario(Scenario(setup, FLEET, PRICE), day)


def _row(behaviour: Behaviour, found: Outcome) -> str:
    waits = [
        formatting.UNKNOWN if each is None else seconds(each) for each in (found.p50, found.p95)
    ]
    cost = formatting.money(found.cost or 0.0, "$")
    idle = formatting.UNKNOWN if found.idle_share is None else f"{found.idle_share:.0%}"
    cells = (behaviour.text, *waits, f"{found.hours:,.0f}", cost, idle)
    return f"| {' | '.join(cells)} |"


def draw(result: Result) -> str:
    """Return a run as an SVG file with the lanes of the live chart, for light and dark pages."""
    samples = tuple(samples_of(result.run))
    start = start_of(result.run)
    end = start + result.run.arrivals.span
    lanes = ("requests", "workers", "nodes")
    snapshot = Snapshot(at=end, mode="cluster", lanes=lanes, samples=samples)
    picture = str(timeline.draw(Session(start, end, snapshot), UTC))
    # Left of the lanes is room for numbers in the millions.
    opening, content = picture.replace('viewBox="0 0 960', 'viewBox="-32 0 992', 1).split(">", 1)
    return f'{opening.strip()} xmlns="http://www.w3.org/2000/svg">{_STYLE}{content}'


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/scaling"))
