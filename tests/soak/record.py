"""What happened during a soak test, as seen from outside the workers."""

import time
from collections import Counter
from dataclasses import dataclass, field

from dashboard.domain.inputs import Input
from tests.soak.plan import Part
from wire.messages.event import Event
from wire.messages.job import Job, submitted_at
from wire.messages.metadata import Metadata, decode_metadata
from wire.messages.object_names import metadata_name, parse_metadata_name
from wire.stores.base import Store


@dataclass(frozen=True)
class Completion:
    """When a job was received and stored, in Unix seconds."""

    received_at: float
    stored_at: float


@dataclass(frozen=True)
class Restoration:
    """The end of an outage."""

    part: Part
    at: float
    """Unix seconds at which the server answered again."""


@dataclass
class Record:
    """Grows while the test runs, by single operations of several threads."""

    jobs: dict[str, Job] = field(default_factory=dict)
    """Those that were sent, by id."""
    resent: int = 0
    """How often a job was sent again, since its confirmation was lost."""
    kills: int = 0
    restorations: list[Restoration] = field(default_factory=list)
    completions: dict[str, Completion] = field(default_factory=dict)
    receptions: Counter[str] = field(default_factory=Counter)
    """How often a worker reported that it received a job; such an event can be lost."""

    def observe(self, observed: Input) -> None:
        """Count a reception."""
        if isinstance(observed, Event) and observed.kind == "received" and observed.job_id:
            self.receptions[observed.job_id] += 1

    def read_completions(self, store: Store) -> None:
        """Note the jobs that were stored since the last call. Raises StoreError."""
        unfinished = self.jobs.keys() - self.completions.keys()
        if not unfinished:
            return
        oldest = min(unfinished)
        for entry in store.entries(after=oldest):
            if (job_id := parse_metadata_name(entry.name)) in unfinished:
                metadata = decode_metadata(store.get(metadata_name(job_id)))
                self.completions[job_id] = _completion(job_id, metadata)

    def recovery(self, end: Restoration) -> float | None:
        """Return the seconds until a job was stored that a worker received after an outage.

        None if there is no such job. Those that a worker held during the outage show nothing.
        """
        completions = tuple(self.completions.values())
        later = [each.stored_at for each in completions if each.received_at >= end.at]
        return min(later) - end.at if later else None


def _completion(job_id: str, metadata: Metadata) -> Completion:
    assert metadata.timings
    received_at = (submitted_at(job_id) or 0) + (metadata.timings.waiting or 0)
    return Completion(received_at, metadata.finished_at or time.time())
