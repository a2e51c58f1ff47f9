"""The pictures that this process knows of, newest first."""

import threading
from bisect import insort
from dataclasses import replace

from dashboard.readings.inputs import Observer, PictureFound, PromptRead, nobody
from dashboard.readings.snapshot import PictureView
from wire.picture import parse_picture_name

SHOWN = 500
KNOWN = 20_000
"""Names kept, so that a listing that looks back does not count a picture twice."""


class GalleryIndex:
    """Pictures by time, with the prompts of their jobs; safe to use from any thread.

    Args:
        started: Unix seconds; pictures stored later are counted as new.
        observer: is told of each picture and of each prompt.

    """

    def __init__(self, started: float, observer: Observer = nobody) -> None:
        self._started = started
        self._observer = observer
        self._lock = threading.Lock()
        self._names: set[str] = set()
        self._pictures: list[PictureView] = []
        self._prompts: dict[str, str] = {}
        self._shown: tuple[PictureView, ...] | None = ()
        self._stored_since_start = 0

    def add(self, name: str, at: float) -> None:
        """Note a picture stored at ``at`` (Unix seconds); other objects are passed over."""
        identity = parse_picture_name(name)
        with self._lock:
            if identity is None or name in self._names:
                return
            self._observer(PictureFound(name, at))
            self._names.add(name)
            picture = PictureView(name, identity.job_id, identity.number, at, prompt=None)
            insort(self._pictures, picture, key=lambda known: (known.at, known.name))
            self._stored_since_start += at >= self._started
            self._shown = None
            if len(self._pictures) > KNOWN:
                self._forget(self._pictures.pop(0))

    def tell_prompt(self, job_id: str, prompt: str) -> None:
        """Note what a job's pictures show."""
        with self._lock:
            if self._prompts.get(job_id) != prompt:
                self._observer(PromptRead(job_id, prompt))
                self._prompts[job_id] = prompt
                self._shown = None

    def knows_prompt(self, job_id: str) -> bool:
        """Tell whether a job's prompt was noted."""
        with self._lock:
            return job_id in self._prompts

    def without_prompt(self) -> list[str]:
        """Return the ids of the shown jobs whose prompt is not known, newest first."""
        return list(dict.fromkeys(p.job_id for p in self.newest() if p.prompt is None))

    def newest(self) -> tuple[PictureView, ...]:
        """Return the newest pictures, newest first, at most ``SHOWN``."""
        with self._lock:
            if self._shown is None:
                newest = reversed(self._pictures[-SHOWN:])
                self._shown = tuple(replace(p, prompt=self._prompts.get(p.job_id)) for p in newest)
            return self._shown

    def count(self) -> int:
        """Return how many pictures are known."""
        with self._lock:
            return len(self._pictures)

    def stored_since_start(self) -> int:
        """Return how many pictures were stored since this process began."""
        with self._lock:
            return self._stored_since_start

    def _forget(self, picture: PictureView) -> None:
        self._names.discard(picture.name)
        self._prompts.pop(picture.job_id, None)
