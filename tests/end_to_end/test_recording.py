"""A run with real workers is recorded and replayed, with the same figures."""

from pathlib import Path

import pytest

from core.settings import Settings
from dashboard import runtime
from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.recordings import control
from dashboard.recordings.reader import Recording, read
from dashboard.recordings.recorder import recording
from dashboard.recordings.replay_state import ReplayState
from dashboard.recordings.report.figures import Session, figures_of
from dashboard.runtime.context import AppContext
from tests.support.conditions import wait_until
from wire.messages.job import JobRequest

DONE_WITHIN_SECONDS = 120
"""Includes the time in which libraries and a model are loaded, on a busy machine."""


@pytest.fixture
def live(tmp_path: Path):
    """Run a dashboard without pages, with up to two real workers."""
    try:
        yield runtime.start(
            Settings(
                _env_file=None,
                data_dir=tmp_path / "data",
                fleet="local",
                max_workers=2,
                cooldown_period=2,
            )
        )
    finally:
        runtime.stop()


def test_replay_has_the_figures_of_the_live_run(live: AppContext, tmp_path: Path):
    """Samples, annotations, jobs, pictures and totals of the replay are those of the live run."""
    path = tmp_path / "run.jsonl"
    with recording(control.create_recorder(live, "A run", path)):
        wait_until(lambda: _starts_at_zero(live.sampler.snapshot()), what="a sample of no workers")
        for count in (2, 1, 1):
            live.submit(JobRequest(prompt="yellow submarine", count=count))
        wait_until(
            lambda: _is_over(live.sampler.snapshot()), DONE_WITHIN_SECONDS, "zero workers again"
        )
    recorded = read(path)
    state = ReplayState(recorded)
    state.play_until(recorded.end)
    played, seen = state.sampler.snapshot(), live.sampler.snapshot()
    assert played.samples[:-1] == _during(recorded, seen)
    assert len(played.samples) > 3
    assert played.annotations == seen.annotations
    assert {annotation.lane for annotation in played.annotations} == {
        "requests",
        "workers",
        "pictures",
    }
    assert played.jobs == seen.jobs
    assert played.pictures == seen.pictures
    assert played.pictures_total == seen.pictures_total == 4
    replayed, original = (
        figures_of(Session(recorded.start, recorded.end, each)) for each in (played, seen)
    )
    assert replayed.requests == original.requests == 3
    assert replayed.peak_workers == original.peak_workers
    assert replayed.median_wait == original.median_wait
    assert replayed.first_picture_after == original.first_picture_after
    assert all(recorded.read_object(picture.name) for picture in played.pictures)


def _is_over(snapshot: Snapshot) -> bool:
    fleet = snapshot.fleet and snapshot.fleet.value
    done = [view.state for view in snapshot.jobs] == ["done"] * 3
    return bool(done and fleet and not fleet.workers and snapshot.samples[-2].wanted == 0)


def _starts_at_zero(snapshot: Snapshot) -> bool:
    """Return whether a change of wanted workers will be annotated: it needs a sample before it."""
    return len(snapshot.samples) > 1 and snapshot.samples[-2].wanted == 0


def _during(recorded: Recording, snapshot: Snapshot) -> tuple[Sample, ...]:
    """Return the recorded samples; the last sample of a snapshot is never recorded."""
    samples = snapshot.samples[:-1]
    return tuple(sample for sample in samples if recorded.start <= sample.at <= recorded.end)
