"""The sentence that says why there are as many workers as there are."""

from dataclasses import replace
from functools import partial

import pytest

from dashboard.domain.fleet import Autoscaler, Condition, FleetReading, Scaler, Worker
from dashboard.domain.snapshot import Reading, Sample
from dashboard.presentation.scaling_reason import explain, neglected_since
from wire.queues.base import QueueDepth

SCALER = Scaler(
    kind="local supervisor",
    trigger="jobs waiting and in progress",
    jobs=15,
    jobs_per_worker=1,
    minimum=0,
    maximum=8,
    polling_interval=1.0,
    cooldown_period=60.0,
)

DEPTH = QueueDepth(3, 0)


def said(wanted: int, ready: int | None, *workers: Worker, age: float = 0, **numbers) -> str:
    """Return the sentence for these numbers."""
    fleet = FleetReading(replace(SCALER, **numbers), wanted, ready, workers, nodes=None)
    return sentence(Reading(fleet, at=1000.0), age, QueueDepth(fleet.scaler.jobs, 0))


def sentence(
    fleet: Reading[FleetReading] | None, age: float = 0, queue: QueueDepth | None = DEPTH
) -> str:
    """Return the sentence for this reading."""
    return ": ".join(explain(fleet, Reading(queue), now=1000.0 + age))


@pytest.mark.parametrize(
    ("wanted", "ready", "numbers", "expected"),
    [
        (
            8,
            7,
            {},
            "Why 8 workers: 15 requests waiting or in progress, 1 per worker, at most 8. "
            "1 still starting.",
        ),
        (
            1,
            1,
            {"jobs": 1},
            "Why 1 worker: 1 request waiting or in progress, 1 per worker. All are ready.",
        ),
        (
            2,
            0,
            {"jobs": 2},
            "Why 2 workers, none ready: 2 requests waiting or in progress, 1 per worker. "
            "2 still starting.",
        ),
        (
            5,
            5,
            {},
            "Why 5 workers: 15 requests waiting or in progress, 1 per worker, at most 8; "
            "more follow step by step. All are ready.",
        ),
        (
            3,
            3,
            {"jobs": 1},
            "Why still 3 workers: 1 request waiting or in progress, 1 per worker; "
            "their number is coming down. All are ready.",
        ),
        (
            0,
            0,
            {"jobs": 0},
            "Why no workers: nothing is waiting. The next request starts one within 1 s.",
        ),
        (
            2,
            2,
            {"jobs": 0, "cooldown_left": 41.0},
            "Why still 2 workers: nothing is waiting; the cool-down of 60 s has 41 s left.",
        ),
        (
            1,
            1,
            {"jobs": 0, "minimum": 1},
            "Why 1 worker: nothing is waiting; as many are always kept.",
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
            "Why still 2 workers: nothing is waiting, but scaling in is paused.",
        ),
        (
            3,
            3,
            {"kind": "ScaledJob", "jobs": 12},
            "Why 3 workers: 12 requests waiting or in progress, 1 for each Kubernetes Job, "
            "at most 8; more follow within 1 s. All are ready.",
        ),
        (
            3,
            3,
            {"kind": "ScaledJob", "jobs": 1},
            "Why still 3 workers: 1 request waiting or in progress, 1 for each Kubernetes Job; "
            "the others end by themselves. All are ready.",
        ),
        (
            2,
            2,
            {"conditions": (Condition("Ready", False, "Triggers are not working"),)},
            "Why still 2 workers: the scaler does not work: Triggers are not working.",
        ),
    ],
)
def test_the_sentence_uses_the_scalers_numbers(wanted, ready, numbers, expected):
    """Each situation of the scaler has its words, with its own numbers."""
    assert said(wanted, ready, **numbers) == expected


def test_a_scaler_that_does_not_start_the_first_worker_is_questioned():
    """Requests that wait at zero for several looks are not said to be served at once."""
    waiting = [Sample(at=n, waiting=2, wanted=0) for n in range(0, 100, 2)]
    samples = [Sample(at=-2, waiting=2, wanted=1), *waiting]
    assert neglected_since(samples) == 0
    assert neglected_since([*samples, Sample(at=101, waiting=0, wanted=0)]) is None
    fleet = Reading(FleetReading(replace(SCALER, jobs=0), 0, 0, (), nodes=None), at=98.0)
    _, answer = explain(fleet, Reading(DEPTH), 98.0, neglected_since=neglected_since(samples))
    assert answer == (
        "3 requests waiting for 1 min 38 s, and the scaler, which polls every 1 s, has not "
        "started one. Does it run?"
    )


