"""The Tune page's words, dials, patch and search, on small fleets."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml

from core.errors import RecordingError
from dashboard.components.tune import arrivals as requests
from dashboard.components.tune import laboratory
from dashboard.components.tune.result_cache import result_cache
from dashboard.domain.fleet import LOCAL, FleetReading, Scaler
from dashboard.domain.scaling_rules import DEFAULT_SCALE_DOWN, RateLimit, ScalingRules
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from dashboard.fleet.scaling_rule import ScalingPolicy
from dashboard.presentation.whatif import lanes, pareto, patch, words
from dashboard.presentation.whatif.lanes import Chart
from dashboard.presentation.whatif.pareto import Pareto
from dashboard.whatif import parallel
from dashboard.whatif.arrivals import Arrivals, from_jobs
from dashboard.whatif.dials import apply, changes_to, dials
from dashboard.whatif.measure import measure
from dashboard.whatif.nodes import NodeModel
from dashboard.whatif.real import setup_of
from dashboard.whatif.result import Price
from dashboard.whatif.scenario import Scenario, try_scenario
from dashboard.whatif.search import candidates, cheapest, frontier, priced, quickest, try_all
from dashboard.whatif.setup import FleetModel, ScalerSetup, WorkerModel
from tools import plot_scaling

POLICY = ScalingPolicy(
    maximum=4, cooldown=60.0, down=ScalingRules(30.0, (RateLimit("Pods", 2, 15.0),))
)
MODEL = FleetModel(WorkerModel(load=5.0, picture=3.0), NodeModel(join=20.0, pull=5.0, idle=30.0))
CLUSTER = Scenario(ScalerSetup("ScaledObject", POLICY, polling=5.0), MODEL, Price(0.5))
LAPTOP = Scenario(ScalerSetup(LOCAL, POLICY, polling=1.0), replace(MODEL, nodes=None), None)
SCALER = Scaler("ScaledObject", "rabbitmq", 0, 2.0, 1, 6, 5.0, 150.0)
ARRIVALS = Arrivals(np.array([2.0, 2.1, 2.2, 40.0, 41.0, 90.0]), np.ones(6), 120.0)


def test_dials_are_those_that_the_scaler_knows():
    """A laptop has no nodes and no stabilization window; a ScaledJob has no cool-down."""
    job = replace(CLUSTER, setup=replace(CLUSTER.setup, kind="ScaledJob"))
    names = {kind: {dial.name for dial in dials(each)} for kind, each in _scenarios(job).items()}
    assert names["cluster"] >= {"cooldown", "window", "other_kind", "join", "spot"}
    assert not names["laptop"] & {"window", "other_kind", "join", "spot"}
    assert not names["job"] & {"window", "cooldown"}


def _scenarios(job: Scenario) -> dict[str, Scenario]:
    return {"cluster": CLUSTER, "laptop": LAPTOP, "job": job}


@pytest.mark.parametrize("real", [CLUSTER, LAPTOP])
def test_every_dial_writes_what_it_reads(real):
    """A dial at its real value changes nothing, and at its upper end only its own number."""
    for dial in dials(real):
        value = dial.read(real)
        if value is not None:
            assert dial.read(dial.write(real, value)) == value
        assert set(changes_to(real, apply(real, {dial.name: dial.high}))) <= {dial.name, "maximum"}


def test_dials_reach_real_numbers_below_their_usual_ends():
    """KEDA takes half a request per worker, and a laptop polls twice a second: no change is shown.

    A moved dial sends all numbers, and none of the others may be limited to another one.
    """
    fast = replace(MODEL, workers=WorkerModel(load=0.0, picture=0.02))
    policy = replace(POLICY, maximum=0, jobs_per_worker=0.5)
    real = replace(CLUSTER, setup=ScalerSetup("ScaledObject", policy, polling=0.5), model=fast)
    values = {dial.name: dial.read(real) for dial in dials(real)}
    assert changes_to(real, apply(real, values)) == {}


@pytest.mark.parametrize(
    ("changes", "minimum", "maximum"),
    [
        ({"minimum": 3, "maximum": 2}, 3, 3),
        ({"maximum": 10_000}, 0, 8),
        ({"minimum": -5}, 0, 4),
        ({"minimum": float("nan")}, 0, 4),
        ({"unheard of": 7}, 0, 4),
    ],
)
def test_numbers_from_the_browser_are_limited(changes, minimum, maximum):
    """Whatever the browser sends, the simulated settings are valid."""
    policy = apply(CLUSTER, changes).setup.policy
    assert (policy.minimum, policy.maximum) == (minimum, maximum)


def test_the_sentence_compares_with_the_real_settings():
    """The sentence names the settings, p95 of both, the finish and the cost."""
    real, tried = (
        try_scenario(each, ARRIVALS) for each in (CLUSTER, apply(CLUSTER, {"minimum": 2}))
    )
    lead, rest = words.sentence(real, tried, "$")
    assert lead == "What if 1 request per worker, 2 to 4 workers"
    assert "start within" in rest
    assert "instead of" in rest
    assert "it costs $" in rest
    laptop = [try_scenario(each, ARRIVALS) for each in (apply(LAPTOP, {"minimum": 2}), LAPTOP)]
    assert words.sentence(*laptop, "$")[1].endswith("% fewer worker-hours.")
    lead, rest = words.sentence(real, real, "$")
    assert lead.startswith("With the real settings, 1 request per worker")
    assert "instead of" not in rest


@pytest.mark.parametrize(("target", "words_"), [(2.5, "2.5 requests"), (1.0, "1 request")])
def test_a_fraction_of_requests_per_worker_is_not_rounded(target, words_):
    """A target may be any number in a cluster."""
    result = try_scenario(CLUSTER.with_policy(jobs_per_worker=target), ARRIVALS)
    assert f"settings, {words_} per worker" in words.sentence(result, result, "$")[0]


def test_unknown_outcomes_are_the_word_unknown():
    """Without requests, a price or paid time, figures are unknown, not zero."""
    none = Arrivals(np.array([]), np.array([]), 60.0)
    result = try_scenario(LAPTOP, none)
    figures = list(words.figures(result.outcome, result.outcome, "worker", "$"))
    assert [figure.number for figure in figures] == ["unknown", "0.00", "unknown", "unknown"]
    assert words.sentence(result, result, "$")[0] == "No request arrived"


def test_figures_say_more_and_less_with_arrows():
    """A difference has an arrow and a word, so that no colour is needed."""
    real = try_scenario(CLUSTER, ARRIVALS).outcome
    slower = replace(real, p95=(real.p95 or 0) * 2, hours=real.hours / 2, idle_share=0.5)
    waiting, hours, _, idle = words.figures(real, slower, "GPU", "$")
    assert waiting.difference.startswith("↑")
    assert hours.difference.startswith("↓")
    assert hours.beside == "50% less"
    assert "point" in idle.difference


def test_patch_has_only_what_differs_and_is_valid():
    """A merge patch holds the changed fields; the trigger has a JSON patch with its index."""
    tried = apply(CLUSTER, {"minimum": 1, "window": 0, "jobs_per_worker": 2})
    found = patch.lines(CLUSTER, tried, "worker", "pictures", trigger=1)
    merge, trigger = (part.split("'")[1] for part in patch.text(found).split("kubectl")[1:])
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    advanced = {"horizontalPodAutoscalerConfig": {"behavior": behavior}}
    assert yaml.safe_load(merge) == {"spec": {"minReplicaCount": 1, "advanced": advanced}}
    path = "/spec/triggers/1/metadata/value"
    assert yaml.safe_load(trigger) == [{"op": "replace", "path": path, "value": "2"}]
    assert patch.count(found) == 3
    assert "  # was 30" in patch.text(found)


def test_another_kind_is_deployed_before_it_is_patched():
    """Deploying sets the manifests' numbers, so the patch of the new object has all of them."""
    tried = apply(CLUSTER, {"other_kind": 1, "minimum": 1, "cooldown": 10})
    text = patch.text(patch.lines(CLUSTER, tried, "worker", "pictures", trigger=1))
    first, merge, trigger = text.replace("kubectl", "\nkubectl").split("\n\n")
    assert first == "make deploy-scaledjob  # was a ScaledObject"
    assert merge.startswith("kubectl -n pictures patch \\\n  scaledjob worker --type merge")
    fields = {"minReplicaCount": 1, "maxReplicaCount": 4, "pollingInterval": 5}
    assert yaml.safe_load(merge.split("'")[1]) == {"spec": fields}
    path = "/spec/triggers/0/metadata/value"
    assert yaml.safe_load(trigger.split("'")[1]) == [{"op": "replace", "path": path, "value": "1"}]


