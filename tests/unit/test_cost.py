"""GPU-hours used, against a fleet that is always on."""

import pytest

from dashboard.domain.fleet import LOCAL, FleetReading, Node, Scaler, Worker
from dashboard.domain.snapshot import Sample
from dashboard.insights.cost import usage
from dashboard.sampling.samples import make_sample

NOW = 1_800_000_000.0
EVERY = 10.0


def samples(*gpus: int | None, maximum: int | None = 8) -> list[Sample]:
    """Take a sample each 10 s."""
    return [
        Sample(NOW + n * EVERY, gpus=number, workers=number, maximum=maximum)
        for n, number in enumerate(gpus)
    ]


def test_hours_are_summed_and_compared_with_a_fleet_that_is_always_on():
    """Two GPUs for 1 of 4 stretches, against eight all the time."""
    told = usage(samples(0, 2, 0, 0, 0))
    assert told.unit == "GPU"
    assert (told.known, told.unknown, told.start) == (40, 0, NOW)
    assert told.used == pytest.approx(2 * 10 / 3600)
    assert told.always_on == pytest.approx(8 * 40 / 3600)
    assert told.saved == pytest.approx(1 - 20 / 320)


def test_a_silent_cluster_is_unknown_time_and_not_free():
    """Nothing is added while nothing is known, to neither side, and how long is said."""
    told = usage(samples(2, None, None, 2, 2))
    assert (told.known, told.unknown) == (20, 20)
    assert told.used == pytest.approx(2 * 20 / 3600)
    assert told.always_on == pytest.approx(8 * 20 / 3600)


def test_a_dashboard_that_slept_leaves_unknown_time():
    """Samples an hour apart say nothing of the hour between them."""
    told = usage([Sample(NOW, gpus=2, maximum=8), Sample(NOW + 3600, gpus=2, maximum=8)])
    assert (told.known, told.unknown, told.used, told.always_on) == (0, 3600, None, None)
    assert told.saved is None


def test_a_range_begins_in_the_middle_of_a_stretch():
    """Only what lies in the chosen range counts, to the second."""
    told = usage(samples(2, 2, 2), start=NOW + 5)
    assert told.known == 15
    assert told.used == pytest.approx(2 * 15 / 3600)


def test_without_gpu_nodes_workers_are_counted():
    """A laptop or a cluster without GPUs has worker-hours."""
    plain = [Sample(NOW + n * EVERY, workers=1, gpus=None, maximum=2) for n in range(3)]
    told = usage(plain)
    assert told.unit == "worker"
    assert told.used == pytest.approx(20 / 3600)


def test_a_scaler_that_cannot_be_read_for_a_while_keeps_its_maximum():
    """The maximum is a setting; one failed look does not change it."""
    some = samples(2, 2, 2)
    told = usage([some[0], Sample(some[1].at, gpus=2), some[2]])
    assert told.always_on == pytest.approx(8 * 20 / 3600)
    assert usage(samples(2, 2, maximum=None)).always_on is None


def test_nothing_is_known_without_samples():
    """A page that opens at once says unknown, not zero."""
    assert usage([]).used is None
    assert usage(samples(3)).used is None


def _fleet(kind: str) -> FleetReading:
    workers = tuple(
        Worker(phase, phase, "", NOW) for phase in ("pending", "starting", "generating", "failed")
    )
    nodes = (Node("a", "L4", 2, 1, True, NOW), Node("b", "L4", 2, 0, False, NOW))
    return FleetReading(Scaler(kind, "", 3, 1, 0, 8, 5, 120), 3, 1, workers, nodes)


def test_samples_keep_what_is_billed():
    """All GPUs of all nodes are paid for, and workers that hold a place on a machine."""
    sample = make_sample(NOW, None, _fleet("ScaledObject"), None)
    assert (sample.gpus, sample.workers, sample.maximum) == (4, 2, 8)


def test_the_gpus_of_this_machine_do_not_come_and_go():
    """A workstation's GPU is there with and without workers, so workers are counted."""
    sample = make_sample(NOW, None, _fleet(LOCAL), None)
    assert (sample.gpus, sample.workers) == (None, 2)