def test_what_the_scaler_does_not_tell_is_asked_of_the_queue():
    """An autoscaler at zero counts nothing; the queue's own number stands in, if it is known."""
    late = Reading(FleetReading(replace(SCALER, jobs=0), 0, 0, (), nodes=None), at=1000.0)
    assert "3 requests came since the last look; one starts within 1 s" in sentence(late)
    silent = Reading(FleetReading(replace(SCALER, jobs=None), 2, 2, (), nodes=None), at=1000.0)
    assert "3 requests waiting or in progress" in sentence(silent)
    uncounted = (
        "Why still 2 workers: the requests could not be counted; until they are, nothing changes."
    )
    assert sentence(silent, queue=None) == uncounted
    assert sentence(silent, queue=QueueDepth(3, None)) == uncounted


def test_an_autoscaler_that_cannot_count_is_named():
    """The autoscaler's own words tell what is wrong; at zero it has nothing to say."""
    stuck = (Condition("ScalingActive", False, "unable to get external metric"),)
    sentence_with = partial(said, 2, 2, jobs=0)
    broken = sentence_with(autoscaler=Autoscaler("keda-hpa-worker", 2, 2, None, stuck))
    assert broken.endswith("the autoscaler does not work: unable to get external metric.")
    fresh = sentence_with(autoscaler=Autoscaler("keda-hpa-worker", 0, 0, None, stuck))
    assert "does not work" not in fresh


def test_workers_that_wait_for_a_node_are_counted():
    """A person sees that machines, not workers, are what is missing."""
    waiting = [Worker(f"worker-{n}", "pending", "waits for a GPU node", since=0) for n in range(3)]
    assert said(4, 1, *waiting, jobs=4).endswith("3 wait for a GPU node.")
    assert said(4, 3, waiting[0], jobs=4).endswith("1 waits for a GPU node.")


def test_without_a_scaler_its_troubles_are_told():
    """What is missing, such as KEDA itself, is named instead of a number."""
    reading = FleetReading(None, None, 0, (), None, warnings=("KEDA is not installed here.",))
    assert sentence(Reading(reading, at=1000.0)) == (
        "Why is unknown: the scaler's numbers could not be read. KEDA is not installed here."
    )


def test_the_cooldown_counts_on_between_two_looks():
    """The seconds left are those of now, not those of the look, and never negative."""
    assert "has 31 s left" in said(2, 2, jobs=0, cooldown_left=41.0, age=10)
    assert "has 0 s left" in said(2, 2, jobs=0, cooldown_left=41.0, age=100)


def test_a_worker_that_failed_says_why():
    """A model that cannot be loaded is named where the person looks."""
    worker = Worker("worker-1", "failed", "There is no model in models/demo", since=0)
    assert said(1, 0, worker, jobs=1).endswith("worker-1 failed: There is no model in models/demo.")


def test_what_a_starting_worker_does_is_told():
    """A person who waits knows for what."""
    worker = Worker("worker-1", "starting", "loading the model", since=0)
    assert said(1, 0, worker, jobs=1).endswith("1 still starting: loading the model.")


def test_a_silent_fleet_is_unknown_not_empty():
    """A failed look is told with its reason and what goes on."""
    silent = Reading(error="Another process on this data folder runs the workers.")
    assert sentence(silent) == (
        "Why is unknown: no reading yet, another process on this data folder runs the workers. "
        "Requests and pictures go on as before."
    )
    assert "go on as before" not in sentence(silent, queue=None)
    assert "no reading since " in sentence(replace(silent, at=900.0))
    assert sentence(Reading()) == "Why is unknown: the first look has not come back yet."


def test_without_a_scaler_a_person_decides():
    """Where a fixed number of workers runs, the sentence says who chose it."""
    assert sentence(None) == "Why these workers: a person decides how many run. 3 requests waiting."
