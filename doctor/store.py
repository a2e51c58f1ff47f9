"""Check the store: that it answers, and every right that is needed."""

from core.settings import Settings
from doctor.check import Result, ok
from wire.backends import open_store
from wire.stores.probe import probe


def check_store(settings: Settings) -> Result:
    """List, write, read and delete a small object."""
    probe(open_store(settings))
    place = (
        f"The bucket {settings.minio_bucket} at {settings.minio_endpoint}"
        if settings.minio_endpoint
        else f"The folder {settings.data_dir / 'pictures'}"
    )
    return ok(f"{place} can be listed, written, read and deleted from.")
