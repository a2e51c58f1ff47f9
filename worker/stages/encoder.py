"""The stage that encodes pictures as PNG files, in several threads."""

import time
from collections.abc import Iterator
from dataclasses import replace

from wire.messages.infotext import picture_texts
from wire.messages.png_text import insert_text
from worker.png import encode_png
from worker.stages.denoiser import Picture
from worker.stages.ledger import JobLedger


class Encoder:
    """Encodes pictures; those that the safety checker rejected go no further."""

    def __init__(self, ledger: JobLedger, model_id: str) -> None:
        self._ledger, self._model_id = ledger, model_id

    def encode(self, picture: Picture) -> Iterator[Picture]:
        """Encode a picture, unless it is withheld."""
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
        """Record that a picture cannot be encoded."""
        self._ledger.fail(picture.item.task, f"The picture could not be encoded: {error}")
        self._ledger.not_stored(picture.item)
