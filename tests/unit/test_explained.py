"""The formula that explains the number of workers, its rules and its chart."""

from dataclasses import replace
from datetime import UTC

import pytest

from dashboard.domain.fleet import (
    LOCAL,
    Autoscaler,
    Condition,
    FleetReading,
    Scaler,
    Trigger,
    Worker,
)
from dashboard.domain.scaling_rules import RateLimit, ScalingRules
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from dashboard.presentation.explained import target_chart
from dashboard.presentation.explained.formula import Explanation, explain
from dashboard.presentation.explained.terms import Bars, Scale, Term, dots, to_sentence
from wire.queues.base import QueueDepth

NOW = 1_800_000_000.0
TIMES = "\N{MULTIPLICATION SIGN}"
REQUESTS = Trigger("rabbitmq", 2.0, subject="queue tasks", measure="requests", active=True)
SCALER = Scaler(
    kind="ScaledObject",
    trigger="rabbitmq queue tasks",
    jobs=None,
    jobs_per_worker=2.0,
    minimum=0,
    maximum=8,
    polling_interval=5.0,
    cooldown_period=150.0,
    conditions=(Condition("Ready", status=True),),
    name="worker",
    autoscaler=Autoscaler("keda-hpa-worker", 7, 7, 2.0),
    scale_up=ScalingRules(0.0, (RateLimit("Pods", 8, 15.0),)),
    scale_down=ScalingRules(60.0, (RateLimit("Pods", 2, 15.0),)),
)
WORKERS = tuple(Worker(f"w{n}", "generating" if n < 6 else "starting", "", NOW) for n in range(7))


