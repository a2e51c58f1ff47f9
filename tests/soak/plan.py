"""What a soak test does, and when: jobs, kills and outages at seeded random moments."""

import random
from dataclasses import dataclass
from typing import Literal

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings

from wire.messages.job import JobRequest

Part = Literal["queue", "store"]

_OUTAGE_SECONDS = (3.0, 10.0)
"""Beyond the five seconds that a caller waits, so that some calls fail and others are late."""
_MAX_PICTURES = 4


class Options(BaseSettings):
    """The size of a soak test, read from environment variables."""

    jobs: PositiveInt = 500
    """On each pair of backends, like the next."""
    kills: NonNegativeInt = 100
    outages: NonNegativeInt = 5
    """Of the queue, and as many of the store."""
    minutes: PositiveFloat = 15
    """Before the last jobs are waited for."""
    seed: int = 1


@dataclass(frozen=True)
class PlannedJob:
    """A job to be published."""

    at: float
    """Seconds after the start, as in the other plans."""
    request: JobRequest


@dataclass(frozen=True)
class Outage:
    """A time in which a server is down."""

    at: float
    part: Part
    seconds: float
    next_request: JobRequest
    """The job that is published right after it, so that there is work to recover with."""


@dataclass(frozen=True)
class Plan:
    """All moments of a soak test, each in order of time."""

    jobs: tuple[PlannedJob, ...]
    kills: tuple[float, ...]
    outages: tuple[Outage, ...]


def make_plan(options: Options) -> Plan:
    """Spread everything over the minutes; the same seed gives the same plan."""
    chance = random.Random(options.seed)
    seconds = 60 * options.minutes
    outages = _outages(chance, options.outages, seconds)
    jobs = _moments(chance, max(0, options.jobs - len(outages)), seconds)
    return Plan(
        jobs=tuple(PlannedJob(at, _request(chance)) for at in jobs),
        kills=tuple(_moments(chance, options.kills, seconds)),
        outages=tuple(outages),
    )


def _moments(chance: random.Random, count: int, seconds: float) -> list[float]:
    return sorted(chance.uniform(0, seconds) for _ in range(count))


def _request(chance: random.Random) -> JobRequest:
    return JobRequest(prompt="yellow submarine", count=chance.randint(1, _MAX_PICTURES))


def _outages(chance: random.Random, count: int, seconds: float) -> list[Outage]:
    """Spread outages evenly, so that each one's recovery can be seen before the next."""
    parts: list[Part] = [*["queue"] * count, *["store"] * count]
    chance.shuffle(parts)
    interval = seconds / (len(parts) + 1)
    moments = (interval * (number + chance.uniform(0, 0.5)) for number in range(1, len(parts) + 1))
    return [
        Outage(at, part, chance.uniform(*_OUTAGE_SECONDS), _request(chance))
        for at, part in zip(moments, parts, strict=True)
    ]
