"""The stage that encodes pictures as PNG files, in several threads."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from core.errors import GenerationFailed
from wire.messages.infotext import picture_texts
from wire.messages.png_text import insert_text
from worker import metrics
from worker.generator import DeviceLost
from worker.png import encode_png
from worker.stages.denoiser import Picture
from worker.stages.ledger import JobLedger


class Encoder:
    """Encodes pictures; those that the safety checker rejected go no further."""

    def __init__(
        self, ledger: JobLedger, model_id: str, on_device_lost: Callable[[DeviceLost], None]
    ) -> None:
        self._ledger, self._model_id = ledger, model_id
        self._on_device_lost = on_device_lost

    def encode(self, picture: Picture) -> Iterator[Picture]:
        """Encode a picture once it has arrived from the device, unless it is withheld."""
        picture = _finish(picture)
        picture.item.task.note(picture.generated)
        if picture.generated.withheld:
            self._ledger.withheld(picture.item, picture.durations)
            return
        started = time.monotonic()
        texts = picture_texts(picture.item.parameters, self._model_id)
        body = insert_text(encode_png(picture.generated.pixels), texts)
        seconds = {"encoding_png": time.monotonic() - started}
        yield replace(picture, body=body, durations=picture.durations | seconds)

    def fail(self, picture: Picture, error: Exception) -> None:
        """Record that a picture did not arrive, or cannot be encoded."""
        if isinstance(error, DeviceLost):
            self._on_device_lost(error)
        elif isinstance(error, GenerationFailed):
            self._ledger.fail(picture.item.task, str(error))
        else:
            self._ledger.fail(picture.item.task, f"The picture could not be encoded: {error}")
        self._ledger.not_stored(picture.item)


def _finish(picture: Picture) -> Picture:
    """Wait for the pixels, and add the measured phases to the durations."""
    phases = dict(picture.generated.finish())
    for name, seconds in phases.items():
        metrics.PHASE_SECONDS.labels(name).inc(seconds)
    # The device may have worked for longer than the call that launched its work.
    generating = {"painting": max(picture.durations["painting"], sum(phases.values()))}
    return replace(picture, durations=picture.durations | generating | phases)
