"""Queue, store and events of a replay: read-only, with the content of the recording."""

from collections.abc import Callable, Iterator
from typing import NoReturn

from core.errors import ObjectMissing, PublishRefused, QueueUnavailable, StoreError
from dashboard.domain.snapshot import Snapshot
from dashboard.recordings.reader import Recording
from wire.messages.event import Event
from wire.queues.base import DeadLetter, QueueDepth
from wire.stores.base import Entry

NOTHING_CHANGES = "This is a replay: nothing is sent and nothing is changed."


def _refuse(*_arguments: object) -> NoReturn:
    raise PublishRefused(NOTHING_CHANGES)


class ReplayedQueue:
    """A queue that refuses every change."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    publish = receive = acknowledge = staticmethod(_refuse)
    requeue = release = retry_later = reject = staticmethod(_refuse)
    pause = resume = move_to_front = remove_waiting = dispatch = staticmethod(_refuse)
    retry_dead_letter = drop_dead_letter = staticmethod(_refuse)

    def depth(self) -> QueueDepth:
        """Return the depth at the position of the replay."""
        reading = self._snapshot().queue
        if reading.value is None:
            raise QueueUnavailable(reading.error or "The queue had not been read yet.")
        return reading.value

    def count_dead_letters(self) -> int:
        """Return 0, as ``dead_letters`` returns none."""
        return 0

    def dead_letters(self, limit: int) -> list[DeadLetter]:  # noqa: ARG002, the protocol's name
        """Return none: only failed jobs are recorded, with their reasons."""
        return []

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _refuse_object(*_arguments: object) -> NoReturn:
    raise StoreError(NOTHING_CHANGES)


class ReplayedStore:
    """The recorded objects that were stored by the position of the replay."""

    def __init__(self, recording: Recording, snapshot: Callable[[], Snapshot]) -> None:
        self._recording = recording
        self._snapshot = snapshot

    put = delete = staticmethod(_refuse_object)

    def get(self, name: str) -> bytes:
        """Read an object from the recording; raises ObjectMissing."""
        body = self._recording.read_object(name)
        if body is None:
            raise ObjectMissing(f"{name} is not in the recording.")
        return body

    def exists(self, name: str) -> bool:
        """Return whether the recording holds an object of that name by now."""
        location = self._recording.objects.get(name)
        return location is not None and location.at <= self._snapshot().at

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List the objects that the recording holds by now, in order of name."""
        now = self._snapshot().at
        for name, location in sorted(self._recording.objects.items()):
            if name > after and name.startswith(prefix) and location.at <= now:
                yield Entry(name, location.size, location.at)

    def check(self) -> None:
        """Return: the recording was read before the replay began."""


class ReplayedEvents:
    """A stream without events: those of the recording are applied by ``ReplayState``."""

    def publish(self, event: Event) -> None:
        """Drop the event."""

    def receive(self, timeout: float) -> list[Event]:  # noqa: ARG002, the protocol's name
        """Return no events."""
        return []

    def close(self) -> None:
        """Do nothing: nothing is open."""
