"""Tune's promise: the patch that it gives makes the real KEDA do what the page said."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from kubernetes.client import CoreV1Api

from dashboard import runtime
from dashboard.components.tune import laboratory
from dashboard.components.tune.arrivals import Source
from dashboard.components.tune.laboratory import Real
from dashboard.components.tune.patch import patch_lines
from dashboard.domain.snapshot import Sample
from dashboard.presentation.whatif import patch
from dashboard.whatif import arrivals, parallel
from dashboard.whatif.agreement import Agreement, agreement
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.dials import apply, changes_to
from dashboard.whatif.real import Trace
from dashboard.whatif.scenario import Result, Scenario, try_scenario
from dashboard.whatif.search import candidates, cheapest, quickest
from tests.support.cluster.bare_scaler import bare_scaler
from tests.support.cluster.cluster import Cluster
from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.credentials import secrets_of
from tests.support.cluster.idle_workers import idle_workers
from tests.support.cluster.scaled_fleet import ScaledFleet
from tests.support.cluster.simulated_workers import SimulatedWorkers
from tests.support.conditions import CACHE, wait_until
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer, new_vhost, settings_for
from wire.messages.job import JobRequest

_NAMESPACE = "tune"
_SECONDS_PER_JOB = 3.0
_MEASURED_REQUESTS = 6
_MAX_BURSTS = 3
_REQUESTS = 45
_LIMIT = 1.2
"""What p95 of waiting the cheapest settings are to keep: a multiple of the quickest settings'."""
_PROMPT_POLL_SECONDS = 1.5
_PROMPT_SYNC_SECONDS = 2.5
"""Until KEDA starts the first worker, and from then until the autoscaler's first step: a polling
interval and a sync period, each with half a second."""
_WINDOW = 20.0
"""Seconds of stabilization before fewer workers, moved by hand beside what Find found."""


@pytest.fixture
def fleet(
    cluster: Cluster,
    rabbitmq: RabbitServer,
    minio_server: MinioServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[ScaledFleet]:
    """Run a ScaledObject of few workers, with GPU nodes that join, and a dashboard."""
    plane = cluster.control_plane
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    with new_vhost(rabbitmq) as vhost:
        plane.kubectl("create", "namespace", _NAMESPACE)
        plane.apply(secrets_of(_NAMESPACE, vhost, rabbitmq, minio_server))
        items = [idle_workers(_NAMESPACE, gpus=1), *_scaler(plane)]
        plane.apply({"apiVersion": "v1", "kind": "List", "items": items})
        settings = settings_for(rabbitmq, rabbitmq.amqp_url(vhost)).model_copy(
            update={"fleet": "kubernetes", "kube_namespace": _NAMESPACE, "data_dir": tmp_path}
        )
        api = CoreV1Api(cluster.client())
        with SimulatedWorkers(api, _NAMESPACE, settings, _SECONDS_PER_JOB):
            yield ScaledFleet(cluster, _NAMESPACE, runtime.start(settings))
            runtime.stop()
        plane.kubectl("delete", "namespace", _NAMESPACE, "--wait=false")


def _scaler(plane: ControlPlane) -> list[dict]:
    """Return a ScaledObject of few workers, which changes any number of them at once."""
    rules = {
        "stabilizationWindowSeconds": 0,
        "policies": [{"type": "Pods", "value": 8, "periodSeconds": 5}],
    }
    limits = {"pollingInterval": 1, "cooldownPeriod": 4, "maxReplicaCount": 4}
    items = bare_scaler(plane, _NAMESPACE, {"scaleUp": rules, "scaleDown": rules}, **limits)
    [scaled] = [item for item in items if item["kind"] == "ScaledObject"]
    scaled["spec"]["triggers"][0]["metadata"]["value"] = "2"
    return items


def test_patch_copied_from_tune_does_what_the_page_said(
    fleet: ScaledFleet, record_property: Callable[[str, object], None]
) -> None:
    """What the page said of replicas at each second and of the finish is within 20%.

    The page cannot know at which moments KEDA and the autoscaler will read the queue. Simulated
    at the moments that they took, the same settings are within 10%, and p95 within 20%. On a
    machine so busy that KEDA itself reacts later than its periods, all are within 30%.
    The fleet is measured from small bursts. Find's settings, with a longer stabilization, are
    applied by the text that Copy gives. The errors are stated in the report.
    """
    requests = arrivals.burst(_REQUESTS)
    requests = replace(requests, at=requests.at - requests.at[0])
    real = _measure(fleet, requests)
    predicted = _found(real, requests)
    _apply(real, predicted.scenario)
    wait_until(
        lambda: fleet.has_applied(predicted.scenario.setup.policy), what="the patch is in force"
    )
    samples = _send(fleet, predicted)
    said = _compare(fleet, predicted, samples)
    at_its_moments = _compare(fleet, _with_first_steps(predicted, samples), samples)
    poll, sync = _first_steps(samples)
    record_property("error", str(said))
    record_property("error_at_its_moments", str(at_its_moments))
    print(f"Off from what the page said: {said}; KEDA's first poll took {poll:.1f} s.")
    print(f"Off from the same settings at KEDA's moments: {at_its_moments}")
    is_prompt = poll <= _PROMPT_POLL_SECONDS and sync - poll <= _PROMPT_SYNC_SECONDS
    _assert_within(said, 0.20 if is_prompt else 0.30, 0.30)
    _assert_within(at_its_moments, 0.10 if is_prompt else 0.30, 0.20 if is_prompt else 0.30)


def _assert_within(error: Agreement, limit: float, p95_limit: float) -> None:
    assert error.replicas <= limit, f"replicas are {error.replicas:.1%} off"
    assert error.finish <= limit, f"the finish is {error.finish:.1%} off"
    assert error.p95 <= p95_limit, f"p95 of waiting is {error.p95:.1%} off"


def _measure(fleet: ScaledFleet, requests: Arrivals) -> Real:
    """Send small bursts until the page has measured the fleet; return what it replays requests on.

    A node joins within seconds here, so that a busy dashboard may not have read the worker that
    waited for it.
    """
    wait_until(lambda: fleet.gpu_nodes() == 0, what="no node of another test is left")
    for bursts in range(1, _MAX_BURSTS + 1):
        _send_small_burst(fleet, bursts * _MEASURED_REQUESTS)
        snapshot = fleet.context.sampler.snapshot()
        source = Source(Trace(requests, ()), snapshot)
        real = laboratory.real_scenario((source,), None, fleet.context.settings.max_ready_jobs)
        assert real is not None
        assert not real.measured.picture.is_assumed
        if not real.measured.join.is_assumed:
            return real
    pytest.fail("the page has not measured how long a node takes to join")


def _send_small_burst(fleet: ScaledFleet, done: int) -> None:
    """Send a burst, and wait until this many requests are done and all is back at zero."""
    for _ in range(_MEASURED_REQUESTS):
        fleet.context.submit(JobRequest(prompt="never generated"))
    wait_until(lambda: fleet.done() == done, what="the burst is done")
    wait_until(lambda: fleet.replicas() == 0, what="no worker is wanted")
    wait_until(lambda: fleet.gpu_nodes() == 0, what="no node is left")


def _found(real: Real, requests: Arrivals) -> Result:
    """Return what the page shows after Find, and after the stabilization was moved."""
    model, price = real.scenario.model, real.scenario.price
    trials = parallel.try_all(list(candidates(real.scenario.setup)), requests, model, price)
    found = cheapest(trials, _LIMIT * quickest(trials).outcome.p95)
    changes = changes_to(real.scenario, Scenario(found.setup, model, price))
    return try_scenario(apply(real.scenario, changes | {"window": _WINDOW}), requests)


def _apply(real: Real, tried: Scenario) -> None:
    """Run the copied commands in a shell, as a person does."""
    text = patch.text(patch_lines(real.scenario, tried, real.scaler, _NAMESPACE))
    print(text)
    programs = f"{CACHE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-e", "-c", text], env=os.environ | {"PATH": programs}, check=True)


