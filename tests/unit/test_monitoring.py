"""The alerts and the Grafana dashboard query metrics that dashboard and workers emit."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from dashboard.domain.fleet import FleetReading, Node, Scaler, Worker
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading
from dashboard.routes.metrics import exposition
from tests.unit.test_gpu_pages import FULL, NOW, snapshot
from wire.messages.job import JobRequest, new_job
from wire.queues.base import QueueDepth
from worker import metrics

_MONITORING = Path(__file__).parents[2] / "k8s" / "components" / "monitoring"
_RULES = yaml.safe_load((_MONITORING / "alerts.yaml").read_text())["spec"]["groups"][0]["rules"]
_PANELS = json.loads((_MONITORING / "grafana-dashboard.json").read_text())["panels"]
_FUNCTIONS = {"absent", "delta", "histogram_quantile", "rate", "sum"}
_OPERATORS = {"and", "on", "by"}

Series = dict[str, dict[str, set[str]]]
"""The values of each label by name of the metric."""


@dataclass(frozen=True)
class Query:
    """A PromQL expression, and the labels that its legend or its sentences name."""

    place: str
    expression: str
    shown_labels: frozenset[str]


def _queries() -> Iterator[Query]:
    for rule in _RULES:
        labels = re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values()))
        yield Query(rule["alert"], rule["expr"], frozenset(labels))
    for panel in _PANELS:
        for target in panel["targets"]:
            labels = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            yield Query(panel["title"], target["expr"], frozenset(labels))


@pytest.fixture(scope="module")
def emitted() -> Series:
    """Scrape a dashboard that knows everything, and a worker with a GPU."""
    before, metrics.DEVICE.latest = metrics.DEVICE.latest, FULL
    try:
        return _series(_full_exposition(), generate_latest(REGISTRY).decode())
    finally:
        metrics.DEVICE.latest = before


def _full_exposition() -> str:
    fleet = FleetReading(
        Scaler("ScaledObject", "rabbitmq queue tasks", 6, 1, 0, 8, 5, 150),
        2,
        1,
        (Worker("a", "generating", "", 0),),
        (Node("n", "L4", 2, 1, True, 0, gpus=1),),
    )
    job = new_job(JobRequest(prompt="a"))
    full = replace(
        snapshot(FULL),
        queue=Reading(QueueDepth(3, 1), NOW),
        store=Reading(7, NOW),
        fleet=Reading(fleet, NOW),
        jobs=(JobView(job, "done", submitted_at=NOW - 9, received_at=NOW - 5),),
        pictures_total=5,
    )
    return exposition(full, NOW, dead_letters=1)


def _series(*texts: str) -> Series:
    series: Series = defaultdict(lambda: defaultdict(set))
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                values = series[sample.name]
                for name, value in sample.labels.items():
                    values[name].add(value)
    return series


@pytest.mark.parametrize("query", list(_queries()), ids=lambda query: query.place)
def test_query_finds_what_is_emitted(query: Query, emitted: Series):
    """Each metric of a query exists, with the labels and the values that it selects and shows."""
    selectors, grouping = _parse(query.expression)
    assert selectors
    for metric, matchers in selectors:
        assert metric in emitted, f"nothing emits {metric}"
        for label, operator, value in matchers:
            wanted = value.split("|") if operator == "=~" else [value]
            assert emitted[metric][label] >= set(wanted), f"{metric}{{{label}}}"
        assert grouping <= emitted[metric].keys() | ({"le"} if "bucket" in metric else set())
        shown = query.shown_labels
        assert shown <= (grouping or emitted[metric].keys()), f"{metric} has no {shown}"


Selector = tuple[str, list[tuple[str, str, str]]]


def _parse(expression: str) -> tuple[list[Selector], set[str]]:
    """Return the metrics with their matchers, and the labels of the groups.

    Raises AssertionError for a word that is neither a metric nor one of the known functions and
    operators, so that a new kind of query extends this parser.
    """
    rest = re.sub(r"\[\d+[smhd]\]", "", expression)
    groups = re.findall(r"\b(?:by|on)\s*\(([\w\s,]*)\)", rest)
    rest = re.sub(r"\b(?:by|on)\s*\([\w\s,]*\)", " ", rest)
    selectors = []
    for match in re.finditer(r"([A-Za-z_:][\w:]*)\s*(\(|\{[^}]*\})?", rest):
        name, follows = match[1], match[2] or ""
        if follows == "(" or name in _OPERATORS:
            assert name in _FUNCTIONS | _OPERATORS, f"{name} is not known here"
            continue
        matchers = re.findall(r'(\w+)\s*(=~|=)\s*"([^"]*)"', follows)
        assert follows.count('"') == 2 * len(matchers), f"{follows} is not known here"
        selectors.append((name, matchers))
    return selectors, {name for group in groups for name in re.findall(r"\w+", group)}


@pytest.mark.parametrize(
    "expression",
    ["rate(nowhere_total[5m])", 'up{job="x"} > 0', "count(worker_jobs_total)"],
)
def test_parser_finds_what_does_not_exist(expression: str, emitted: Series):
    """A name that nothing emits, or a function that the parser does not know, fails the test."""
    with pytest.raises(AssertionError):
        test_query_finds_what_is_emitted(Query("", expression, frozenset()), emitted)


def test_dashboard_for_grafana_is_complete():
    """Every panel has a title, a sentence, a unit and a place of its own."""
    titles = {panel["title"] for panel in _PANELS}
    assert titles >= {
        "Queue",
        "Workers",
        "Pictures per second",
        "Time in the queue",
        "GPU utilization",
    }
    assert titles >= {"GPU utilization", "GPU power", "Jobs that left workers", "Dead letters"}
    places: list[tuple[Any, ...]] = [tuple(panel["gridPos"].values()) for panel in _PANELS]
    assert len(set(places)) == len({panel["id"] for panel in _PANELS}) == len(_PANELS)
    for panel in _PANELS:
        assert panel["description"].endswith(".")
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["fieldConfig"]["defaults"]["unit"]
