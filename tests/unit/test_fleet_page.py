"""What the Fleet page's cards say of a reading."""

from dataclasses import replace
from datetime import UTC

import pytest

from dashboard.components.fleet import cost, nodes, scaler, workers
from dashboard.domain.fleet import Condition, FleetReading, Node, Scaler, Worker
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Sample
from dashboard.insights.cost import usage
from dashboard.presentation.formatting import money
from wire.messages.job import JobRequest, new_job

NOW = 1_800_000_000.0
SCALER = Scaler("ScaledObject", "rabbitmq, queue tasks", 20, 1, 0, 8, 5, 120, name="worker")
READING = FleetReading(SCALER, 8, 4, (), None)


def _scaler(**fields: object) -> dict[str, str]:
    changed = replace(SCALER, **fields)
    return dict(scaler.rows(changed, replace(READING, scaler=changed), 2.0))


def test_scaler_says_its_numbers():
    """All by which it decides is on the card."""
    said = _scaler()
    assert said["Value now"] == "20 requests, 1 per worker"
    assert said["Replicas"] == "4 ready, 8 wanted, 0 to 8"
    assert said["Cool-down"] == "2 min, not counting"
    assert said["Paused"] == "no"


def test_cool_down_counts_on_since_the_reading():
    """The time left is that of now, not of the last look."""
    assert _scaler(cooldown_left=60.0)["Cool-down"] == "2 min, 58 s left"


def test_unknown_numbers_of_the_scaler_are_unknown():
    """What could not be counted is a word and not a zero."""
    assert _scaler(jobs=None)["Value now"] == "unknown; 1 per worker"
    unknown = dict(scaler.rows(SCALER, replace(READING, ready=None, wanted=None), 0.0))
    assert unknown["Replicas"] == "unknown ready, unknown wanted, 0 to 8"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition("Ready", status=True), "Ready"),
        (Condition("Ready", status=False, message="no <secret>"), "not Ready: no &lt;secret&gt;"),
        (Condition("Active", status=None), "Active unknown"),
        (Condition("Fallback", status=False), "no Fallback"),
    ],
)
def test_conditions_are_told_apart(condition: Condition, said: str):
    """Holding, not holding and unknown differ in words, and a reason is escaped."""
    assert said in _scaler(conditions=(condition,))["Conditions"]


def test_workers_keep_their_places_and_failed_ones_come_first():
    """Rows are in the order of numbers in names, whatever their phases; failures lead."""
    names = {"worker-10": "generating", "worker-2": "idle", "worker-7": "failed", "b1": "pending"}
    some = [Worker(name, phase, "", NOW) for name, phase in names.items()]
    ordered = [worker.name for worker in workers.order(some)]
    assert ordered == ["worker-7", "b1", "worker-2", "worker-10"]


def test_a_worker_says_what_it_paints():
    """The prompt is text, and how far it is stands beside it."""
    job = new_job(JobRequest(prompt="<img src=x onerror=alert(1)>", count=4))
    view = JobView(job, "generating", NOW, pictures=("a", "b"), step=2, steps=4)
    why = workers.row(Worker("w", "generating", "", NOW, job_id=job.id), view, NOW).cells[2]
    assert "&lt;img src=x onerror=alert(1)&gt;" in why
    assert "<img" not in why
    assert "picture 3 of 4, step 2 of 4" in why


def test_a_worker_without_a_known_job_says_why_itself():
    """What the cluster says of a pod is shown as text."""
    cells = workers.row(Worker("w", "failed", "exit <1>", NOW - 5), None, NOW).cells
    assert "exit &lt;1&gt;" in cells[2]
    assert cells[4] == "5 s"


def test_workers_are_counted_by_phase():
    """The title says how many there are of each, also of 200."""
    some = tuple(Worker(f"w{n}", "idle" if n % 2 else "pending", "", NOW) for n in range(200))
    said = workers.summary(FleetReading(None, None, 100, some, None))
    assert said == "100 ready of unknown wanted · 100 pending · 100 idle"


def test_slots_of_nodes_are_known_only_if_all_are():
    """One node that does not tell makes the sum unknown, not smaller."""
    known = Node("a", "L4", 2, 1, True, NOW)
    assert nodes.summary([known, replace(known, name="b", ready=False)]) == (
        "1 ready of 2, 1 of 2 slots used by these workers"
    )
    assert nodes.summary([known, replace(known, slots_used=None)]) == "2 ready"
    assert nodes.summary([]) == "0 ready"


def _cost(*numbers: int | None, price: cost.Price | None = None) -> str:
    samples = [Sample(NOW + 10 * n, gpus=g, maximum=8) for n, g in enumerate(numbers)]
    told = usage(samples)
    return cost.text(told, told, 120, price, UTC)


def test_cost_says_hours_and_their_price():
    """What was used stands beside what would have been, in time and money."""
    html = _cost(0, 4, 0, price=cost.Price(9.0, "$"))
    assert "40 s <span class='price'>$0.10</span>" in html
    assert "2 min 40 s <span class='price'>$0.40</span>" in html
    assert "<b>75%</b>" in html
    assert "Unknown" not in html


def test_cost_says_which_time_is_unknown():
    """A gap is told, and never counted as free."""
    html = _cost(0, None, 4, 4)
    assert "Unknown" in html
    assert "Time of which nothing is known is in neither." in html


def test_cost_without_a_fleet_says_what_it_needs():
    """Where nothing answers there is a sentence and no zero."""
    assert "needs a fleet that answers" in _cost(None, None)


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (1200, "$", "$1,200.00"),
        (0.42, "EUR", "EUR\u00a00.42"),
        (0.0071, "$", "$0.0071"),
        (0, "", "0.00"),
    ],
)
def test_money_is_said_as_people_write_it(amount: float, currency: str, said: str):
    """Small amounts keep the digits that say something."""
    assert money(amount, currency) == said
