"""The Fleet page's cards for given readings."""

from dataclasses import replace
from datetime import UTC

import pytest

from dashboard.components.fleet import cost, nodes, scaler, workers
from dashboard.domain.fleet import Condition, FleetReading, Node, Scaler, Trigger, Worker
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


def test_scaler_shows_its_numbers():
    """The card shows every number from which the scaler derives the workers."""
    fields = _scaler()
    assert fields["Value now"] == "20 requests, 1 per worker"
    assert fields["Replicas"] == "4 ready, 8 wanted, 0 to 8"
    assert fields["Cool-down"] == "2 min, not started"
    assert fields["Paused"] == "no"


def test_cool_down_continues_after_the_reading():
    """The time left is that of now, not that of the last reading."""
    assert _scaler(cooldown_left=60.0)["Cool-down"] == "2 min, 58 s left"


def test_unknown_numbers_of_the_scaler_are_not_zero():
    """A number that could not be read is shown as unknown."""
    assert _scaler(jobs=None)["Value now"] == "unknown; 1 per worker"
    unknown = dict(scaler.rows(SCALER, replace(READING, ready=None, wanted=None), 0.0))
    assert unknown["Replicas"] == "unknown ready, unknown wanted, 0 to 8"


@pytest.mark.parametrize(
    ("trigger", "value"),
    [
        (Trigger("cron", 1.0, measure="replicas", value=2.0), "2 workers"),
        (
            Trigger("rabbitmq", 20.0, measure="requests", value=3.0, activation=5.0),
            "3 requests, 20 per worker, active above 5",
        ),
        (
            Trigger("cpu", 60.0, "Utilization", measure="cores", value=75.0),
            "75%, target 60%",
        ),
        (
            Trigger("memory", 2.0**29, measure="bytes", value=768.0 * 2**20),
            "768 MiB per worker, target 512 MiB",
        ),
        (
            Trigger("prometheus", None, unknown="the autoscaler reports no value of it"),
            "unknown; unknown per worker (the autoscaler reports no value of it)",
        ),
        (
            Trigger("rabbitmq", 1.0, measure="requests", failed=True, is_fallback=True),
            "unknown; 1 per worker, fallback in use",
        ),
    ],
)
def test_each_trigger_has_its_own_value_and_target(trigger: Trigger, value: str):
    """A trigger is never shown with the number, the unit or the target of another."""
    fields = _scaler(triggers=(Trigger("other", 1.0), trigger))
    assert fields["Trigger 1"] == "other"
    assert fields["Value now 2"] == value


def test_pauses_idle_replicas_and_forced_activation_are_shown():
    """What an annotation or the idle replicas change is on the card."""
    assert _scaler(paused=True, paused_at=2)["Paused"] == "yes at 2, until it is resumed"
    assert _scaler(idle=0)["Replicas"] == "4 ready, 8 wanted, 0 to 8, 0 while idle"
    assert _scaler(forced=True)["Activation"] == "forced by an annotation"
    initial = _scaler(cooldown_left=60.0, initial_cooldown=600.0)
    assert initial["Cool-down"] == "10 min, 58 s left"


@pytest.mark.parametrize(
    ("condition", "label"),
    [
        (Condition("Ready", status=True), "Ready"),
        (Condition("Ready", status=False, message="no <secret>"), "not Ready: no &lt;secret&gt;"),
        (Condition("Active", status=None), "Active unknown"),
        (Condition("Fallback", status=False), "not Fallback"),
    ],
)
def test_conditions_differ_by_status(condition: Condition, label: str):
    """True, false and unknown have different labels, and a reason is escaped."""
    assert label in _scaler(conditions=(condition,))["Conditions"]


def test_workers_are_sorted_by_name_and_failed_workers_come_first():
    """Rows keep their order while phases change: by the numbers in names, failures first."""
    names = {"worker-10": "generating", "worker-2": "idle", "worker-7": "failed", "b1": "pending"}
    unsorted = [Worker(name, phase, "", NOW) for name, phase in names.items()]
    ordered = [worker.name for worker in workers.order(unsorted)]
    assert ordered == ["worker-7", "b1", "worker-2", "worker-10"]