def _send(fleet: ScaledFleet, predicted: Result) -> list[Sample]:
    """Send the requests at their times; return samples until all is back at the minimum."""
    start = time.time()
    for at in predicted.run.arrivals.at:
        time.sleep(max(0.0, start + at - time.time()))
        fleet.context.submit(JobRequest(prompt="never generated"))
    before = Sample(at=start, wanted=predicted.scenario.setup.policy.minimum)
    return [before, *_until_idle(fleet, len(predicted.run.arrivals), _idle(predicted))]


def _idle(predicted: Result) -> int:
    """Return the workers that stay until the cooldown ends."""
    return max(1, predicted.scenario.setup.policy.minimum)


def _with_first_steps(predicted: Result, samples: list[Sample]) -> Result:
    """Simulate the same settings with the first poll and sync at which something happened.

    The page's ``in_step`` shifts them by less than a period; a busy KEDA is later than that.
    """
    scenario = predicted.scenario
    poll, sync = _first_steps(samples)
    setup = replace(scenario.setup, first_poll=poll, first_sync=sync)
    return try_scenario(replace(scenario, setup=setup), predicted.run.arrivals)


def _first_steps(samples: list[Sample]) -> tuple[float, float]:
    """Return when KEDA left zero, and when the autoscaler then wanted several workers."""
    changes = _changes(samples)
    return changes[0][0], next(at for at, wanted in changes if wanted > 1)


def _compare(fleet: ScaledFleet, predicted: Result, samples: list[Sample]) -> Agreement:
    """Compare a simulation with the run, until both are back at the minimum."""
    run, start = predicted.run, samples[0].at
    returns = [at for at, number in run.wanted if number == _idle(predicted)]
    span = max(samples[-1].at - start, *returns) + 1.0
    print(f"Simulated: {run.wanted}; KEDA did {_changes(samples)}")
    observed = replace(run.arrivals, start=start, span=span)
    snapshot = fleet.context.sampler.snapshot()
    return agreement(replace(run, arrivals=observed), snapshot, samples)


def _changes(samples: list[Sample]) -> list[tuple[float, int | None]]:
    found = (after for before, after in pairwise(samples) if after.wanted != before.wanted)
    return [(round(sample.at - samples[0].at, 1), sample.wanted) for sample in found]


def _until_idle(fleet: ScaledFleet, requests: int, idle: int) -> list[Sample]:
    """Return the wanted workers at many times, until all is done and few are wanted."""
    samples: list[Sample] = []

    def is_over() -> bool:
        samples.append(Sample(at=time.time(), wanted=fleet.replicas()))
        return fleet.done() == _MEASURED_REQUESTS + requests and samples[-1].wanted == idle

    wait_until(is_over, what="the fleet is back at its minimum")
    return samples
