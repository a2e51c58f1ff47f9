"""How fast the what-if laboratory is, and how far it is from a recorded run on the real KEDA."""

import os
import time
from collections.abc import Callable

import numpy as np

from bench.report import Figure, show
from dashboard.domain.scaling_rules import RateLimit, ScalingRules
from dashboard.fleet.scaling_rule import ScalingPolicy
from dashboard.whatif import arrivals, parallel
from dashboard.whatif.agreement import Agreement
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.nodes import NodeModel
from dashboard.whatif.result import Price, outcome
from dashboard.whatif.search import candidates
from dashboard.whatif.setup import FleetModel, ScalerSetup, WorkerModel
from dashboard.whatif.simulate import simulate
from tests.support import recorded_run

PRICE = Price(hour=0.71)
SMALL = FleetModel(WorkerModel(load=9, picture=4.2), NodeModel(join=38, pull=10, slots=2, gpus=2))
LARGE = FleetModel(WorkerModel(load=40, picture=10), NodeModel(join=120, pull=60))


def scaler(minimum: int, maximum: int) -> ScalerSetup:
    """Return a ScaledObject with the manifests' behavior, for a fleet of any size."""
    up = ScalingRules(
        0.0,
        (
            RateLimit("Pods", 8, 15.0),
            RateLimit("Percent", 100, 15.0),
        ),
    )
    down = ScalingRules(
        60.0,
        (
            RateLimit("Pods", 2, 15.0),
            RateLimit("Percent", 10, 15.0),
        ),
    )
    policy = ScalingPolicy(minimum=minimum, maximum=maximum, cooldown=150.0, up=up, down=down)
    return ScalerSetup("ScaledObject", policy, polling=5.0)


def main(runs: int = 3) -> None:
    """Measure an hour, 500 settings of it, and a day; then compare with the recorded runs."""
    hour = _hour(10_000)
    settings = list(candidates(scaler(0, 20)))
    day = arrivals.day(10_000_000)
    figures = [
        *_timed("an hour, 10,000 requests", lambda: _simulate(hour, scaler(0, 20), SMALL), runs),
        *_timed(
            f"that hour, {len(settings)} settings, two processes",
            lambda: parallel.try_all(settings, hour, SMALL, PRICE),
        ),
        *_timed("a day, 10 million requests", lambda: _simulate(day, scaler(100, 2000), LARGE)),
    ]
    show("What-if laboratory", figures)
    print("Against recorded runs on the real KEDA, with their settings, off by:")
    for name in recorded_run.RUNS:
        found = recorded_run.compare(name)
        print(f"{name}: {_describe(found)}")


def _describe(found: Agreement) -> str:
    return (
        f"replicas {found.replicas:.1%} of their sum over all seconds (equal at "
        f"{found.equal_seconds:.0%}), finish {found.finish:.1%}, p95 of waiting {found.p95:.1%}"
    )


def _simulate(requests: Arrivals, setup: ScalerSetup, model: FleetModel) -> None:
    outcome(simulate(requests, setup, model), PRICE)


def _hour(requests: int) -> Arrivals:
    at = np.sort(np.random.default_rng(0).uniform(0, 3600, requests))
    return Arrivals(at, np.ones(requests), 3600.0)


def _timed(name: str, work: Callable[[], object], runs: int = 1) -> list[Figure]:
    """Measure the elapsed time, and the processor time, which other programs do not lengthen."""
    elapsed, busy = [], []
    for _ in range(runs):
        start, processor = time.perf_counter(), _processor_seconds()
        work()
        elapsed.append(time.perf_counter() - start)
        busy.append(_processor_seconds() - processor)
    processor_time = Figure(f"{name}: processor time", tuple(busy), "s")
    return [Figure(name, tuple(elapsed), "s"), processor_time]


def _processor_seconds() -> float:
    return sum(os.times()[:4])
