"""The time in which this worker loaded its model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LoadingTime:
    """Start and end, in Unix seconds."""

    started_at: float
    ended_at: float

    def waited(self, submitted_at: float | None, received_at: float) -> float | None:
        """Return for how many seconds of it a job waited; None for none, or if unknown."""
        if submitted_at is None:
            return None
        seconds = min(self.ended_at, received_at) - max(self.started_at, submitted_at)
        return seconds if seconds > 0 else None