def test_generating_worker_shows_its_prompt_and_progress():
    """The prompt is escaped, and the progress stands beside it."""
    job = new_job(JobRequest(prompt="<img src=x onerror=alert(1)>", count=4))
    view = JobView(job, "generating", NOW, pictures=("a", "b"), step=2, steps=4)
    cell = workers.row(Worker("w", "generating", "", NOW, job_id=job.id), view, NOW).cells[2]
    assert "&lt;img src=x onerror=alert(1)&gt;" in cell
    assert "<img" not in cell
    assert "picture 3 of 4, step 2 of 4" in cell


def test_worker_with_a_finished_job_shows_its_pictures_once():
    """A worker whose job has just ended is not shown as generating a further picture."""
    job = new_job(JobRequest(prompt="cat", count=1))
    view = JobView(job, "done", NOW, pictures=("a",), detail="1 pictures stored.")
    assert workers.progress(view) == "1 picture stored"


def test_worker_without_a_known_job_shows_the_reason_for_its_phase():
    """The reason, which comes from the cluster, is escaped."""
    cells = workers.row(Worker("w", "failed", "exit <1>", NOW - 5), None, NOW).cells
    assert "exit &lt;1&gt;" in cells[2]
    assert cells[4] == "5 s"


def test_workers_are_counted_by_phase():
    """The title counts the workers in each phase, also those of a large fleet."""
    fleet = tuple(Worker(f"w{n}", "idle" if n % 2 else "pending", "", NOW) for n in range(200))
    summary = workers.summary(FleetReading(None, None, 100, fleet, None))
    assert summary == "100 ready of unknown wanted · 100 pending · 100 idle"


def test_used_slots_are_summed_only_if_all_are_known():
    """One node with unknown slots makes the sum unknown, not smaller."""
    known = Node("a", "L4", 2, 1, True, NOW)
    assert nodes.summary([known, replace(known, name="b", ready=False)]) == (
        "1 ready of 2 (1 not ready), 1 of 2 slots used by these workers"
    )
    assert nodes.summary([known, replace(known, slots_used=None)]) == "2 ready"
    assert nodes.summary([]) == "0 ready"


def test_cordoned_node_is_not_counted_as_ready():
    """The title counts what takes workers, and names what keeps the others from it."""
    states = ("cordoned", "cordoned", "draining: Karpenter removes it", "ready")
    found = [Node(str(n), "L4", 1, 0, s == "ready", NOW, state=s) for n, s in enumerate(states)]
    assert nodes.summary(found) == (
        "1 ready of 4 (2 cordoned, 1 draining), 0 of 1 slot used by these workers"
    )


def _cost(*numbers: int | None, price: cost.Price | None = None) -> str:
    samples = [Sample(NOW + 10 * n, gpus=g, maximum=8) for n, g in enumerate(numbers)]
    total = usage(samples)
    return cost.table(total, total, 120, price, UTC)


def test_cost_shows_hours_and_their_price():
    """Used and always-on time are compared, in hours and in money."""
    html = _cost(0, 4, 0, price=cost.Price(9.0, "$"))
    assert '40 s <span class="price">$0.10</span>' in html
    assert '2 min 40 s <span class="price">$0.40</span>' in html
    assert "<b>75%</b>" in html
    assert "Unknown" not in html


def test_cost_shows_how_much_time_is_unknown():
    """Time without readings is shown, and never counted as free."""
    html = _cost(0, None, 4, 4)
    assert "Unknown" in html
    assert "Time without readings counts as neither used nor always on." in html


def test_cost_without_readings_is_not_zero():
    """Without readings there is a sentence instead of numbers."""
    assert "this needs readings of a fleet" in _cost(None, None)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1200, "$", "$1,200.00"),
        (0.42, "EUR", "EUR\u00a00.42"),
        (0.0071, "$", "$0.0071"),
        (0, "", "0.00"),
    ],
)
def test_money_has_a_currency_and_enough_digits(amount: float, currency: str, text: str):
    """Small amounts keep their significant digits."""
    assert money(amount, currency) == text
