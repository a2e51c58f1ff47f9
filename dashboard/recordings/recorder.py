"""Record inputs to a file: observers only put them on a queue, a thread writes them."""

import base64
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import MessageError, ObjectMissing, RecordingError, StoreError
from core.private_files import make_private_folder
from dashboard.domain.inputs import Input, Observers
from dashboard.domain.jobs import JobView
from dashboard.gallery import pictures
from dashboard.recordings.format import Header, ObjectLine, encode
from dashboard.recordings.redaction import model_name
from dashboard.recordings.transcript import Transcript
from wire.messages.metadata import decode_metadata, encode_metadata
from wire.stores.base import Store

_MAX_BYTES = 256 * 2**20
"""Size at which a recording stops: about 15,000 pictures."""
_FLUSH_INTERVAL_SECONDS = 0.5
"""A crash loses no more than this."""
_MAX_QUEUED_INPUTS = 100_000
"""Inputs that wait for a slow disk before the recording is stopped."""
_LAST_OBJECTS_SECONDS = 20.0
"""Time for objects that are still to be read when the recording is stopped."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """The progress of a recording."""

    path: Path
    name: str
    started: float
    """Unix seconds."""
    size: int
    """Bytes written."""
    pictures: int
    """Pictures in the file."""
    error: str | None
    """Why the recording stopped by itself, as a sentence; None while it is running."""


class Recorder:
    """Writes inputs to a file, from ``start`` until ``stop``.

    Args:
        path: a file that does not exist yet.
        header: the first line.
        observers: the source of the inputs.
        store: the source of pictures and metadata.
        known: jobs that are in progress when the recording starts.
        is_withheld: returns whether a job's pictures wait for approval or were rejected.

    """

    def __init__(
        self,
        path: Path,
        header: Header,
        observers: Observers,
        store: Store,
        known: tuple[JobView, ...] = (),
        is_withheld: Callable[[str], bool] = lambda _job_id: False,
    ) -> None:
        self._path = path
        self._header = header
        self._observers = observers
        self._store = store
        self._transcript = Transcript(header.at, known, is_withheld)
        self._inputs: queue.Queue[tuple[float, Input]] = queue.Queue(_MAX_QUEUED_INPUTS)
        self._objects: deque[str] = deque()
        self._size = self._pictures = 0
        self._error: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Create the file and begin to observe; raises RecordingError."""
        try:
            make_private_folder(self._path.parent)
            self._file: BinaryIO = self._path.open("xb")
        except OSError as error:
            raise RecordingError(f"{self._path} cannot be created: {error.strerror}.") from None
        try:
            self._write_opening()
        except OSError as error:
            self._discard()
            raise RecordingError(f"{self._path} cannot be written: {error.strerror}.") from None
        self._observers.attach(self.observe)
        self._thread.start()

    def stop(self) -> Progress:
        """Write everything that was observed, and close the file."""
        self._observers.detach(self.observe)
        self._stopping.set()
        self._thread.join()
        return self.progress()

    def progress(self) -> Progress:
        """Return the progress; never blocks."""
        return Progress(
            self._path, self._header.name, self._header.at, self._size, self._pictures, self._error
        )

    def observe(self, value: Input) -> None:
        """Queue an input; never blocks."""
        try:
            self._inputs.put_nowait((time.time(), value))
        except queue.Full:
            self._abort("The disk is too slow. The file can be played up to here.")

    def _run(self) -> None:
        try:
            with self._file:
                self._record()
        except OSError as error:
            self._abort(f"Writing failed ({error.strerror}). The file can be played up to here.")
        except Exception:  # noqa: BLE001, the page shows that it stopped, whatever the reason
            _log.exception("Recording to %s failed.", self._path.name)
            self._abort("Recording failed; see the dashboard's log.")

    def _record(self) -> None:
        while not self._stopping.wait(_FLUSH_INTERVAL_SECONDS):
            self._write_inputs()
            self._write_objects(_FLUSH_INTERVAL_SECONDS)
            self._file.flush()
            if self._size > _MAX_BYTES:
                self._abort(f"The maximum of {_MAX_BYTES // 2**20} MB is reached.")
        self._write_inputs()
        self._write_objects(_LAST_OBJECTS_SECONDS)

    def _write_opening(self) -> None:
        self._write(encode(self._header))
        for line in self._transcript.opening():
            self._write(encode(line))
        self._file.flush()

    def _discard(self) -> None:
        """Delete a file without a whole beginning, which nothing can play."""
        with suppress(OSError):  # it writes what is left in the buffer
            self._file.close()
        with suppress(OSError):
            self._path.unlink()

    def _abort(self, sentence: str) -> None:
        self._error = self._error or sentence
        self._observers.detach(self.observe)
        self._stopping.set()

    def _write_inputs(self) -> None:
        for _ in range(self._inputs.qsize()):
            at, value = self._inputs.get()
            if line := self._transcript.line(at, value):
                self._write(encode(line))
                self._objects.extend(self._transcript.objects(value))

    def _write_objects(self, seconds: float) -> None:
        """Write pending objects until none is left, time is up or the store fails."""
        deadline = time.monotonic() + seconds
        while self._objects and time.monotonic() < deadline:
            name = self._objects.popleft()
            try:
                self._write_object(name, self._store.get(name))
            except ObjectMissing:
                continue
            except StoreError:
                self._objects.append(name)  # retried at the next flush
                return

    def _write_object(self, name: str, body: bytes) -> None:
        is_picture = name.endswith(".png")
        content = pictures.thumbnail(body) if is_picture else _public_metadata(body)
        if content is None:
            return
        line = ObjectLine(
            at=time.time(),
            name=name,
            type=pictures.THUMBNAIL_TYPE if is_picture else "application/json",
            data=base64.b64encode(content).decode(),
        )
        self._write(encode(line))
        self._pictures += is_picture

    def _write(self, line: bytes) -> None:
        self._size += self._file.write(line)


def _public_metadata(body: bytes) -> bytes | None:
    """Return metadata with the path of the model's folder removed; None if it is invalid."""
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