def test_a_scaled_job_becomes_the_scaled_object_that_was_simulated():
    """The manifests' windows and rates are replaced by those of the simulation."""
    job = replace(CLUSTER, setup=setup_of(replace(SCALER, kind="ScaledJob")))
    found = patch.lines(job, apply(job, {"other_kind": 1}), "worker", "pictures")
    merge = yaml.safe_load(patch.text(found).split("'")[1])["spec"]
    rules = merge["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    rate = {"type": "Percent", "value": 100, "periodSeconds": 15}
    assert rules["scaleDown"] == {
        "stabilizationWindowSeconds": 300,
        "selectPolicy": "Max",
        "policies": [rate],
    }
    assert rules["scaleUp"]["policies"] == [{"type": "Pods", "value": 4, "periodSeconds": 15}, rate]
    assert merge["cooldownPeriod"] == 300


def test_a_scaled_job_as_a_scaled_object_has_kedas_cooldown():
    """A ScaledJob has no cool-down; one of zero seconds would stop workers between requests."""
    job = setup_of(replace(SCALER, kind="ScaledJob", cooldown_period=0))
    assert job.policy.cooldown == ScalingPolicy.cooldown
    assert setup_of(replace(SCALER, cooldown_period=0)).policy.cooldown == 0


def test_nothing_differs_without_a_change():
    """The real settings need no patch, and prices and durations are no settings."""
    tried = apply(CLUSTER, {"price": 2.0, "join": 100.0, "picture": 1.0})
    assert patch.lines(CLUSTER, tried, "worker", "pictures") == []


def test_local_settings_are_lines_of_the_environment_file():
    """On a laptop the settings are the supervisor's."""
    tried = apply(LAPTOP, {"maximum": 3, "cooldown": 10.0})
    lines = patch.text(patch.lines(LAPTOP, tried, "", "")).splitlines()
    assert lines == ["MAX_WORKERS=3  # was 4", "COOLDOWN_PERIOD=10  # was 60"]
    assert tried.setup.policy.down.window == 10.0


def test_find_returns_the_cheapest_below_the_limit():
    """The frontier falls: each step is dearer and quicker; the limit picks the first below it."""
    setups = list(candidates(CLUSTER.setup))
    trials = try_all(setups[::9], ARRIVALS, MODEL, Price(0.5))
    best = frontier(trials)
    assert [trial.expense for trial in best] == sorted(trial.expense for trial in best)
    assert [trial.outcome.p95 for trial in best] == sorted(
        (trial.outcome.p95 for trial in best), reverse=True
    )
    found = cheapest(trials, 30.0)
    assert found.outcome.p95 <= 30.0
    assert all(trial.expense >= found.expense for trial in trials if trial.outcome.p95 <= 30.0)
    assert cheapest(trials, -1.0) is None
    assert quickest(trials).outcome.p95 == min(trial.outcome.p95 for trial in trials)


def test_candidates_are_valid_and_begin_with_the_real_settings():
    """About 500 settings are tried, none with a minimum above its maximum."""
    found = list(candidates(CLUSTER.setup))
    assert found[0] == CLUSTER.setup
    assert 300 <= len(found) <= 600
    assert all(0 <= each.policy.minimum <= each.policy.maximum for each in found)
    assert len(list(candidates(LAPTOP.setup))) <= 600


@pytest.mark.parametrize("kind", ["ScaledObject", "ScaledJob", LOCAL])
def test_a_maximum_that_is_not_reached_changes_nothing(kind):
    """Settings that are not simulated have the outcome that a simulation would have given."""
    burst = Arrivals(np.sort(np.random.default_rng(1).uniform(0, 90, 60)), np.ones(60), 120.0)
    model = replace(MODEL, nodes=None) if kind == LOCAL else MODEL
    setups = list(candidates(replace(CLUSTER.setup, kind=kind)))[::3]
    apart = [try_all([setup], burst, model, None)[0] for setup in setups]
    assert try_all(setups, burst, model, None) == apart


@pytest.mark.parametrize("real", ["ScaledObject", "ScaledJob"])
@pytest.mark.parametrize("tried", ["ScaledObject", "ScaledJob"])
def test_a_search_keeps_the_kind_and_polling_that_are_tried(real, tried):
    """Each candidate can be reached by the dials, from which the patch is made."""
    scenario = replace(CLUSTER, setup=replace(CLUSTER.setup, kind=real))
    moved = apply(scenario, {"other_kind": float(real != tried), "polling": 2.0})
    for setup in list(candidates(scenario.setup, moved.setup))[::7]:
        assert (setup.kind, setup.polling) == (tried, 2.0)
        changes = changes_to(scenario, replace(scenario, setup=setup))
        assert apply(scenario, changes).setup == setup


def test_processes_of_their_own_give_the_same_trials_in_order():
    """Settings are tried in other processes, with the results of this one."""
    setups = list(candidates(CLUSTER.setup))[:5]
    assert parallel.try_all(setups, ARRIVALS, MODEL, None) == try_all(setups, ARRIVALS, MODEL, None)


def test_a_scalers_rules_become_the_simulated_ones():
    """Windows and rates are the autoscaler's; without them its defaults apply."""
    rules = ScalingRules(60.0, (RateLimit("Pods", 2, 15.0), RateLimit("Percent", 50, 30.0)))
    disabled = ScalingRules(5.0, (RateLimit("Pods", 8, 15.0),), select="Disabled")
    assert setup_of(SCALER).policy.down == DEFAULT_SCALE_DOWN
    policy = setup_of(replace(SCALER, scale_down=rules, scale_up=disabled)).policy
    assert (policy.minimum, policy.maximum, policy.jobs_per_worker) == (1, 6, 2.0)
    assert (policy.up, policy.down) == (disabled, rules)


def _job(job_id: str, submitted: float, received: float, finished: float, count: int = 1):
    return SimpleNamespace(
        job=SimpleNamespace(id=job_id, count=count),
        state="done",
        worker="worker-1",
        submitted_at=submitted,
        received_at=received,
        finished_at=finished,
    )


def test_a_second_with_two_requests_counts_once():
    """A worker that leases one request ahead is not busy twice."""
    views = [_job("a", 100, 101, 105), _job("b", 100, 102, 107)]
    assert from_jobs(views, 100.0, 200.0).work.tolist() == pytest.approx([4 / 3, 2 / 3])


def test_a_stretch_has_what_waited_when_it_began():
    """Requests that were submitted before and had no worker yet belong to the stretch."""
    views = [_job("early", 80, 90, 95), _job("waited", 95, 104, 106), _job("late", 250, 251, 252)]
    found = from_jobs(views, 100.0, 200.0)
    assert found.at.tolist() == [-5.0]


def test_charts_have_real_and_what_if_lines():
    """The real line is filled, the what-if line is dashed; without a reading there is a gap."""
    result = try_scenario(CLUSTER, ARRIVALS)
    start = lanes.start_of(result.run)
    real = [Sample(at=start + at, waiting=1, nodes=2) for at in range(0, 120, 2)]
    chart = Chart(real, result.run, ends=start + 120.0)
    traces = lanes.draw(chart).data
    assert sum(trace.fill == "tozeroy" for trace in traces) == 2  # the real workers are unknown
    assert sum(trace.line.dash == "4px,3px" for trace in traces) == 3
    assert "at most" in lanes.alt_text(chart)


def test_plots_of_the_documents_are_images():
    """A plot is one SVG document, which browsers show without the dashboard."""
    root = ElementTree.fromstring(plot_scaling.draw(try_scenario(CLUSTER, ARRIVALS)))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox").startswith("-32 0 992 ")


@pytest.mark.parametrize("span", [90.0, 600.0, 86400.0])
def test_what_if_lines_have_no_gaps(span):
    """A simulated line is one line, however long the time."""
    run = try_scenario(CLUSTER, Arrivals(np.array([2.0, 50.0]), np.ones(2), span)).run
    traces = lanes.draw(Chart([], run, ends=lanes.start_of(run) + span)).data
    assert len(traces) == 3
    assert all(min(trace.x) > 9999 for trace in traces), "Plotly takes these for years"


def test_the_chart_of_costs_survives_settings_without_an_outcome():
    """Settings under which no request ever started have no point."""
    outcome = try_scenario(CLUSTER, ARRIVALS).outcome
    trials = try_all([CLUSTER.setup], ARRIVALS, MODEL, Price(0.5))
    trials.append(replace(trials[0], outcome=replace(outcome, p95=None)))
    figure = pareto.draw(Pareto(trials, outcome, outcome, 30.0, "$"))
    assert len(figure.data[0].x) == 1


def test_settings_without_any_waiting_are_labelled():
    """A waiting time of zero is the best, not an unknown one."""
    outcome = replace(try_scenario(CLUSTER, ARRIVALS).outcome, p95=0.0)
    trials = try_all([CLUSTER.setup], ARRIVALS, MODEL, Price(0.5))
    found = pareto.draw(Pareto(trials, outcome, outcome, 30.0, "$")).layout.annotations
    assert any("<b>real</b>" in each.text for each in found)


def test_labels_of_the_chart_stay_inside():
    """On a phone no label runs over the axis, and costs begin at zero."""
    cheap = replace(try_scenario(CLUSTER, ARRIVALS).outcome, hours=1.0, cost=None, p95=31.0)
    dear = replace(cheap, hours=10.0, p95=27.0)
    layout = pareto.draw(Pareto([], dear, cheap, 40.0, "$")).layout
    labels = {each.text.split("</b>")[0]: each for each in layout.annotations}
    real, tried = labels["<b>real"], labels["<b>what if"]
    assert (real.xanchor, tried.xanchor) == ("right", "left")
    assert (real.yanchor, tried.yanchor) == ("top", "bottom")
    assert layout.xaxis.range == (0, 10.5)


def test_another_price_changes_only_the_cost_of_trials():
    """The dots of a search stay comparable with the two points after the price was changed."""
    [trial] = try_all([CLUSTER.setup], ARRIVALS, MODEL, None)
    (free,), (dear,) = priced([trial], None), priced([trial], Price(3.0, 0.5))
    assert free == trial
    assert dear.expense == pytest.approx(1.5 * trial.outcome.hours)
    assert replace(dear, outcome=replace(dear.outcome, cost=None)) == trial


def test_results_are_derived_once_for_all_pages():
    """Pages that tick derive a chart once for each result and each option."""
    calls = []
    cached = result_cache(lambda *each: calls.append(each) or len(calls))
    first, second = [1], [1]
    assert [cached((first,), "$"), cached((first,), "$"), cached((second,), "$")] == [1, 1, 2]
    assert cached((first,), "€") == 3


def test_a_slow_result_does_not_hold_up_others():
    """A session that simulates a day does not stop the pages of the others."""
    slow, quick = Event(), Event()
    cached = result_cache(lambda event: event.wait(10.0))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cached, (slow,))
        quick.set()
        assert cached((quick,))
        assert not waiting.done()
        slow.set()
        assert waiting.result()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, ""),
        ({"idle": 0}, " Not simulated: the idle replica count."),
        ({"strategy": "accurate", "paused": True}, "the accurate strategy, the pause."),
    ],
)
def test_settings_that_are_not_simulated_are_named(changes, text):
    """The page names the settings that the simulation leaves out."""
    assert laboratory.left_out(replace(SCALER, **changes)).endswith(text)


