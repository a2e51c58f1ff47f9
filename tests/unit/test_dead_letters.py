"""How often dead letters are read, and how they mark jobs as failed."""

from dataclasses import dataclass, field

import pytest

from dashboard.domain.journal import Journal
from dashboard.sampling.dead_letters import DeadLetterReader
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.queues.base import DeadLetter

NOW = 1_800_000_000.0


@dataclass
class FakeQueue:
    """A queue with dead letters that counts how often they are read."""

    letters: list[DeadLetter] = field(default_factory=list)
    reads: int = 0

    def count_dead_letters(self) -> int:
        """Return the number of dead letters."""
        return len(self.letters)

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the dead letters, and count the call."""
        self.reads += 1
        return self.letters[:limit]


@dataclass
class Setup:
    """A reader with a clock that a test sets."""

    queue: FakeQueue = field(default_factory=FakeQueue)
    journal: Journal = field(default_factory=Journal)
    now: float = NOW

    def __post_init__(self) -> None:
        self.reader = DeadLetterReader(self.queue, self.journal, lambda: self.now)

    def submit(self) -> Job:
        """Add a waiting job to the journal."""
        job = new_job(JobRequest(prompt="cat"))
        self.journal.record(Event(kind="accepted", job_id=job.id, job=job))
        return job

    def dead_letter(self, job: Job) -> DeadLetter:
        """Add a job to the dead letters."""
        letter = DeadLetter(job.id, job, "{}", "The GPU has failed.", self.now)
        self.queue.letters.insert(0, letter)
        return letter


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_dead_letters_are_read_only_when_their_number_changes(setup):
    """On a broker reading delivers and requeues all of them; counting is cheap."""
    setup.submit()
    for _ in range(5):
        assert setup.reader.read() == 0
    assert setup.queue.reads == 0
    setup.dead_letter(setup.submit())
    for _ in range(5):
        assert setup.reader.read() == 1
    assert setup.queue.reads == 1


def test_replaced_dead_letters_are_read_after_a_minute(setup):
    """With unfinished jobs they are read again, since the number alone may stay the same."""
    setup.dead_letter(setup.submit())
    setup.reader.read()
    later = setup.submit()
    setup.queue.letters.clear()
    setup.dead_letter(later)
    setup.reader.read()
    assert setup.journal.find(later.id).state == "waiting"
    setup.now += 61
    setup.reader.read()
    assert setup.journal.find(later.id).state == "failed"


def test_forgotten_dead_letter_is_left_out_at_once(setup):
    """A dropped dead letter disappears without another reading."""
    first, second = setup.dead_letter(setup.submit()), setup.dead_letter(setup.submit())
    setup.reader.read()
    setup.queue.letters.remove(first)
    setup.reader.remove(first.delivery_tag)
    assert setup.reader.letters() == (second,)
    setup.reader.read()
    assert setup.queue.reads == 1
