"""Queue, store and events of a replay: what was recorded can be read, and nothing changed."""

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
    """A queue that takes no job."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    publish = take = acknowledge = requeue = reject = staticmethod(_refuse)
    retry_dead_letter = drop_dead_letter = staticmethod(_refuse)

    def depth(self) -> QueueDepth:
        """Return the depth that was read at this moment."""
        reading = self._snapshot().queue
        if reading.value is None:
            raise QueueUnavailable(reading.error or "The queue had not been read yet.")
        return reading.value

    def count_dead_letters(self) -> int:
        """Return none, as ``dead_letters`` does."""
        return 0

    def dead_letters(self, _limit: int) -> list[DeadLetter]:
        """Return none: they are not recorded; failed jobs are, with their reasons."""
        return []

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _refuse_object(*_arguments: object) -> NoReturn:
    raise StoreError(NOTHING_CHANGES)


class ReplayedStore:
    """The objects that a recording holds, as far as they were there at this moment."""

    def __init__(self, recording: Recording, snapshot: Callable[[], Snapshot]) -> None:
        self._recording = recording
        self._snapshot = snapshot

    put = delete = staticmethod(_refuse_object)

    def get(self, name: str) -> bytes:
        """Read an object from the recording; raises ObjectMissing."""
        body = self._recording.object(name)
        if body is None:
            raise ObjectMissing(f"{name} is not in the recording.")
        return body

    def exists(self, name: str) -> bool:
        """Tell whether the recording holds an object of that name by now."""
        place = self._recording.places.get(name)
        return place is not None and place.at <= self._snapshot().at

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List the objects that the recording holds by now, in order of name."""
        now = self._snapshot().at
        for name, place in sorted(self._recording.places.items()):
            if name > after and name.startswith(prefix) and place.at <= now:
                yield Entry(name, place.size, place.at)

    def check(self) -> None:
        """Return: the recording is there."""


class ReplayedEvents:
    """A stream that says nothing: the recording's events enter by themselves."""

    def send(self, event: Event) -> None:
        """Drop the event: nobody listens."""

    def receive(self, _timeout: float) -> list[Event]:
        """Return nothing."""
        return []

    def close(self) -> None:
        """Do nothing: nothing is open."""
