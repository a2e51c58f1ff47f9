"""One kind of objects, kept current in a thread: listed once, then watched.

A watch continues at the version that the one before it reached. After one whose version is too
old (410) the kind is listed again soon, and after one that was not served at the kind's interval.
So where lists work and watches do not, the kind is listed each time; and only a failed list is an
error.
"""

import logging
import threading
import time
from typing import TYPE_CHECKING

from core.errors import FleetError
from dashboard.fleet.kubernetes.changes import watch
from dashboard.fleet.kubernetes.client import ListFailed
from dashboard.fleet.kubernetes.kinds import Kind
from dashboard.fleet.kubernetes.lists import EXPIRED, ListResult, failed_result, fetch_list
from dashboard.fleet.kubernetes.object_cache import ObjectCache

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

MAX_SILENCE_SECONDS = 8.0
"""After this, what the API server has not confirmed is unknown; a kind that is listed and not
watched has the seconds between two lists in addition."""
_MIN_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.5, 4.0
"""Between lists that fail; the pause doubles each time. The first one is before a list that
replaces an expired version, too."""
_MIN_WATCH_SECONDS = 0.5
"""A watch that ends earlier, without a change, was not served: by a proxy, for example."""

_log = logging.getLogger(__name__)


class Watched:
    """The objects of a kind.

    Args:
        kind: with the path and the selector of its namespace.
        api: the client of the first request; ``use`` replaces it.

    """

    def __init__(self, kind: Kind, api: "ApiClient") -> None:
        self.kind = kind
        self._api = api
        self._cache = ObjectCache(kind.fields)
        self._path: str | None = None
        self._error: ListResult | None = None
        self._confirmed_at = 0.0
        self._answered, self._stopping = threading.Event(), threading.Event()
        # A daemon: it may wait for the server's next byte when the process ends.
        self._thread = threading.Thread(target=self._run, name=f"watch {kind.name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def use(self, api: "ApiClient") -> None:
        """Send the next requests with this client."""
        self._api = api

    def stop(self) -> None:
        """End the thread with its current watch; returns at once."""
        self._stopping.set()

    def wait(self, timeout: float) -> None:
        """Wait until the kind was listed for the first time, or that failed."""
        self._answered.wait(timeout)

    def result(self) -> ListResult:
        """Return the objects; those that did not change are the same ones as before."""
        now = time.time()
        if error := self._error:  # read once: the thread may clear it
            return error
        if not self._answered.is_set():
            return ListResult(now, None, f"Listing {self.kind.plural} takes too long.")
        silence, is_listed = time.monotonic() - self._confirmed_at, self._path is None
        if silence > MAX_SILENCE_SECONDS + (self.kind.every if is_listed else 0):
            sentence = f"The API server has not answered about {self.kind.plural}"
            return ListResult(now, None, f"{sentence} for {silence:.0f} s.")
        return ListResult(now, self._cache.objects())

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            if self._path is None and not self._list():
                pause = min(max(_MIN_PAUSE_SECONDS, 2 * pause), _MAX_PAUSE_SECONDS)
            else:
                pause = self._follow()

    def _list(self) -> bool:
        """List the kind; return whether that succeeded."""
        try:
            listing = fetch_list(self._api, self.kind)
        except FleetError as error:
            self._error = failed_result(self.kind, error, time.time())
        except Exception:  # noqa: BLE001, an unexpected error must not end the thread
            _log.exception("Listing %s failed.", self.kind.plural)
            sentence = f"Listing {self.kind.plural} failed; see the dashboard's log."
            self._error = ListResult(time.time(), None, sentence)
        else:
            self._cache.replace(listing)
            self._confirm()
            # Last, so that what is read meanwhile is the earlier error, and no silence.
            self._path, self._error = listing.path, None
        self._answered.set()
        return self._path is not None

    def _follow(self) -> float:
        """Watch until the server ends it; return the seconds until the next request."""
        began, confirmed = time.monotonic(), self._confirmed_at
        try:
            self._watch()
        except FleetError as error:
            _log.debug("Watching %s ended: %s", self.kind.plural, error)
            if isinstance(error, ListFailed) and error.status == EXPIRED:
                self._path = None
                return _MIN_PAUSE_SECONDS
        except Exception:  # noqa: BLE001, an unexpected error must not end the thread
            _log.exception("Watching %s failed.", self.kind.plural)
            self._path = None
        else:
            if time.monotonic() - began >= _MIN_WATCH_SECONDS:
                self._confirm()
        if self._confirmed_at > confirmed:
            return 0.0
        self._path = None
        return self.kind.every

    def _watch(self) -> None:
        path = self._path or self.kind.path
        for change, found in watch(self._api, path, self.kind.query, self._cache.version):
            self._cache.apply(change, found)
            self._confirm()
            if self._stopping.is_set():
                return

    def _confirm(self) -> None:
        self._confirmed_at = time.monotonic()
