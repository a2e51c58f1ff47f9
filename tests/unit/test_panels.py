"""Tests of the health pills and the numbers that pages show of a snapshot."""

from dataclasses import replace
from datetime import UTC

import pytest

from dashboard.components.common import numbers
from dashboard.components.page import top_bar
from dashboard.components.pictures import tiles
from dashboard.components.studio import job_cards
from dashboard.domain.fleet import FleetReading, Node, Scaler, Worker
from dashboard.domain.jobs import initial_view
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from dashboard.presentation.templates import render
from wire.messages.job import JobRequest, new_job
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
        "pictures_stored": 5,
    } | fields
    return Snapshot(NOW, "cluster", **fields)


def _cells(snapshot: Snapshot) -> dict[str, numbers.Cell]:
    return {cell.label: cell for cell in numbers.cells(snapshot, UTC)}


def _pills(snapshot: Snapshot, now: float | None = NOW) -> list[top_bar.Pill]:
    return list(top_bar.health(snapshot, UTC, now))


def test_each_source_shows_its_age():
    """Healthy sources are grey text with an age; the fleet is named by its mode."""
    pills = _pills(_snapshot())
    assert [pill.text for pill in pills] == ["queue 0.2 s", "store 1 s", "cluster 2 s"]
    assert {pill.kind for pill in pills} == {""}


def test_failed_source_shows_its_last_reading():
    """A source that failed is named, with the time of its last reading and the error."""
    queue = _pills(_snapshot(queue=Reading(None, 60.0, "The queue is away.")))[0]
    assert queue == top_bar.Pill(
        "silent", "queue: no reading since 00:01:00", "The queue is away.", "queue"
    )


def test_incomplete_reading_shows_warnings():
    """If the cluster forbids reading its nodes, the pill has the warning and nodes are unknown."""
    fleet = FleetReading(None, None, 3, (), None, warnings=("It may not list nodes.",))
    snapshot = replace(_snapshot(), fleet=Reading(fleet, NOW - 2))
    assert _pills(snapshot)[2] == top_bar.Pill(
        "unread", "cluster 2 s, incomplete", "It may not list nodes.", "cluster"
    )
    cells = _cells(snapshot)
    assert (cells["GPU nodes"].number, cells["GPU nodes"].below) == (None, "could not be read")
    assert cells["Workers ready"].below == "the wanted number is unknown"


def test_uncounted_jobs_show_their_reason():
    """If the management API fails, the queue's pill says why; the number is unknown, not zero."""
    depth = QueueDepth(1, None, ("RabbitMQ's management API failed: it refused the password.",))
    snapshot = replace(_snapshot(), queue=Reading(depth, NOW - 2))
    pill = top_bar.Pill("unread", "queue 2 s, incomplete", depth.warnings[0], "queue")
    assert _pills(snapshot)[0] == pill
    assert _cells(snapshot)["Generating"].number is None


def test_old_snapshot_shows_no_ages():
    """If the sampler itself does not run, no source is shown with a fresh age."""
    assert _pills(_snapshot(), NOW + 60) == [
        top_bar.Pill("silent", "no reading since 01:00:00"),
    ]


def test_frozen_page_shows_when_it_was_frozen():
    """A page that was frozen an hour ago shows that time, and no failed source."""
    pills = _pills(_snapshot(), None)
    assert pills[0].text == "frozen at 01:00:00"
    assert "silent" not in {pill.kind for pill in pills}


def test_top_bar_escapes_errors():
    """An error's text is never interpreted as HTML."""
    html = render(
        "components/page/top_bar.html",
        title="Jobs",
        pills=[top_bar.Pill("silent", "queue: no reading yet", "The queue <is> away.")],
        mode="laptop mode",
    )
    assert "The queue &lt;is&gt; away." in html


def test_missing_readings_are_unknown_and_not_zero():
    """Without readings every number is unknown, with the time of the last reading."""
    silent = Reading(None, 60.0, "away")
    snapshot = _snapshot(queue=silent, store=silent, pictures_stored=None)
    snapshot = replace(snapshot, fleet=silent)
    for cell in numbers.cells(snapshot, UTC):
        assert cell.number is None, cell.label
        assert cell.below == "no reading since 00:01:00"


def test_queue_without_unacknowledged_count_is_partly_unknown():
    """If the broker does not count jobs in progress, their number is unknown."""
    cells = _cells(_snapshot(queue=Reading(QueueDepth(3, None), NOW)))
    assert cells["Waiting"].number == 3
    assert cells["Generating"].number is None


