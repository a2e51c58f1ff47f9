"""Recording: an observer that costs its callers a queue, and a thread that writes the file."""

import base64
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import MessageError, ObjectMissing, RecordingError, StoreError
from dashboard.domain.inputs import Input, Observers
from dashboard.domain.jobs import JobView
from dashboard.gallery import pictures
from dashboard.recordings.format import Header, ObjectLine, encode
from dashboard.recordings.redaction import model_name
from dashboard.recordings.transcript import Transcript
from wire.messages.picture import decode_metadata, encode_metadata
from wire.stores.base import Store

LARGEST = 256 * 2**20
"""Bytes at which a recording ends by itself: some 15,000 pictures."""
_FLUSH_EVERY = 0.5
"""Seconds between two writes: a crash loses no more than this."""
_BACKLOG = 100_000
"""Inputs that wait for a disk that hangs, before the recording is given up."""
_LAST_OBJECTS = 20.0
"""Seconds that the end of a recording waits for objects still to be read."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far a recording is."""

    path: Path
    name: str
    started: float
    """Unix seconds."""
    size: int
    """Bytes written."""
    pictures: int
    """Pictures in the file."""
    error: str | None
    """Why it ended by itself, as a sentence; None while it goes on."""


class Recorder:
    """Writes what is observed to a file, from ``start`` until ``stop``.

    Args:
        path: a file that does not exist yet.
        header: the first line.
        observers: where to listen.
        store: where pictures and metadata are read that the file shall hold.
        known: jobs that are in progress when the recording starts.
        waits: tells whether a job's pictures wait for approval, or were rejected.

    """

    def __init__(
        self,
        path: Path,
        header: Header,
        observers: Observers,
        store: Store,
        known: tuple[JobView, ...] = (),
        waits: Callable[[str], bool] = lambda _job_id: False,
    ) -> None:
        self._path = path
        self._header = header
        self._observers = observers
        self._store = store
        self._transcript = Transcript(header.at, known, waits)
        self._inputs: queue.Queue[tuple[float, Input]] = queue.Queue(_BACKLOG)
        self._objects: deque[str] = deque()
        self._size = self._pictures = 0
        self._error: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Make the file and listen; raises RecordingError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = self._path.open("xb")
        except OSError as error:
            raise RecordingError(
                f"No recording can be made at {self._path}: {error.strerror}."
            ) from None
        self._write(encode(self._header))
        for line in self._transcript.opening():
            self._write(encode(line))
        self._observers.attach(self.observe)
        self._thread.start()

    def stop(self) -> Progress:
        """Write what was observed so far, and end."""
        self._observers.detach(self.observe)
        self._stopping.set()
        self._thread.join()
        return self.progress()

    def progress(self) -> Progress:
        """Return how far it is, at once."""
        return Progress(
            self._path, self._header.name, self._header.at, self._size, self._pictures, self._error
        )

    def observe(self, one: Input) -> None:
        """Take in one input; returns at once."""
        try:
            self._inputs.put_nowait((time.time(), one))
        except queue.Full:
            self._give_up("The disk could not follow. What was written can be played.")

    def _run(self) -> None:
        try:
            with self._file:
                self._record()
        except OSError as error:
            self._give_up(f"The disk took no more ({error.strerror}). What is there can be played.")
        except Exception:  # noqa: BLE001, the page says that it ended, whatever ended it
            _log.exception("The recording %s ended.", self._path.name)
            self._give_up("The recording failed; the dashboard's log says why.")

    def _record(self) -> None:
        while not self._stopping.wait(_FLUSH_EVERY):
            self._write_inputs()
            self._write_objects(_FLUSH_EVERY)
            self._file.flush()
            if self._size > LARGEST:
                self._give_up(f"It reached {LARGEST // 2**20} MB and ended. It can be played.")
        self._write_inputs()
        self._write_objects(_LAST_OBJECTS)

    def _give_up(self, sentence: str) -> None:
        self._error = self._error or sentence
        self._observers.detach(self.observe)
        self._stopping.set()

    def _write_inputs(self) -> None:
        for _ in range(self._inputs.qsize()):
            at, one = self._inputs.get()
            if line := self._transcript.line(at, one):
                self._write(encode(line))
                self._objects.extend(self._transcript.objects(one))

    def _write_objects(self, seconds: float) -> None:
        """Write the objects that wait, for so long at most, or until the store is away."""
        deadline = time.monotonic() + seconds
        while self._objects and time.monotonic() < deadline:
            name = self._objects.popleft()
            try:
                self._write_object(name, self._store.get(name))
            except ObjectMissing:
                continue
            except StoreError:
                self._objects.append(name)  # tried again: a store may be away for a while
                return

    def _write_object(self, name: str, body: bytes) -> None:
        is_picture = name.endswith(".png")
        kind = pictures.THUMBNAIL_TYPE if is_picture else "application/json"
        body = pictures.thumbnail(body) if is_picture else _for_strangers(body)
        if body is None:
            return
        data = base64.b64encode(body).decode()
        self._write(encode(ObjectLine(at=time.time(), name=name, type=kind, data=data)))
        self._pictures += is_picture

    def _write(self, line: bytes) -> None:
        self._size += self._file.write(line)


def _for_strangers(body: bytes) -> bytes | None:
    """Return metadata that names a model's folder without the way to it; None for any other."""
    try:
        metadata = decode_metadata(body)
    except MessageError:
        return None
    name = model_name(metadata.lcm_model_id)
    return encode_metadata(metadata.model_copy(update={"lcm_model_id": name}))


@contextmanager
def recording(recorder: Recorder) -> Iterator[Recorder]:
    """Record while a block of code runs."""
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop()
