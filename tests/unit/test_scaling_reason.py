"""The sentence that explains the number of workers."""

from dataclasses import replace
from functools import partial

import pytest

from dashboard.domain.fleet import LOCAL, Autoscaler, Condition, FleetReading, Scaler, Worker
from dashboard.domain.queue_counts import QueueCounts
from dashboard.domain.snapshot import Reading, Sample
from dashboard.presentation.scaling_reason import explain, unserved_since

SCALER = Scaler(
    kind=LOCAL,
    trigger="jobs waiting and in progress",
    jobs=15,
    jobs_per_worker=1,
    minimum=0,
    maximum=8,
    polling_interval=1.0,
    cooldown_period=60.0,
)

COUNTS = QueueCounts(3, 0)


def explanation(wanted: int, ready: int | None, *workers: Worker, age: float = 0, **numbers) -> str:
    """Return the sentence for these numbers."""
    fleet = FleetReading(replace(SCALER, **numbers), wanted, ready, workers, nodes=None)
    return sentence(Reading(fleet, at=1000.0), age, QueueCounts(fleet.scaler.jobs, 0))


def sentence(
    fleet: Reading[FleetReading] | None, age: float = 0, counts: QueueCounts | None = COUNTS
) -> str:
    """Return the sentence for this reading."""
    return ": ".join(explain(fleet, counts, now=1000.0 + age))


@pytest.mark.parametrize(
    ("wanted", "ready", "numbers", "expected"),
    [
        (
            8,
            7,
            {},
            "Why 8 workers: 15 requests at 1 per worker want 15 workers; the maximum is 8. "
            "1 is starting.",
        ),
        (
            1,
            1,
            {"jobs": 1},
            "Why 1 worker: 1 request at 1 per worker wants 1 worker. It is ready.",
        ),
        (
            2,
            0,
            {"jobs": 2},
            "Why 2 workers, none ready: 2 requests at 1 per worker want 2 workers. 2 are starting.",
        ),
        (
            5,
            5,
            {},
            "Why 5 workers: 15 requests at 1 per worker want 15 workers; the maximum is 8. "
            "Scaling up step by step. All 5 are ready.",
        ),
        (
            2,
            2,
            {"jobs": 16, "maximum": 2},
            "Why 2 workers: 16 requests at 1 per worker want 16 workers; the maximum is 2. "
            "Both are ready.",
        ),
        (
            3,
            3,
            {"jobs": 1, "minimum": 3},
            "Why 3 workers: 1 request at 1 per worker wants 1 worker; the minimum is 3. "
            "All 3 are ready.",
        ),
        (
            2,
            1,
            {"jobs": 4, "scale_out_paused": True},
            "Why 2 workers: 4 requests at 1 per worker want 4 workers. Scaling out is paused. "
            "1 is starting.",
        ),
        (
            0,
            0,
            {"jobs": 0},
            "Why no workers: the queue is empty. The next request starts a worker within 1 s.",
        ),
        (
            2,
            2,
            {"jobs": 0, "cooldown_left": 41.0},
            "Why still 2 workers: the queue is empty; the cool-down of 60 s has 41 s left.",
        ),
        (
            1,
            1,
            {"jobs": 0, "minimum": 1},
            "Why 1 worker: the queue is empty; the minimum is 1.",
        ),
        (2, 2, {"paused": True}, "Why still 2 workers: the scaler is paused."),
        (
            0,
            0,
            {"jobs": 2, "scale_out_paused": True},
            "Why no workers: 2 requests waiting, but scaling out is paused.",
        ),
        (
            2,
            2,
            {"jobs": 0, "scale_in_paused": True},
            "Why still 2 workers: the queue is empty, but scaling in is paused.",
        ),
        (
            3,
            3,
            {"kind": "ScaledJob", "jobs": 12},
            "Why 3 workers: 12 requests at 1 per Kubernetes Job want 12 Jobs; the maximum is 8. "
            "More follow within 1 s. All 3 are ready.",
        ),
        (
            2,
            2,
            {"conditions": (Condition("Ready", False, "Triggers are not working"),)},
            "Why still 2 workers: the scaler is not ready: Triggers are not working.",
        ),
    ],
)
def test_sentence_uses_the_scalers_numbers(wanted, ready, numbers, expected):
    """Each situation of the scaler is explained with the scaler's own numbers."""
    assert explanation(wanted, ready, **numbers) == expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"jobs": 1}, "1 request at 1 per worker wants 1 worker; scaling down."),
        (
            {"jobs": 9, "maximum": 2},
            "9 requests at 1 per worker want 9 workers; the maximum is 2; scaling down.",
        ),
        (
            {"jobs": 1, "minimum": 2},
            "1 request at 1 per worker wants 1 worker; the minimum is 2; scaling down.",
        ),
        (
            {"jobs": 1, "scale_in_paused": True},
            "1 request at 1 per worker wants 1 worker; scaling in is paused.",
        ),
        (
            {"jobs": 1, "kind": "ScaledJob"},
            "1 request at 1 per Kubernetes Job wants 1 Job; "
            "the other Jobs end when their requests are done.",
        ),
    ],
)
@pytest.mark.parametrize("ready", [0, 7, 8, None])
def test_scaling_down_mentions_no_starting_workers(ready, numbers, expected):
    """A sentence about workers that are to go never adds that others are starting."""
    starting = Worker("worker-8", "starting", "loading the model", since=0)
    lead = "Why still 8 workers, none ready" if ready == 0 else "Why still 8 workers"
    assert explanation(8, ready, starting, **numbers) == f"{lead}: {expected}"


