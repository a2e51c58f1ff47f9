"""What a reading needs of the namespace's events, of which there may be many thousands."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard.domain.fleet import FleetEvent
from dashboard.fleet.kubernetes.announcements import Announcement, newest_announcements
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.events import fleet_events, newest_reasons

_MAX_SHARE = 0.1
"""The share of a core that digests take at most: one of 50,000 events takes half a second of it."""


@dataclass(frozen=True)
class EventDigest:
    """What the events report about pods, by their uids, and the fleet's log."""

    reasons: Mapping[str, str] = field(default_factory=dict)
    announcements: Mapping[str, Announcement] = field(default_factory=dict)
    log: tuple[FleetEvent, ...] = ()


class EventDigests:
    """Makes a digest when events or pods have changed; with many events only now and then."""

    def __init__(self) -> None:
        self._events: tuple[Object, ...] | None = None
        self._pods: frozenset[str] = frozenset()
        self._digest = EventDigest()
        self._next_at = 0.0

    def of(self, events: tuple[Object, ...], scaler: str, pods: frozenset[str]) -> EventDigest:
        """Return the digest of these events and pods, or one of earlier ones.

        Args:
            events: all events of the namespace.
            scaler: the name of the ScaledObject or ScaledJob.
            pods: the names of the workers' pods.

        """
        is_current = events is self._events and pods == self._pods
        if not is_current and time.monotonic() >= self._next_at:
            cpu = time.thread_time()
            self._digest = EventDigest(
                newest_reasons(events),
                newest_announcements(events),
                fleet_events(events, scaler, pods),
            )
            self._events, self._pods = events, pods
            self._next_at = time.monotonic() + (time.thread_time() - cpu) / _MAX_SHARE
        return self._digest
