"""The state of a worker's pod."""

from dataclasses import dataclass

from dashboard.domain.fleet import Phase


@dataclass(frozen=True)
class State:
    """A pod's phase, the reason for it, and its start in Unix seconds."""

    phase: Phase
    reason: str
    since: float
