"""The annotations of the time axis."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.snapshot import Sample
from dashboard.domain.time_units import DAY
from dashboard.sampling.annotations import request_annotations
from dashboard.sampling.history import History, extend


def texts(*samples: Sample) -> list[str]:
    """Return the annotations of samples, in order."""
    history = reduce(extend, samples, History())
    return [annotation.text for annotation in history.annotations(())]


def workers(*wanted: int | None) -> list[str]:
    """Return the annotations of numbers of wanted workers, 2 s apart."""
    return texts(*(Sample(at=2.0 * n, wanted=count) for n, count in enumerate(wanted)))


def test_many_jobs_at_once_are_a_burst():
    """Five or more jobs within two seconds are one annotation with their number."""
    [annotation] = request_annotations([100 + n * 0.15 for n in range(20)])
    assert (annotation.at, annotation.lane, annotation.text) == (100, "requests", "burst of 20")


def test_first_jobs_after_a_quiet_time_are_annotated():
    """A few jobs are annotated if there was none for a while."""
    assert [annotation.text for annotation in request_annotations([0, 0.5, 1, 10, 20])] == [
        "3 sent"
    ]
    assert [annotation.text for annotation in request_annotations([0, 100])] == ["1 sent", "1 sent"]


def test_one_job_a_second_is_no_burst():
    """A click once a second does not fill the axis with annotations."""
    assert [annotation.text for annotation in request_annotations(range(60))] == ["3 sent"]


def test_scale_up_from_zero_and_back_are_annotated():
    """Scaling from zero and back to zero has one annotation each."""
    assert workers(0, 1, 1, 0, 0) == ["0 → 1", "back to zero"]


def test_scale_up_in_steps_is_one_annotation():
    """The autoscaler adds workers in steps; the annotation has the highest number."""
    assert workers(0, 1, 5, 8, 8, 3, 8, 0) == ["0 → 8", "back to zero"]


def test_changes_across_a_gap_are_not_annotated():
    """Changes while nothing could be read are unknown."""
    assert workers(0, None, 3, None, 0) == []


def test_joining_and_removed_nodes_are_annotated():
    """Each join of GPU nodes is annotated, and the removal of the last."""
    samples = [Sample(at=n, nodes=count) for n, count in enumerate([0, 1, 1, 4, 2, 0])]
    assert texts(*samples) == ["node joined", "3 nodes joined", "nodes gone"]
    cordoned = Sample(at=2, nodes=0, gpus=1)
    assert texts(Sample(at=1, nodes=1, gpus=1), cordoned) == ["no node ready"]


def test_first_picture_after_each_scale_up_is_annotated():
    """The duration of a cold start is visible on the axis."""
    steps = [(0, 0), (2, 0), (2, 3), (2, 1), (0, 0), (1, 0), (1, 1)]
    samples = [Sample(at=n, wanted=w, pictures=p) for n, (w, p) in enumerate(steps)]
    assert texts(*samples) == ["0 → 2", "first picture", "back to zero", "0 → 1", "first picture"]


def test_history_is_limited_to_a_day():
    """Samples and annotations older than a day are removed."""
    samples = [Sample(at=at, wanted=at // 3600 % 2) for at in range(0, int(DAY) + 500, 10)]
    history = reduce(extend, samples, History())
    assert history.samples[-1].at - history.samples[0].at == DAY
    assert history.fleet_annotations[0].at >= history.samples[0].at


def test_suspended_machine_leaves_a_gap():
    """Time without samples is unknown, not a line between two samples."""
    history = reduce(extend, [Sample(at=0, wanted=0), Sample(at=600, wanted=3)], History())
    assert [sample.wanted for sample in history.samples] == [0, None, 3]
    assert history.fleet_annotations == ()


@given(st.lists(st.floats(0, 10_000), max_size=60))
def test_no_job_is_counted_twice(times):
    """The annotations count no more jobs than there were, and are in order."""
    annotations = request_annotations(times)
    counted = [int("".join(filter(str.isdigit, annotation.text))) for annotation in annotations]
    assert sum(counted) <= len(times)
    assert [each.at for each in annotations] == sorted(each.at for each in annotations)
