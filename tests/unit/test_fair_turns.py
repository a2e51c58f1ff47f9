"""The order in which submitters take turns, on the queue and on pages."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from dashboard.access import Program, submitters
from dashboard.domain.jobs import JobView
from dashboard.domain.queue_order import in_order
from wire.messages.job import Job, JobRequest, new_job
from wire.queues.rabbitmq.fair_order import FairOrder
from wire.queues.sqlite import SqliteQueue

_ID = "019a6f00-0000-7000-8000-{:012d}"


@dataclass(frozen=True)
class Turn:
    """A waiting job."""

    job_id: str
    submitter: str
    in_front: int = 0


def turns(text: str) -> list[Turn]:
    """Return a job for each letter, which is its submitter; an upper one was moved to the front."""
    return [
        Turn(f"{number:02}", letter.lower(), number if letter.isupper() else 0)
        for number, letter in enumerate(text, start=1)
    ]


@pytest.mark.parametrize(
    ("submitted", "order"),
    [
        ("", ""),
        ("aaa", "aaa"),
        ("aaaab", "abaaa"),
        ("aaabbbc", "abcabab"),
        ("aaaBaaB", "BBaaaaa"),
    ],
)
def test_submitters_take_turns_with_their_oldest_job(submitted: str, order: str):
    """One submitter's many jobs do not delay another's; those in front come first, newest first."""
    jobs = turns(submitted)
    fair: FairOrder[Turn] = FairOrder()
    for turn in reversed(jobs):  # however they arrive, for example after a reconnection
        fair.add(turn)
    assert len(fair) == len(jobs)
    taken = [fair.next() for _ in jobs]
    letters = [turn.submitter.upper() if turn.in_front else turn.submitter for turn in taken]
    assert sorted(letters) == sorted(order)
    for submitter in set(submitted) - set("B"):
        own = [turn.job_id for turn in taken if turn.submitter == submitter]
        assert own == sorted(own)
    if "B" in order:
        assert [turn.job_id for turn in taken[:2]] == ["07", "04"]
    elif submitted:
        assert len(set(letters[: len(set(submitted))])) == len(set(submitted))
    assert not fair


def test_jobs_are_found_and_removed():
    """A job can be taken out of the middle; the others keep their turns."""
    fair: FairOrder[Turn] = FairOrder()
    for turn in turns("aabC"):
        fair.add(turn)
    assert fair.find("09") is None
    for job_id in ("02", "03", "04"):
        fair.remove(fair.find(job_id))
    assert [fair.next().job_id for _ in range(len(fair))] == ["01"]
    with pytest.raises(IndexError):
        fair.next()


def test_all_jobs_are_removed_at_once():
    """Thousands of submitters' jobs are taken together, and later ones get turns as before."""
    fair: FairOrder[Turn] = FairOrder()
    for turn in turns("aabC"):
        fair.add(turn)
    assert sorted(turn.job_id for turn in fair.clear()) == ["01", "02", "03", "04"]
    assert not fair
    for turn in turns("aab"):
        fair.add(turn)
    assert [fair.next().submitter for _ in range(3)] == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("leased", "done", "published", "order"),
    [
        (1, 5, "bbbb", "abababab"),  # a job of many pictures is in progress for long
        (3, 7, "bbbaaa", "bababa"),  # none waits
    ],
)
def test_job_in_progress_gives_nobody_a_lead(
    tmp_path: Path, leased: int, done: int, published: str, order: str
):
    """Who comes later takes turns with those who wait, however old the jobs in progress are."""
    with closing(SqliteQueue(tmp_path)) as queue:
        publish(queue, "a" * 10)
        in_progress = queue.receive(leased, timeout=0)
        for delivery in queue.receive(done, timeout=0):
            queue.acknowledge(delivery)
        publish(queue, published)
        received = queue.receive(len(order), timeout=0)
    assert len(in_progress) == leased
    assert "".join(delivery.job.submitter for delivery in received) == order


def publish(queue: SqliteQueue, submitters: str) -> None:
    """Publish a job of each submitter, whose names are letters."""
    for submitter in submitters:
        queue.publish(new_job(JobRequest(prompt="x"), submitter))


def view(number: int, submitter: str | None, **fields: object) -> JobView:
    """Return a waiting job."""
    job = Job(id=_ID.format(number), prompt="x", submitter=submitter)
    return JobView(job, **({"state": "waiting", "submitted_at": 1000.0} | fields))


def test_pages_show_the_order_of_turns():
    """A position counts what is generated before: not all jobs of another submitter."""
    jobs = [
        view(7, "b", retry_at=2000.0),
        view(6, "b"),
        view(5, "a", prioritized_at=1500.0),
        view(4, "a"),
        view(3, "a", retry_at=1400.0),
        view(2, "a"),
        view(1, "a", state="generating"),
    ]
    numbers = [int(each.job.id[-12:]) for each in in_order(jobs, now=1900.0)]
    assert numbers == [5, 2, 6, 3, 4]


def test_programs_and_visitors_have_names_without_their_addresses():
    """A submitter has one name, and it contains neither an address nor a key."""
    names = [
        submitters.of_program(Program("presenter", "203.0.113.7", "webui")),
        submitters.of_program(Program("member", "203.0.113.7")),
        submitters.of_program(Program("member", "203.0.113.8")),
        submitters.of_program(Program("member", "2001:db8::1")),
        submitters.of_visitor("A" * 22, "203.0.113.7"),
        submitters.of_visitor("B" * 22, "203.0.113.7"),
    ]
    assert len(set(names)) == len(names)
    assert not any("203.0" in name or "2001:" in name for name in names)
    assert submitters.of_program(Program("presenter", "203.0.113.9", "webui")) == names[0]
    assert submitters.of_program(Program("presenter", "203.0.113.7")) == names[1]
    assert submitters.of_program(Program("member", "2001:db8::2")) == names[3]
    assert submitters.of_visitor("no token", "203.0.113.7") == names[1]