def requests(number: float | None, **fields: object) -> Trigger:
    """Return the trigger of the requests with a value and the demand for it."""
    demand = None if number is None else -int(-number // 2)
    return replace(REQUESTS, value=number, demand=demand, **fields)


def samples(*points: tuple[float, int, int]) -> tuple[Sample, ...]:
    """Return samples from ages in seconds, requests and wanted workers; the last is of now."""
    return tuple(
        Sample(NOW - age, waiting=count, generating=0, wanted=wanted)
        for age, count, wanted in points
    )


def snapshot(
    *triggers: Trigger,
    wanted: int | None = 7,
    ready: int | None = 6,
    history: tuple[Sample, ...] = (),
    workers: tuple[Worker, ...] = WORKERS,
    **fields: object,
) -> Snapshot:
    """Return a snapshot of a scaler with these triggers."""
    scaler = replace(SCALER, triggers=triggers, **fields)
    fleet = FleetReading(scaler, wanted, ready, workers, ())
    total = next((int(each.value) for each in triggers if each.value), 0)
    depth = QueueDepth(max(0, total - 6), min(6, total))
    lanes = ("requests", "workers", "nodes", "pictures")
    return Snapshot(
        NOW,
        "cluster",
        lanes,
        queue=Reading(depth, NOW),
        fleet=Reading(fleet, NOW),
        samples=history or samples((0, total, wanted or 0)),
    )


def formula(shown: Snapshot) -> list[str]:
    """Return the terms of a snapshot's formula, each in one line."""
    explanation = explain(shown, UTC)
    assert explanation
    return [
        f"{term.operator} {term.number} {term.name} ({term.detail})" for term in explanation.terms
    ]


def term(shown: Snapshot, name: str) -> Term:
    """Return the term whose name begins like this."""
    explanation = explain(shown, UTC)
    assert explanation
    return next(each for each in explanation.terms if each.name.startswith(name))


def rules(shown: Snapshot) -> dict[str, str]:
    """Return the rules beside a snapshot's formula."""
    explanation = explain(shown, UTC)
    assert explanation
    return dict(explanation.rules)


def test_formula_has_every_number_between_the_requests_and_the_wanted_workers():
    """Value, target, demand, limits, stabilization and result are those of the scaler."""
    history = samples((70, 16, 8), (40, 16, 7), (20, 10, 7), (0, 14, 7))
    assert formula(snapshot(requests(14.0), history=history)) == [
        " 14 requests (8 waiting, 6 generating)",
        "÷ 2 per worker (the trigger's target)",
        "= 7 called for ()",
        "→ 0 … 8 minimum, maximum (7 lies between)",
        "→ 8 highest of the last 60 s (stabilization before fewer)",
        "= 7 wanted (6 ready, 1 starting)",
    ]


def test_requests_that_the_autoscaler_has_not_counted_yet_are_named():
    """A burst of the last second does not make 8 equal 7."""
    history = samples((20, 14, 7), (0, 20, 7))
    assert formula(snapshot(requests(14.0), history=history))[-2:] == [
        "→ 7 highest of the last 60 s (newer requests not yet counted)",
        "= 7 wanted (6 ready, 1 starting)",
    ]


@pytest.mark.parametrize(
    ("shown", "name", "number", "detail"),
    [
        (snapshot(requests(13.0)), "called for", "7", "rounded up"),
        (snapshot(requests(18.0)), "minimum, maximum", "0 … 8", "9 is above: 8"),
        (snapshot(requests(2.0), minimum=3), "minimum", "3 … 8", "1 is below: 3"),
        (
            snapshot(requests(14.0, within_tolerance=True)),
            "called for",
            "7",
            "within the tolerance: no change",
        ),
        (snapshot(requests(14.0), wanted=4), "still to add", "+3", "at most 8 more each 15 s"),
        (
            snapshot(requests(14.0), wanted=4, scale_out_paused=True),
            "scaling out",
            "paused",
            "",
        ),
        (
            snapshot(requests(0.0, active=False), cooldown_left=42.0),
            "of the cool-down left",
            "42 s",
            "0 after 2 min 30 s without an active poll",
        ),
        (
            snapshot(requests(0.0, active=False), wanted=0, ready=0, workers=()),
            "until a start",
            "5 s",
            "the next request starts 1",
        ),
        (
            snapshot(requests(1.0, activation=5.0, active=False), wanted=0, ready=0, workers=()),
            "until a start",
            "5 s",
            "more than 5 requests start 1",
        ),
        (
            snapshot(requests(14.0), paused=True, paused_at=3),
            "until it is resumed",
            "paused",
            "at 3 workers",
        ),
        (
            snapshot(requests(None, failed=True, unknown="KEDA could not read it")),
            "called for",
            "unknown",
            "KEDA could not read it",
        ),
        (
            snapshot(
                requests(None, failed=True, is_fallback=True, unknown="KEDA could not read it")
            ),
            "requests",
            "unknown",
            "KEDA could not read it",
        ),
        (snapshot(requests(14.0), wanted=None), "wanted", "unknown", "could not be read"),
        (snapshot(requests(14.0), ready=None), "wanted", "7", "unknown ready, 1 starting"),
    ],
)
def test_each_state_has_its_own_remark(shown: Snapshot, name: str, number: str, detail: str):
    """Limits, tolerance, rates, cool-down, pauses, fallback and the unknown have their words."""
    found = term(shown, name)
    assert (found.number, found.detail) == (number, detail)


def test_fallback_is_the_demand_of_a_trigger_that_cannot_be_read():
    """The replicas of the fallback are called for, and no division is shown."""
    failed = Trigger("rabbitmq", 2.0, measure="requests", failed=True, is_fallback=True, demand=3)
    names = [line.split(" (")[0] for line in formula(snapshot(failed, wanted=3))]
    assert names[:2] == [" unknown requests", "= 3 called for"]


def test_the_trigger_that_decides_is_shown_and_all_are_listed():
    """Of several triggers the formula has the highest; the rules list each with its demand."""
    cpu = Trigger("cpu", 60.0, "Utilization", measure="cores", value=75.0, demand=9)
    shown = snapshot(requests(14.0), cpu, Trigger("prometheus", None, unknown="no value"))
    assert formula(shown)[:4] == [
        " 75% the cpu trigger ()",
        "÷ 60% target (of the trigger)",
        f"{TIMES} 6 workers ready ()",
        "= 9 called for (1 trigger more, unknown)",
    ]
    listed = rules(shown)
    assert listed["rabbitmq queue tasks"] == "14 requests at 2 per worker: 7 workers"
    assert listed["prometheus"].endswith(": unknown")


def test_scaled_job_has_no_stabilization():
    """Jobs end by themselves: the formula has no window, and the rules say so."""
    shown = snapshot(requests(14.0), kind="ScaledJob", minimum=1, scale_up=None, scale_down=None)
    assert [line.split(" (")[0] for line in formula(shown)][1:] == [
        "÷ 2 per Kubernetes Job",
        "= 7 called for",
        "→ 1 … 8 minimum, maximum",
        "= 7 Jobs running",
    ]
    assert term(shown, "minimum").detail == "the minimum of 1 is added: 8"
    assert rules(shown)["Fewer Jobs"] == "each Job ends by itself"


def test_combined_triggers_of_a_scaled_job_are_one_number():
    """A sum or an average has no single trigger that decides."""
    other = replace(requests(4.0), subject="queue other", measure="messages")
    shown = snapshot(requests(14.0), other, kind="ScaledJob", calculation="sum")
    assert formula(shown)[:2] == [
        " 2 triggers (their values in workers, see below)",
        "= 9 called for, their sum (rounded up)",
    ]


def test_rules_are_those_of_the_autoscaler():
    """Tolerance, rates, windows, cool-down and polling are stated with their numbers."""
    history = samples((40, 14, 7), (20, 10, 7), (0, 10, 7))
    assert rules(snapshot(requests(10.0), history=history)) == {
        "Tolerance": "12.6 to 15.4 requests: no change",
        "More workers": "at once, at most 8 more each 15 s",
        "Fewer workers": "not before 08:00:20; at most 2 fewer each 15 s",
        "To zero": "2 min 30 s after the last active poll",
        "Polling": "every 5 s",
    }


def test_several_and_disabled_rates_are_stated():
    """Kubernetes takes the larger of several rates, or the smaller, or allows no change."""
    limits = (RateLimit("Pods", 4, 15.0), RateLimit("Percent", 100, 30.0))
    shown = snapshot(
        requests(14.0),
        scale_up=ScalingRules(30.0, limits, "Min"),
        scale_down=ScalingRules(0.0, limits, "Disabled"),
        minimum=1,
    )
    assert rules(shown)["More workers"] == (
        "after 30 s, at most 4 more each 15 s or 100% more each 30 s, the smaller of them"
    )
    assert rules(shown)["Fewer workers"] == "never: disabled"
    assert rules(shown)["To zero"] == "never: the minimum is 1"


def test_rules_that_were_not_recorded_are_unknown():
    """A recording of an earlier version has no windows and rates; none are invented."""
    shown = snapshot(requests(4.0), scale_up=None, scale_down=None)
    assert rules(shown)["Windows and rates"] == "unknown: this recording does not have them"
    assert term(shown, "stabilization window").number == "unknown"
    assert target_chart.draw(shown, UTC).band == ""


def test_local_supervisor_is_explained_by_the_same_formula():
    """Without Kubernetes the title names KEDA's rule, and the numbers are the supervisor's."""
    shown = snapshot(kind=LOCAL, name=None, jobs=13, autoscaler=None)
    explanation = explain(shown, UTC)
    assert explanation.title == "How KEDA's rule decides"
    assert [each.number for each in explanation.terms][:3] == ["13", "2", "7"]


def test_unread_fleet_has_a_sentence_and_no_numbers():
    """A cluster that does not answer is unknown since its last reading, not at zero."""
    silent = Snapshot(NOW, "cluster", (), fleet=Reading(None, NOW - 9, "It does not answer."))
    assert explain(silent, UTC) == Explanation(
        "How the scaler decides", note="Unknown: no reading since 07:59:51."
    )
    assert explain(Snapshot(NOW, "laptop", ()), UTC) is None


def test_recommendations_of_the_window_are_bars():
    """Each bar is the rule's recommendation; a part without a sample is unknown, not zero."""
    history = samples((50, 16, 7), (20, 2, 7), (0, 4, 7))
    bars = term(snapshot(requests(4.0), history=history), "highest").picture
    assert isinstance(bars, Bars)
    assert bars.values == (None, None, 8, None, None, None, None, None, 1, None, None, 2)
    assert bars.heights[2] == 100
    assert bars.heights[8] == 12


def test_many_dots_are_counted():
    """More dots than fit are a number."""
    drawn = dots((14, "tint"), (40, "full"))
    assert (len(drawn.forms), drawn.more, drawn.forms[-1]) == (16, 38, "full")
    assert dots((-1, "tint")).forms == ()


def test_value_lies_on_the_scale():
    """A scale has a mark for each number if they fit, and the value at its share."""
    assert Scale(0, 4, 3).marks == (0.0, 25.0, 50.0, 75.0, 100.0)
    assert (Scale(0, 100, 50).marks, Scale(0, 100, 50).position) == ((0.0, 100.0), 50.0)
    assert (Scale(2, 2, 2).position, Scale(0, 2, None).position) == (0.0, None)


def test_formula_is_spoken_as_a_sentence():
    """A screen reader gets numbers, names and operators in words."""
    terms = (Term("14", "requests", "8 waiting"), Term("2", "per worker", operator="÷"))
    assert to_sentence(terms) == "14 requests (8 waiting) divided by 2 per worker."


def test_target_chart_ends_where_a_number_is_unknown():
    """Requests and target are steps; a gap interrupts them, and the newest are in words."""
    history = (
        *samples((36, 0, 0), (30, 16, 0), (24, 16, 8)),
        Sample(NOW - 18),
        *samples((12, 12, 7), (6, 12, 7), (0, 14, 7)),
    )
    chart = target_chart.draw(snapshot(requests(14.0), history=history), UTC)
    assert (chart.top, chart.now, chart.goal) == (16, "14", f"7 {TIMES} 2 = 14")
    assert chart.requests == "M70.0,100.0H75.0V0.0H80.0V0.0M90.0,25.0H95.0V25.0H100.0V12.5"
    assert chart.target.count("M") == 2
    assert chart.band.startswith("M70.0,100.0H")
    assert chart.times == ("07:58:00", "07:59:00", "08:00:00")


def test_target_chart_needs_requests():
    """Nothing is drawn while there was nothing, or where no trigger counts requests."""
    assert target_chart.draw(snapshot(requests(0.0), wanted=0), UTC) is None
    cron = Trigger("cron", 1.0, measure="replicas", value=2.0, demand=2)
    assert target_chart.draw(snapshot(cron), UTC) is None
    assert target_chart.draw(Snapshot(NOW, "laptop", ()), UTC) is None
