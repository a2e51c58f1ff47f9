"""The verdict of a soak test: what was lost or doubled, and how fast work went on."""

import math
from collections import Counter
from dataclasses import dataclass

from tests.soak.record import Record
from wire.messages.job import Job
from wire.messages.object_names import metadata_name, picture_name

MAX_RECOVERY_SECONDS = 15.0
"""The bound of the 95th percentile."""


@dataclass(frozen=True)
class Remains:
    """What queue and store contain in the end."""

    names: frozenset[str]
    """Of all pictures and metadata in the store."""
    dead: tuple[str, ...]
    """The reasons of the dead letters."""
    queued: int
    """Jobs that are still on the queue, waiting or in progress."""


@dataclass(frozen=True)
class Verdict:
    """The figures of a soak test."""

    record: Record
    lost: list[str]
    """Objects that are missing."""
    doubled: list[str]
    """Objects that no job asked for."""
    dead: tuple[str, ...]
    queued: int
    recoveries: list[float]
    """Seconds from the end of each outage until a job that was received after it was stored."""
    unrecovered: int
    """Outages after which no job was received and stored."""

    @property
    def p95(self) -> float:
        """The 95th percentile of the recoveries, 0 without outages."""
        return percentile(self.recoveries, 95)

    @property
    def kept_promises(self) -> bool:
        """Whether nothing was lost or doubled, and work went on after each outage."""
        return not any((self.lost, self.doubled, self.dead, self.queued, self.unrecovered))

    @property
    def passed(self) -> bool:
        """Whether work went on in time as well."""
        return self.kept_promises and self.p95 <= MAX_RECOVERY_SECONDS


def judge(record: Record, remains: Remains) -> Verdict:
    """Compare what was sent with what remains."""
    expected = {name for job in record.jobs.values() for name in _objects(job)}
    recoveries = [record.recovery(end) for end in record.restorations]
    return Verdict(
        record,
        lost=sorted(expected - remains.names),
        doubled=sorted(remains.names - expected),
        dead=remains.dead,
        queued=remains.queued,
        recoveries=sorted(seconds for seconds in recoveries if seconds is not None),
        unrecovered=recoveries.count(None),
    )


def percentile(values: list[float], percent: int) -> float:
    """Return the nearest rank of sorted values, 0 of none."""
    return values[math.ceil(percent / 100 * len(values)) - 1] if values else 0.0


def describe(name: str, verdict: Verdict) -> str:
    """Return the verdict in lines, with examples of what is wrong."""
    record, recoveries = verdict.record, verdict.recoveries
    attempts = sorted(Counter(record.receptions.values()).items())
    parts = Counter(end.part for end in record.restorations)
    return "\n".join(
        [
            f"{name}: {len(record.jobs)} jobs, {record.kills} workers killed, outages: "
            f"{parts['queue']} of the queue, {parts['store']} of the store",
            f"  lost objects    {_count(verdict.lost)}",
            f"  doubled objects {_count(verdict.doubled)}",
            f"  dead letters    {_count(verdict.dead)}",
            f"  left on queue   {verdict.queued}",
            f"  attempts        {', '.join(f'{times}: {jobs} jobs' for times, jobs in attempts)}",
            f"  sent again      {record.resent}",
            f"  recovery        p50 {percentile(recoveries, 50):.1f} s, p95 {verdict.p95:.1f} s, "
            f"max {percentile(recoveries, 100):.1f} s; none after {verdict.unrecovered} outages",
            f"  {'passed' if verdict.passed else 'FAILED'}",
        ]
    )


def _objects(job: Job) -> list[str]:
    pictures = [picture_name(job.id, number) for number in range(job.count)]
    return [*pictures, metadata_name(job.id)]


def _count(items: list[str] | tuple[str, ...]) -> str:
    return f"{len(items)}, such as {items[0]}" if items else "0"
