"""How often dead letters are read, and what they tell of jobs."""

from dataclasses import dataclass, field

import pytest

from dashboard.domain.journal import Journal
from dashboard.sampling.dead_letters import DeadLetterReader
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.queues.base import DeadLetter

NOW = 1_800_000_000.0


@dataclass
class Letters:
    """A queue of which only the dead letters are asked for, and how often."""

    there: list[DeadLetter] = field(default_factory=list)
    read: int = 0

    def count_dead_letters(self) -> int:
        """Count."""
        return len(self.there)

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Read, and note that somebody did."""
        self.read += 1
        return self.there[:limit]


@dataclass
class Stage:
    """A reader at a time that a test sets."""

    queue: Letters = field(default_factory=Letters)
    journal: Journal = field(default_factory=Journal)
    now: float = NOW

    def __post_init__(self) -> None:
        self.reader = DeadLetterReader(self.queue, self.journal, lambda: self.now)

    def submit(self) -> Job:
        """Have a job in the list."""
        job = new_job(JobRequest(prompt="cat"))
        self.journal.record(Event(kind="accepted", job_id=job.id, job=job))
        return job

    def die(self, job: Job) -> DeadLetter:
        """Let a job be a dead letter."""
        letter = DeadLetter(job.id, job, "{}", "The paint ran out.", self.now)
        self.queue.there.insert(0, letter)
        return letter


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_dead_letters_are_read_only_when_their_number_changes(stage):
    """On a broker each reading takes and returns all of them; counting is cheap."""
    stage.submit()
    for _ in range(5):
        assert stage.reader.read() == 0
    assert stage.queue.read == 0
    stage.die(stage.submit())
    for _ in range(5):
        assert stage.reader.read() == 1
    assert stage.queue.read == 1


def test_as_many_but_other_ones_are_noticed_in_time(stage):
    """One may come as another goes: while jobs are unfinished they are read now and then."""
    stage.die(stage.submit())
    stage.reader.read()
    later = stage.submit()
    stage.queue.there.clear()
    stage.die(later)
    stage.reader.read()
    assert stage.journal.find(later.id).state == "waiting"
    stage.now += 61
    stage.reader.read()
    assert stage.journal.find(later.id).state == "failed"


def test_one_that_was_dropped_here_is_gone_at_once(stage):
    """Nobody waits for a look to see what they did, and it costs no reading."""
    first, second = stage.die(stage.submit()), stage.die(stage.submit())
    stage.reader.read()
    stage.queue.there.remove(first)
    stage.reader.forget(first.delivery_tag)
    assert stage.reader.letters() == (second,)
    stage.reader.read()
    assert stage.queue.read == 1
