"""The marks on the time axis."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.snapshot import Sample
from dashboard.sampling.annotations import request_annotations
from dashboard.sampling.history import DAY, History, extend


def texts(*samples: Sample) -> list[str]:
    """Tell the moments of samples, in order."""
    history = reduce(extend, samples, History())
    return [moment.text for moment in history.annotations(())]


def workers(*wanted: int | None) -> list[str]:
    """Tell the moments of wanted workers, 2 s apart."""
    return texts(*(Sample(at=2.0 * n, wanted=count) for n, count in enumerate(wanted)))


def test_many_jobs_at_once_are_a_burst():
    """Five or more within two seconds are one mark with their number."""
    [moment] = request_annotations([100 + n * 0.15 for n in range(20)])
    assert (moment.at, moment.lane, moment.text) == (100, "requests", "burst of 20")


def test_a_few_jobs_after_a_quiet_time_are_counted():
    """A person sees when the first of a few requests came."""
    assert [m.text for m in request_annotations([0, 0.5, 1, 10, 20])] == ["3 sent"]
    assert [m.text for m in request_annotations([0, 100])] == ["1 sent", "1 sent"]


def test_one_job_a_second_is_no_burst():
    """Somebody who clicks once a second does not fill the axis with marks."""
    assert [m.text for m in request_annotations(range(60))] == ["3 sent"]


def test_a_start_from_zero_and_the_way_back_are_marked():
    """From zero and back to zero is the story."""
    assert workers(0, 1, 1, 0, 0) == ["0 → 1", "back to zero"]


def test_a_climb_in_steps_is_one_mark():
    """The scaler climbs in steps; the mark says how far it went."""
    assert workers(0, 1, 5, 8, 8, 3, 8, 0) == ["0 → 8", "back to zero"]


def test_nothing_is_told_across_a_gap():
    """What happened while nothing could be read is not made up."""
    assert workers(0, None, 3, None, 0) == []


def test_nodes_that_join_and_go_are_marked():
    """GPU nodes are events of their own."""
    samples = [Sample(at=n, nodes=count) for n, count in enumerate([0, 1, 1, 4, 2, 0])]
    assert texts(*samples) == ["node joined", "3 nodes joined", "nodes gone"]


def test_the_first_picture_after_each_start_is_marked():
    """How long a cold start took can be read from the axis."""
    story = [(0, 0), (2, 0), (2, 3), (2, 1), (0, 0), (1, 0), (1, 1)]
    samples = [Sample(at=n, wanted=w, pictures=p) for n, (w, p) in enumerate(story)]
    assert texts(*samples) == ["0 → 2", "first picture", "back to zero", "0 → 1", "first picture"]


def test_a_day_is_kept():
    """Samples and moments older than a day are dropped."""
    samples = [Sample(at=at, wanted=at // 10 % 2) for at in range(0, int(DAY) + 500, 10)]
    history = reduce(extend, samples, History())
    assert history.samples[-1].at - history.samples[0].at == DAY
    assert history.fleet_annotations[0].at >= history.samples[0].at


def test_a_machine_that_slept_leaves_a_gap():
    """Time without samples is unknown, not a line from the last to the next."""
    history = reduce(extend, [Sample(at=0, wanted=0), Sample(at=600, wanted=3)], History())
    assert [sample.wanted for sample in history.samples] == [0, None, 3]
    assert history.fleet_annotations == ()


@given(st.lists(st.floats(0, 10_000), max_size=60))
def test_no_job_is_counted_twice(times):
    """The marks never count more jobs than there were, and are in order."""
    moments = request_annotations(times)
    counted = [int("".join(filter(str.isdigit, moment.text))) for moment in moments]
    assert sum(counted) <= len(times)
    assert [m.at for m in moments] == sorted(m.at for m in moments)
