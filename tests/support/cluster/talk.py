"""Record the run of the talk: bursts of prompts, with workers and nodes that join and leave."""

import os
import time
from pathlib import Path

from dashboard import runtime
from dashboard.domain.bursts import BURSTS, Burst
from dashboard.recordings import control
from dashboard.runtime.context import AppContext
from tests.support.cluster.deployed import Deployed
from tests.support.cluster.node_pool import PoolSize
from tests.support.conditions import wait_until
from wire.messages.job import Job, JobRequest

NAME = "Seven dwarfs and then everybody, on eight GPUs"
SIZE = PoolSize(maximum=4, gpus_per_machine=2, boot_seconds=8.0, idle_seconds=8.0)
PULL_SECONDS = 4.0
_BURSTS = ("Seven dwarfs", "Mixed", "Colour wheel", "Night and day")
_PAUSE = 8.0
"""Seconds for the audience to see the result."""
_TIMEOUT = 600.0


def record(deployed: Deployed, file: Path) -> None:
    """Deploy workers, send the bursts, and record until everything is back at zero."""
    deployed.deploy("scaledobject")
    # As in the manifests, but with shorter waits after the last job.
    down = {"stabilizationWindowSeconds": 10, "policies": [_policy(4)]}
    behaviour = {"scaleUp": {"policies": [_policy(8)]}, "scaleDown": down}
    advanced = {"horizontalPodAutoscalerConfig": {"behavior": behaviour}}
    deployed.patch("scaledobject", cooldownPeriod=20, advanced=advanced)
    os.environ["KUBECONFIG"] = str(deployed.login())
    context = runtime.start(deployed.settings.model_copy(update={"fleet": "kubernetes"}))
    try:
        _wait_for_idle(context)
        control.start(context, NAME, file)
        _play(context)
    finally:
        control.stop()
        runtime.stop()


def _play(context: AppContext) -> None:
    time.sleep(_PAUSE)
    for name in _BURSTS:
        jobs = _send(context, next(burst for burst in BURSTS if burst.name == name))
        wait_until(lambda jobs=jobs: _all_done(context, jobs), _TIMEOUT, "all jobs are done")
        time.sleep(_PAUSE)
    _wait_for_idle(context)
    time.sleep(_PAUSE)


def _send(context: AppContext, burst: Burst) -> list[Job]:
    return [context.submit(JobRequest(**fields)) for fields in burst.requests()]


def _all_done(context: AppContext, jobs: list[Job]) -> bool:
    views = (context.find_job(job.id) for job in jobs)
    return all(view is not None and view.state == "done" for view in views)


def _wait_for_idle(context: AppContext) -> None:
    def is_idle() -> bool:
        fleet = context.sampler.snapshot().fleet.value
        return fleet is not None and not fleet.wanted and not fleet.nodes and not fleet.workers

    wait_until(is_idle, _TIMEOUT, "nothing runs")


def _policy(pods: int) -> dict:
    return {"type": "Pods", "value": pods, "periodSeconds": 15}