def test_assumed_durations_are_named_beside_the_result():
    """A dashboard that has just started has measured nothing, and the page says so."""
    text = laboratory.assumed(measure([], [], has_nodes=False))
    assert text == " Durations assumed, not yet measured: a picture, the start of a worker."
    assert "the join of a node" in laboratory.assumed(measure([], [], has_nodes=True))


def test_recording_that_is_gone_is_reported_as_a_sentence(monkeypatch, tmp_path: Path):
    """A recording that is deleted while the page lists it leaves a sentence, not a stack trace."""
    gone = tmp_path / "talk.jsonl"
    monkeypatch.setattr(requests.folder, "find", lambda _settings, _identity: gone)
    monkeypatch.setattr(requests.runtime, "current", lambda: SimpleNamespace(settings=None))
    monkeypatch.setattr(requests.viewer_snapshot, "newest", lambda: None)
    selected = {"arrivals": "Recording", "tried_recording": gone.name}
    monkeypatch.setattr(requests.st, "session_state", selected)
    with pytest.raises(RecordingError, match="cannot be read: No such file"):
        requests.selected_source()


@pytest.mark.parametrize(
    ("fleet", "part"),
    [
        (None, "FLEET=none"),
        (Reading(None, error="The cluster does not answer."), "cannot be read"),
        (Reading(FleetReading(None, 0, 0, (), ())), "cannot be read"),
        (Reading(FleetReading(SCALER, 0, 0, (), ())), ""),
        (
            Reading(FleetReading(replace(SCALER, jobs_per_worker=None), 0, 0, (), ())),
            "no trigger of this scaler counts requests",
        ),
    ],
)
def test_what_cannot_be_simulated_says_why(fleet, part):
    """Without a scaler that counts requests, the page says what is unknown and what to do."""
    reason = laboratory.why_unknown(Snapshot(0.0, "cluster", ("requests",), fleet=fleet))
    assert part in reason
    assert bool(reason) == bool(part)