@pytest.mark.parametrize(
    ("ready", "wanted", "beside", "below"),
    [
        (0, 0, "", "scaled to zero"),
        (3, 8, "of 8 wanted", "5 starting, at most 8"),
        (8, 8, "of 8 wanted", "all ready, at most 8"),
        (8, 5, "of 5 wanted", "3 stopping"),
    ],
)
def test_workers_cell_compares_ready_with_wanted(ready: int, wanted: int, beside: str, below: str):
    """The number of ready workers is shown beside the number that the scaler wants."""
    cell = _cells(_snapshot(_fleet(ready, wanted)))["Workers ready"]
    assert (cell.number, cell.beside, cell.below) == (ready, beside, below)


def test_workers_cell_counts_unscheduled_workers():
    """Workers without a node are not counted as starting."""
    waiting = tuple(Worker(name, "pending", "waits for a GPU node", 0) for name in "abc")
    cell = _cells(_snapshot(_fleet(1, 4, workers=waiting)))["Workers ready"]
    assert cell.below == "3 without a node yet, at most 8"


def test_workers_cell_counts_failed_workers():
    """A worker that cannot start is not counted as starting."""
    failed = Worker("worker-1", "failed", "There is no model.", 0)
    cell = _cells(_snapshot(_fleet(0, 2, workers=(failed,))))["Workers ready"]
    assert cell.below == "1 failed, at most 8"


def test_generating_cell_counts_busy_workers():
    """The cell shows how many of the ready workers are busy."""
    workers = (Worker("a", "generating", "", 0), Worker("b", "idle", "", 0))
    snapshot = _snapshot(_fleet(2, 2, workers=workers), queue=Reading(QueueDepth(0, 1), NOW))
    assert _cells(snapshot)["Generating"].below == "1 of 2 workers busy"


def test_nodes_cell_counts_slots():
    """The cell shows ready nodes and used slots; an unknown use is not counted as zero."""
    nodes = (Node("a", "L4", 2, 1, True, 0), Node("b", "L4", 2, None, False, 0, state="joining"))
    cell = _cells(_snapshot(_fleet(nodes=nodes)))["GPU nodes"]
    assert (cell.number, cell.beside, cell.below) == (1, "of 2", "1 joining, 1 of 2 slots used")
    known = replace(nodes[0], slots_used=None)
    assert _cells(_snapshot(_fleet(nodes=(known,))))["GPU nodes"].below == "2 slots"


@pytest.mark.parametrize(("ready", "below"), [(0, "queue empty"), (3, "no estimate yet")])
def test_waiting_cell_shows_when_the_queue_is_empty(ready: int, below: str):
    """An empty queue is shown as such; without finished jobs there is no estimate."""
    snapshot = _snapshot(queue=Reading(QueueDepth(ready, 0), NOW))
    assert _cells(snapshot)["Waiting"].below == below


def test_announcement_describes_the_latest_change_of_own_jobs():
    """Screen readers announce own jobs only, and the same prompt twice if it was sent twice."""
    first, second, theirs = (
        replace(initial_view(new_job(JobRequest(prompt=prompt))), submitted_at=at)
        for prompt, at in (("a cat", NOW), ("a cat", NOW + 1), ("a dog", NOW + 2))
    )
    own = frozenset({first.job.id, second.job.id})
    assert job_cards.announce([theirs], own) == ""
    assert job_cards.announce([theirs, first], own) == "Request 1 sent: a cat"
    assert job_cards.announce([theirs, second, first], own) == "Request 2 sent: a cat"
    done = replace(first, state="done", finished_at=NOW + 3)
    assert job_cards.announce([theirs, second, done], own) == "Request 1 done: a cat"


def test_modes_without_nodes_show_pictures():
    """Without GPU nodes, the strip shows the pictures and their rate."""
    samples = (Sample(NOW - 61, pictures=9), Sample(NOW - 10, pictures=2), Sample(NOW, pictures=1))
    cells = _cells(_snapshot(lanes=("requests", "pictures"), samples=samples))
    assert list(cells) == ["Waiting", "Generating", "Pictures"]
    assert cells["Pictures"].below == "3 in the last minute"


def test_unknown_pictures_of_a_minute_are_not_shown_as_none():
    """While nobody can count the new pictures, the strip has no rate instead of a rate of 0."""
    unknown = (Sample(NOW - 61, pictures=9), Sample(NOW - 10), Sample(NOW))
    cells = _cells(_snapshot(lanes=("requests", "pictures"), samples=unknown))
    assert (cells["Pictures"].number, cells["Pictures"].below) == (5, "")
    known = replace(unknown[1], pictures=0)
    cells = _cells(_snapshot(lanes=("requests", "pictures"), samples=(known, unknown[2])))
    assert cells["Pictures"].below == "0 in the last minute"


def test_failed_store_is_not_shown_as_empty():
    """The page reports no pictures only after the store was read."""
    assert tiles.without_pictures(Reading(0, NOW)).startswith("No pictures yet")
    for failed in (Reading(), Reading(None, NOW, "The store is away.")):
        assert "unknown" in tiles.without_pictures(failed)
