"""The what-if simulator against runs that were recorded on the real KEDA."""

import pytest

from dashboard.whatif.real import measured
from tests.support import recorded_run


@pytest.mark.parametrize("name", recorded_run.RUNS)
def test_replicas_and_finish_are_within_ten_percent_of_the_real_keda(name, record_property):
    """The same requests under the same settings: replicas at each second, finish and p95.

    The error is stated in the report, as ``error``.
    """
    found = recorded_run.compare(name)
    record_property("error", str(found))
    assert found.replicas <= 0.10, f"replicas are {found.replicas:.1%} off"
    assert found.finish <= 0.10, f"the finish is {found.finish:.1%} off"
    assert found.p95 <= 0.10, f"p95 of waiting is {found.p95:.1%} off"


def test_durations_are_measured_from_the_runs_own_events():
    """Nodes took 8 s to join, and images 4 s to pull beside a process that starts."""
    found = measured(recorded_run.snapshot("0 to 8 workers, 1 request per worker"))
    assert not any(
        each.is_assumed for each in (found.join, found.pull, found.load, found.picture, found.idle)
    )
    assert 8 <= found.join.value <= 10
    assert 4 <= found.pull.value <= 15
    assert 1 <= found.load.value <= 4
    assert 8 <= found.idle.value <= 12
    assert (found.slots.value, found.gpus.value) == (2, 2)
