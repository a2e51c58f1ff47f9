"""What Present shows beside the numbers: the wall, the podium, the cost race, a batch's end."""

from dataclasses import replace

import pytest

from dashboard.components.present import batch_end, cost_race, podium, render, wall
from dashboard.components.present.podium import Podium, PodiumPlace, award
from dashboard.domain.snapshot import PictureView, Reading, Snapshot
from dashboard.insights.cost import Usage
from wire.queues.base import QueueDepth

NOW = 1_800_000_000.0
HOSTILE = "<img src=x onerror=alert(1)>"


def view(name: str, at: float = NOW, prompt: str | None = "a cat") -> PictureView:
    """Make a picture."""
    return PictureView(name, f"job of {name}", 0, at, prompt)


def ranks(hearts: dict[str, int], shown: str = "abcdef", since: float = 0.0) -> list[str]:
    """Return the podium's ranks and names; ``f`` was stored first."""
    pictures = {name: view(name, NOW - ord(name)) for name in shown}
    ranking = sorted(hearts.items(), key=lambda item: -item[1])
    return [f"{place.rank}{place.name}" for place in award(ranking, pictures.get, since).places]


@pytest.mark.parametrize(
    ("hearts", "expected"),
    [
        ({}, []),
        ({"a": 1}, ["1a"]),
        ({"a": 1, "b": 2}, ["1b", "2a"]),
        ({"a": 5, "b": 9, "c": 7, "d": 1}, ["1b", "2c", "3a"]),
        ({"a": 3, "b": 3, "c": 1}, ["1b", "1a", "3c"]),
        ({"a": 9, "b": 3, "c": 3, "d": 3}, ["1a", "2d", "2c"]),
        ({"a": 2, "b": 2, "c": 2, "d": 2, "e": 2}, ["1e", "1d", "1c"]),
        ({"deleted": 9, "a": 1, "withheld": 4}, ["1a"]),
    ],
    ids=str,
)
def test_podium_has_the_pictures_with_the_most_hearts(hearts: dict[str, int], expected: list[str]):
    """Equal hearts share a rank, the earlier picture first; what is not shown takes no place."""
    assert ranks(hearts) == expected


def test_podium_counts_what_shares_the_last_place():
    """The audience learns that more pictures have as many hearts as the third."""
    pictures = {name: view(name) for name in "abcdef"}
    ranking = [("a", 9), ("b", 3), ("c", 3), ("d", 3), ("e", 3), ("f", 1)]
    assert award(ranking, pictures.get, 0.0).tied == 2
    assert award(ranking[:3], pictures.get, 0.0).tied == 0


def test_pictures_of_an_earlier_session_win_nothing():
    """Pictures from before the session take no part, however many hearts they have."""
    assert ranks({"a": 9, "f": 1}, since=NOW - ord("b")) == ["1a"]
    assert ranks({"a": 9, "f": 10}, since=NOW - ord("a")) == ["1a"]


def test_podium_escapes_prompts_and_says_that_there_are_no_hearts():
    """A prompt is text, and an empty podium names what to do."""
    places = (PodiumPlace(1, "a.png", HOSTILE, 2),)
    html = render("podium", Podium(places, tied=3))
    assert "<img src=x" not in html
    assert "3 more with 2 ♥" in html
    assert "/join" in render("podium", Podium(()))
    assert podium.SESSION_SECONDS > 3600


def usage(used: float | None, always_on: float | None) -> Usage:
    """Make the usage of an hour."""
    return Usage("GPU", NOW, 3600, 0, used, always_on)


@pytest.mark.parametrize(
    ("used", "always_on", "expected"),
    [
        (0.5, 4.0, [("this fleet", "$0.35", 0.125), ("always on", "$2.84", 1.0)]),
        (0.0, 2.0, [("this fleet", "$0.00", 0.0), ("always on", "$1.42", 1.0)]),
        (0.0, 0.0, [("this fleet", "$0.00", 0.0), ("always on", "$0.00", 0.0)]),
        (2.0, 1.0, [("this fleet", "$1.42", 1.0), ("always on", "$0.71", 0.5)]),
        (0.5, None, [("this fleet", "$0.35", 1.0)]),
        (None, 4.0, []),
    ],
)
def test_cost_race_shows_what_is_known(
    used: float | None, always_on: float | None, expected: list[tuple[str, str, float]]
):
    """Both bars have one scale; unknown hours have no bar, and are never zero."""
    bars = cost_race.runners(usage(used, always_on), 0.71, "$")
    assert [(bar.name, bar.amount, bar.share) for bar in bars] == expected


def test_pictures_get_the_room_while_they_arrive():
    """The layout changes with the first picture, and not between those of a slow model."""
    snapshot = Snapshot(NOW, "laptop", ("requests", "pictures"))
    assert not wall.is_flowing(snapshot, [])
    assert wall.is_flowing(snapshot, [{"name": "a", "inProgress": True}])
    for age, flowing in ((0, True), (119, True), (121, False)):
        arrived = replace(snapshot, pictures=(view("a", NOW - age),))
        assert wall.is_flowing(arrived, []) is flowing
    assert wall.without_lane(snapshot).lanes == ("requests",)


@pytest.mark.parametrize(
    ("depth", "busy"),
    [
        (None, None),
        (QueueDepth(ready=0, unacknowledged=0), False),
        (QueueDepth(ready=3, unacknowledged=0), True),
        (QueueDepth(ready=0, unacknowledged=1), True),
        (QueueDepth(ready=0, unacknowledged=None), None),
    ],
)
def test_batch_is_busy_until_the_queue_is_known_to_be_empty(
    depth: QueueDepth | None, busy: bool | None
):
    """A queue that cannot be read has not ended."""
    snapshot = Snapshot(NOW, "laptop", ("requests",), queue=Reading(depth, NOW))
    assert batch_end.is_busy(snapshot) is busy
