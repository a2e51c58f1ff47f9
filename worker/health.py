"""Whether the worker makes progress: the liveness that its HTTP server reports."""

import time

STALLED_AFTER_SECONDS = 900.0
"""Longer than the slowest step, compilation included."""


class Pulse:
    """The progress of a piece of work: a context manager around it, and beats within."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._last_beat: float | None = None

    def __enter__(self) -> None:
        self.beat()

    def __exit__(self, *_: object) -> None:
        self._last_beat = None

    def beat(self) -> None:
        """Record progress."""
        self._last_beat = time.monotonic()

    @property
    def is_stalled(self) -> bool:
        """Whether the work began or progressed too long ago."""
        last_beat = self._last_beat
        return last_beat is not None and time.monotonic() - last_beat > STALLED_AFTER_SECONDS


class Health:
    """The pulses and threads of a worker."""

    def __init__(self) -> None:
        self._pulses: list[Pulse] = []

    def watch(self, name: str) -> Pulse:
        """Create a pulse that counts from now on."""
        pulse = Pulse(name)
        self._pulses.append(pulse)
        return pulse

    @property
    def stalled(self) -> list[str]:
        """Names of the work that makes no progress."""
        return [pulse.name for pulse in self._pulses if pulse.is_stalled]
