"""The stage that writes pictures to the store, several at once."""

import time
from collections.abc import Iterator

from wire.messages.object_names import picture_name
from worker import metrics
from worker.context import WorkerContext
from worker.stages.denoiser import Picture
from worker.stages.ledger import JobLedger
from worker.stages.settlement import put_retrying


class Uploader:
    """Writes pictures, and retries while the store is unavailable."""

    def __init__(self, context: WorkerContext, ledger: JobLedger) -> None:
        self._context, self._ledger = context, ledger

    def upload(self, picture: Picture) -> Iterator[None]:
        """Write a picture; the ledger settles its job if it was the last one."""
        item, started = picture.item, time.monotonic()
        name = picture_name(item.task.job.id, item.number)
        put_retrying(self._context, item.task, name, picture.body, "image/png")
        durations = _with_upload(picture, started, time.monotonic())
        metrics.STORING_SECONDS.observe(durations["storing"])
        self._ledger.stored(item, durations)
        return iter(())

    def fail(self, picture: Picture, error: Exception) -> None:
        """Return the job of a picture that could not be written."""
        self._ledger.hand_back(picture.item.task, str(error))
        self._ledger.not_stored(picture.item)


def _with_upload(picture: Picture, started: float, ended: float) -> dict[str, float]:
    encoding, uploading = picture.durations["encoding_png"], ended - started
    return picture.durations | {
        "uploading": uploading,
        "storing": encoding + uploading,
        "blocked": max(0.0, started - picture.generated_at - encoding),
    }
