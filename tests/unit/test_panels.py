"""What the health pills and the numbers say of a snapshot."""

from dataclasses import replace
from datetime import UTC

import pytest

from dashboard.components.common import numbers
from dashboard.components.page import top_bar
from dashboard.components.pictures import tiles
from dashboard.domain.fleet import FleetReading, Node, Scaler, Worker
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from wire.queues.base import QueueDepth

NOW = 3600.0
SCALER = Scaler("ScaledObject", "rabbitmq", 3, 1, 0, 8, 5, 120)
LANES = ("requests", "workers", "nodes", "pictures")


def _fleet(ready: int = 0, wanted: int = 0, **fields: object) -> FleetReading:
    return FleetReading(SCALER, wanted, ready, **({"workers": (), "nodes": ()} | fields))


def _snapshot(fleet: FleetReading | None = None, **fields: object) -> Snapshot:
    fields = {
        "lanes": LANES,
        "queue": Reading(QueueDepth(0, 0), NOW - 0.2),
        "store": Reading(5, NOW - 1),
        "fleet": Reading(fleet or _fleet(), NOW - 2),
        "pictures_total": 5,
    } | fields
    return Snapshot(NOW, "cluster", **fields)


def _cells(snapshot: Snapshot) -> dict[str, numbers.Cell]:
    return {cell.label: cell for cell in numbers.cells(snapshot, UTC)}


def test_each_source_has_its_age():
    """Healthy sources are grey text with an age; the fleet is called what it is."""
    pills = top_bar.pills(_snapshot(), UTC, NOW)
    assert "queue 0.2 s" in pills
    assert "cluster 2 s" in pills
    assert "silent" not in pills


def test_silent_source_says_since_when():
    """A source that failed is named, with the time of its last good reading."""
    snapshot = _snapshot(queue=Reading(None, 60.0, "The queue <is> away."))
    pills = top_bar.pills(snapshot, UTC, NOW)
    assert "queue: no reading since 00:01:00" in pills
    assert "The queue &lt;is&gt; away." in pills


def test_a_source_that_was_read_in_part_says_so():
    """A cluster that keeps its nodes to itself is told as such, and its numbers as unknown."""
    fleet = FleetReading(None, None, 3, (), None, warnings=("It may not list <nodes>.",))
    snapshot = replace(_snapshot(), fleet=Reading(fleet, NOW - 2))
    pills = top_bar.pills(snapshot, UTC, NOW)
    assert "cluster 2 s, in part" in pills
    assert "It may not list &lt;nodes&gt;." in pills
    cells = _cells(snapshot)
    assert (cells["GPU nodes"].number, cells["GPU nodes"].below) == (None, "could not be read")
    assert cells["Workers ready"].below == "how many are wanted is unknown"


def test_dashboard_that_reads_nothing_says_so():
    """If the sampler itself stands still, no age pretends to be fresh."""
    pills = top_bar.pills(_snapshot(), UTC, NOW + 60)
    assert "nothing was read since 01:00:00" in pills
    assert "queue" not in pills


def test_frozen_page_is_not_taken_for_a_silent_one():
    """A page that was frozen an hour ago says frozen, and not that all is silent."""
    pills = top_bar.pills(_snapshot(), UTC, None)
    assert "frozen at 01:00:00" in pills
    assert "silent" not in pills


def test_unknown_is_a_word_and_never_zero():
    """Without readings every number is unknown, with since when."""
    silent = Reading(None, 60.0, "away")
    snapshot = _snapshot(queue=silent, store=silent, pictures_total=None)
    snapshot = replace(snapshot, fleet=silent)
    for cell in numbers.cells(snapshot, UTC):
        assert cell.number is None, cell.label
        assert cell.below == "no reading since 00:01:00"


def test_queue_that_counts_only_one_of_two_says_so():
    """A count of jobs in progress that the broker does not give is unknown."""
    cells = _cells(_snapshot(queue=Reading(QueueDepth(3, None), NOW)))
    assert cells["Waiting"].number == 3
    assert cells["Painting"].number is None


@pytest.mark.parametrize(
    ("ready", "wanted", "beside", "below"),
    [
        (0, 0, "", "scaled to zero"),
        (3, 8, "of 8 wanted", "5 starting, at most 8"),
        (8, 8, "of 8 wanted", "all ready, at most 8"),
        (8, 5, "of 5 wanted", "3 stopping"),
    ],
)
def test_workers_are_said_with_what_is_wanted(ready: int, wanted: int, beside: str, below: str):
    """The number of ready workers stands beside the number that the scaler wants."""
    cell = _cells(_snapshot(_fleet(ready, wanted)))["Workers ready"]
    assert (cell.number, cell.beside, cell.below) == (ready, beside, below)


def test_workers_without_a_node_are_told():
    """While machines are what is missing, the strip does not say that workers start."""
    waiting = tuple(Worker(name, "pending", "waits for a GPU node", 0) for name in "abc")
    cell = _cells(_snapshot(_fleet(1, 4, workers=waiting)))["Workers ready"]
    assert cell.below == "3 without a node yet, at most 8"


def test_busy_workers_are_counted():
    """Painting says how many of the ready workers are busy."""
    workers = (Worker("a", "generating", "", 0), Worker("b", "idle", "", 0))
    snapshot = _snapshot(_fleet(2, 2, workers=workers), queue=Reading(QueueDepth(0, 1), NOW))
    assert _cells(snapshot)["Painting"].below == "1 of 2 workers busy"


def test_nodes_are_said_with_their_slots():
    """GPU nodes show how many are ready and how much of them is used; unknown stays unknown."""
    nodes = (Node("a", "L4", 2, 1, True, 0), Node("b", "L4", 2, None, False, 0))
    cell = _cells(_snapshot(_fleet(nodes=nodes)))["GPU nodes"]
    assert (cell.number, cell.beside, cell.below) == (1, "of 2 joining", "1 of 2 slots used")
    known = replace(nodes[0], slots_used=None)
    assert _cells(_snapshot(_fleet(nodes=(known,))))["GPU nodes"].below == "2 slots"


def test_modes_without_nodes_count_pictures():
    """Where no GPU nodes are known, the strip shows pictures instead, and their pace."""
    samples = (Sample(NOW - 61, pictures=9), Sample(NOW - 10, pictures=2), Sample(NOW, pictures=1))
    cells = _cells(_snapshot(lanes=("requests", "pictures"), samples=samples))
    assert list(cells) == ["Waiting", "Painting", "Pictures"]
    assert cells["Pictures"].below == "3 in the last minute"


def test_silent_store_is_not_said_to_be_empty():
    """Nobody is told that there are no pictures while the store has not said so."""
    assert tiles.without_pictures(Reading(0, NOW)).startswith("No pictures yet")
    for silent in (Reading(), Reading(None, NOW, "The store is away.")):
        assert "unknown" in tiles.without_pictures(silent)
