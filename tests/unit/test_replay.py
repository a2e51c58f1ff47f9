"""Replay: a recording plays forwards, backwards and at speed, with the code of a live run."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ObjectMissing, PublishRefused, StoreError
from core.settings import Settings
from dashboard.components.recordings.replay_bar import act_after
from dashboard.domain.inputs import Observation, PictureFound, PromptRead
from dashboard.domain.snapshot import Reading
from dashboard.recordings.format import Header
from dashboard.recordings.reader import ObjectLocation, Recording, Step
from dashboard.recordings.replay import Replay
from dashboard.recordings.replay_backends import NOTHING_CHANGES
from dashboard.recordings.replay_state import ReplayState
from tests.support.conditions import wait_until
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name
from wire.queues.base import QueueDepth

NOW = 1_800_000_000.0
JOB = new_job(JobRequest(prompt="yellow submarine"))
NAME = picture_name(JOB.id, 0)


def observation(second: float, waiting: int, sampled: bool) -> Observation:
    at = NOW + second
    return Observation(at, Reading(QueueDepth(waiting, 0), at), Reading(0, at), sampled=sampled)


def recording(seconds: int = 60) -> Recording:
    """Make a run with two observations a second, and one job that is done in its tenth second."""
    steps = [
        Step(NOW + half / 2, observation(half / 2, half, half % 4 == 0))
        for half in range(2 * seconds + 1)
    ]
    inputs = [
        Step(NOW + 2, Event(kind="accepted", at=NOW + 2, job_id=JOB.id, job=JOB)),
        Step(NOW + 9, PromptRead(JOB.id, JOB.prompt)),
        Step(NOW + 10, PictureFound(NAME, NOW + 10)),
        Step(NOW + 10, Event(kind="done", at=NOW + 10, job_id=JOB.id)),
    ]
    header = Header(at=NOW, name="A talk", mode="laptop", lanes=("requests", "pictures"), model="m")
    ordered = tuple(sorted([*steps, *inputs], key=lambda step: step.at))
    return Recording(
        Path("talk.jsonl"), header, ordered, {NAME: ObjectLocation(0, 9, NOW + 10)}, False
    )


def settings() -> Settings:
    return Settings(_env_file=None)


def test_state_holds_what_was_known_at_its_position():
    """Jobs, pictures, readings and samples are those of the position, and none is later."""
    state = ReplayState(recording())
    state.play_until(NOW + 5)
    early = state.sampler.snapshot()
    assert (early.at, early.queue.value, early.pictures) == (NOW + 5, QueueDepth(10, 0), ())
    assert [view.state for view in early.jobs] == ["waiting"]
    state.play_until(NOW + 20)
    later = state.sampler.snapshot()
    assert [view.state for view in later.jobs] == ["done"]
    assert [picture.prompt for picture in later.pictures] == ["yellow submarine"]
    assert sum(sample.pictures or 0 for sample in later.samples) == later.pictures_total == 1


def test_snapshot_does_not_depend_on_how_it_was_reached():
    """Playing in small steps, at once, or back and forth leads to the same snapshot."""
    at_once, in_steps = ReplayState(recording()), ReplayState(recording())
    at_once.play_until(NOW + 40)
    for tenth in range(401):
        in_steps.play_until(NOW + tenth / 10)
    replay = Replay(recording(), settings())
    for second in (50, 3, 12, 40):
        replay.seek(second)
    assert at_once.sampler.snapshot() == in_steps.sampler.snapshot()
    assert at_once.sampler.snapshot() == replay.context().sampler.snapshot()


def test_seeking_through_an_hour_is_fast():
    """Seeking to the end of an hour and back takes less than four seconds."""
    replay = Replay(recording(3600), settings())
    begun = time.thread_time()  # other processes' shares of the CPU do not count
    replay.seek(3500)
    replay.seek(3400)
    assert time.thread_time() - begun < 4
    assert replay.context().now() == NOW + 3400


def test_replay_plays_at_its_speed_and_stops_at_the_end():
    """At speed 20 a minute takes three seconds; at its end the replay pauses."""
    replay = Replay(recording(), settings())
    replay.set_speed(20)
    replay.set_speed(1000)  # not in SPEEDS
    begun = time.monotonic()
    replay.start()
    try:
        wait_until(lambda: not replay.position().playing, what="its end")
        assert time.monotonic() - begun > 60 / 20 * 0.9
        assert replay.position().seconds == replay.position().duration == 60
        replay.play()
        assert replay.position().seconds < 60
    finally:
        replay.stop()


def test_paused_replay_does_not_move():
    """While it is paused nothing changes, and seeking works."""
    replay = Replay(recording(), settings())
    replay.pause()
    replay.start()
    try:
        replay.seek(30)
        before = replay.context().sampler.snapshot()
        time.sleep(0.3)  # three ticks of a replay that is not paused
        assert replay.context().sampler.snapshot() is before
    finally:
        replay.stop()


@pytest.mark.parametrize("seconds", [-5.0, 1e9, 0.0])
def test_seeking_stays_within_the_recording(seconds):
    """Whatever a browser sends, the position is within the recording."""
    replay = Replay(recording(), settings())
    replay.seek(seconds)
    assert 0 <= replay.position().seconds <= 60


def test_commands_of_the_replay_bar_are_applied_once():
    """A command that the browser repeats with later ones is applied once, and none is lost."""
    replay = Replay(recording(), settings())
    pause, seek = {"number": 1, "do": "pause"}, {"number": 2, "do": "seek", "to": 4.0}
    assert act_after(0, replay, [pause]) == 1
    replay.play()
    assert act_after(1, replay, [pause, seek]) == 2
    position = replay.position()
    assert position.playing
    assert 4.0 <= position.seconds < 60
    assert act_after(0, replay, [pause, seek]) == 2
    assert not replay.position().playing


def test_replay_is_read_only():
    """Submitting, cancelling, deleting and retrying are refused in a sentence."""
    context = Replay(recording(), settings()).context()
    with pytest.raises(PublishRefused, match=NOTHING_CHANGES):
        context.submit(JobRequest(prompt="cat"))
    with pytest.raises(PublishRefused, match=NOTHING_CHANGES):
        context.retry(JOB)
    with pytest.raises(StoreError, match=NOTHING_CHANGES):
        context.cancel(JOB.id)
    with pytest.raises(ObjectMissing):
        context.store.get(NAME)  # the file of this recording is gone
    assert context.replaying


def test_replayed_store_holds_no_later_objects():
    """Listing the store of a replay returns no picture from after the position."""
    replay = Replay(recording(), settings())
    replay.seek(5)
    assert list(replay.context().store.entries()) == []
    assert not replay.context().store.exists(NAME)
    replay.seek(15)
    assert [entry.name for entry in replay.context().store.entries()] == [NAME]


def test_empty_recording_can_be_played():
    """A recording that was stopped at once can be played."""
    empty = replace(recording(), steps=())
    replay = Replay(empty, settings())
    replay.play()
    assert replay.position().duration == 0
    assert replay.context().sampler.snapshot().at == NOW
