"""A soak test of some seconds; `make soak` runs as long as you like."""

from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.soak.backends import Backends, on_files, on_servers
from tests.soak.plan import Options, make_plan
from tests.soak.record import Completion, Record, Restoration
from tests.soak.run import soak
from tests.soak.verdict import Remains, describe, judge, percentile
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import metadata_name, picture_name

SHORT = Options(jobs=20, kills=4, outages=1, minutes=0.25, seed=16)
JOB = new_job(JobRequest(prompt="a cat", count=2))
OBJECTS = (picture_name(JOB.id, 0), picture_name(JOB.id, 1), metadata_name(JOB.id))


@pytest.mark.soak
@pytest.mark.parametrize("pair", ["files", "servers"])
def test_nothing_is_lost_or_doubled(pair: str, request: pytest.FixtureRequest, tmp_path: Path):
    """Jobs survive killed workers and outages, on both pairs of backends; none is done twice."""
    with _backends(pair, request, tmp_path) as backends:
        verdict = soak(make_plan(SHORT), backends, SHORT.seed, print)
    assert verdict.kept_promises, describe(backends.name, verdict)
    assert (len(verdict.record.jobs), len(verdict.recoveries)) == (SHORT.jobs, 2)


def _backends(
    pair: str, request: pytest.FixtureRequest, folder: Path
) -> AbstractContextManager[Backends]:
    if pair == "files":
        return on_files(folder)
    rabbitmq: RabbitServer = request.getfixturevalue("rabbitmq")
    minio: MinioServer = request.getfixturevalue("minio")
    return on_servers(rabbitmq, minio, folder)


def test_plan_is_the_same_for_a_seed():
    """A failure can be repeated: the seed decides about all moments, within the minutes."""
    options = Options(jobs=50, kills=10, outages=3, minutes=2, seed=7)
    plan = make_plan(options)
    assert plan == make_plan(options) != make_plan(options.model_copy(update={"seed": 8}))
    assert len(plan.jobs) + len(plan.outages) == 50
    assert Counter(outage.part for outage in plan.outages) == {"queue": 3, "store": 3}
    moments = [*plan.kills, *(job.at for job in plan.jobs), *(each.at for each in plan.outages)]
    assert all(0 <= at <= 120 for at in moments)


@pytest.mark.parametrize(
    ("names", "dead", "queued", "stored_after", "passes"),
    [
        (OBJECTS, (), 0, 1.0, True),
        (OBJECTS[1:], (), 0, 1.0, False),  # a picture is lost
        (OBJECTS[:2], (), 0, 1.0, False),
        ((*OBJECTS, picture_name(JOB.id, 2)), (), 0, 1.0, False),  # one too many
        (OBJECTS, ("It failed.",), 0, 1.0, False),
        (OBJECTS, (), 1, 1.0, False),
        (OBJECTS, (), 0, 16.0, False),  # recovered too late
    ],
)
def test_verdict(
    names: tuple[str, ...], dead: tuple[str, ...], queued: int, stored_after: float, passes: bool
):
    """Each fault fails the soak test, and is in its report."""
    record = Record(jobs={JOB.id: JOB}, restorations=[Restoration("queue", 100.0)])
    record.completions[JOB.id] = Completion(100.5, 100.0 + stored_after)
    verdict = judge(record, Remains(frozenset(names), dead, queued))
    assert verdict.passed is passes
    assert describe("Files", verdict).endswith("passed" if passes else "FAILED")


def test_only_jobs_received_after_an_outage_show_recovery():
    """A job that a worker held during the outage needs no recovered server."""
    record = Record()
    record.completions["held"] = Completion(received_at=99.0, stored_at=100.1)
    assert record.recovery(Restoration("queue", 100.0)) is None
    record.completions["later"] = Completion(received_at=103.0, stored_at=104.0)
    assert record.recovery(Restoration("queue", 100.0)) == 4.0


def test_percentile_is_a_measured_value():
    """The nearest rank is used: of few outages, the slowest decides."""
    assert percentile([1.0, 2.0, 9.0], 50) == 2.0
    assert percentile([1.0, 2.0, 9.0], 95) == 9.0
    assert percentile([], 95) == 0.0