def test_scaling_down_still_names_a_failed_worker():
    """A worker that failed is named, whatever the scaler does."""
    worker = Worker("worker-1", "failed", "There is no model in models/demo", since=0)
    assert explanation(3, 2, worker, jobs=1).endswith(
        "; scaling down. worker-1 failed: There is no model in models/demo."
    )


def test_scaler_that_starts_no_worker_is_questioned():
    """Requests that wait at zero for several polls lead to the question whether KEDA runs."""
    waiting = [Sample(at=n, waiting=2, wanted=0) for n in range(0, 100, 2)]
    samples = [Sample(at=-2, waiting=2, wanted=1), *waiting]
    assert unserved_since(samples) == 0
    assert unserved_since([*samples, Sample(at=101, waiting=0, wanted=0)]) is None
    question = {"ScaledObject": "Is the KEDA operator running?", LOCAL: "Is it running?"}
    for kind, expected in question.items():
        scaler = replace(SCALER, kind=kind, jobs=0)
        fleet = Reading(FleetReading(scaler, 0, 0, (), nodes=None), at=98.0)
        _, answer = explain(fleet, COUNTS, 98.0, unserved_since=unserved_since(samples))
        assert answer == (
            "3 requests waiting for 1 min 38 s; the scaler, which polls every 1 s, has not "
            f"started a worker. {expected}"
        )


def test_queue_count_replaces_a_missing_scaler_count():
    """An autoscaler at zero counts nothing; the queue's own count is used if it is known."""
    late = Reading(FleetReading(replace(SCALER, jobs=0), 0, 0, (), nodes=None), at=1000.0)
    assert "3 requests arrived since the last poll; a worker starts within 1 s" in sentence(late)
    silent = Reading(FleetReading(replace(SCALER, jobs=None), 2, 2, (), nodes=None), at=1000.0)
    assert "3 requests at 1 per worker want 3 workers" in sentence(silent)
    uncounted = (
        "Why still 2 workers: the requests could not be counted; until they are, nothing changes."
    )
    assert sentence(silent, counts=None) == uncounted
    assert sentence(silent, counts=QueueCounts(3, None)) == uncounted


def test_inactive_autoscaler_is_a_fault_only_with_workers():
    """The autoscaler's own message is shown; at zero it has no metrics, which is no fault."""
    stuck = (Condition("ScalingActive", False, "unable to get external metric"),)
    sentence_with = partial(explanation, 2, 2, jobs=0)
    broken = sentence_with(autoscaler=Autoscaler("keda-hpa-worker", 2, 2, None, stuck))
    assert broken.endswith("the autoscaler is not active: unable to get external metric.")
    fresh = sentence_with(autoscaler=Autoscaler("keda-hpa-worker", 0, 0, None, stuck))
    assert "not active" not in fresh


def test_workers_without_a_node_are_counted():
    """Workers that are pending are reported with what most of them wait for."""
    waiting = [Worker(f"worker-{n}", "pending", "waits for a GPU node", since=0) for n in range(3)]
    assert explanation(4, 1, *waiting, jobs=4).endswith("3 wait for a GPU node.")
    assert explanation(4, 3, waiting[0], jobs=4).endswith("1 waits for a GPU node.")


def test_missing_scaler_is_explained_by_warnings():
    """What is missing, such as KEDA itself, is named instead of a number."""
    reading = FleetReading(None, None, 0, (), None, warnings=("KEDA is not installed here.",))
    assert sentence(Reading(reading, at=1000.0)) == (
        "Reason unknown: the scaler's status could not be read. KEDA is not installed here."
    )


def test_cooldown_counts_down_between_readings():
    """The seconds left are those of now, not those of the reading, and never negative."""
    assert "has 31 s left" in explanation(2, 2, jobs=0, cooldown_left=41.0, age=10)
    assert "has 0 s left" in explanation(2, 2, jobs=0, cooldown_left=41.0, age=100)


def test_failed_worker_is_named_with_its_reason():
    """A model that cannot be loaded is named in the sentence."""
    worker = Worker("worker-1", "failed", "There is no model in models/demo", since=0)
    assert explanation(1, 0, worker, jobs=1).endswith(
        "worker-1 failed: There is no model in models/demo."
    )


def test_refused_workers_are_not_called_starting():
    """A quota that refuses the pods is the reason, not that they are starting."""
    numbers = replace(SCALER, jobs=3)
    fleet = FleetReading(numbers, 3, 0, (), None, refusal="exceeded quota: gpus")
    assert sentence(Reading(fleet, at=1000.0)) == (
        "Why 3 workers, none ready: 3 requests at 1 per worker want 3 workers. "
        "The cluster refuses to create more workers: exceeded quota: gpus."
    )


def test_starting_worker_is_described():
    """While a worker starts, the sentence names the step that it is in."""
    worker = Worker("worker-1", "starting", "loading the model", since=0)
    assert explanation(1, 0, worker, jobs=1).endswith("1 is starting: loading the model.")


def test_unread_fleet_is_unknown_not_empty():
    """A failed reading is shown with its error and with what is not affected."""
    silent = Reading(error="Another process on this data folder runs the workers.")
    assert sentence(silent) == (
        "Reason unknown: no reading yet, another process on this data folder runs the workers. "
        "Requests and pictures are not affected."
    )
    assert "not affected" not in sentence(silent, counts=None)
    assert "no reading since " in sentence(replace(silent, at=900.0))
    assert sentence(Reading()) == "Reason unknown: the fleet has not been read yet."


def test_fleet_without_scaler_is_set_by_hand():
    """Where no scaler runs, the sentence says that the number of workers is set by hand."""
    assert sentence(None) == "Why these workers: their number is set by hand. 3 requests waiting."
