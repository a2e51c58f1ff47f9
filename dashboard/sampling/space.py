"""Find out whether disk and store have room for more: reading them succeeds when they are full."""

from pathlib import Path

from core.data_dir import FULL_BELOW_BYTES, check_data_dir
from core.errors import SettingsError, StoreError, StoreFull
from core.settings import Settings
from dashboard.sampling.source import Source
from wire.stores.base import Store
from wire.stores.probe import probe

_DISK_INTERVAL_SECONDS = 5.0
_STORE_INTERVAL_SECONDS = 60.0
"""An S3 is paid by requests, and keeps versions of what is deleted if it is configured so."""


def space_sources(settings: Settings, store: Store) -> tuple[Source[str | None], ...]:
    """Return the sources for the store, and for DATA_DIR if the queue or the store is in it."""
    in_store = Source("the store's space", lambda: full_store(store), every=_STORE_INTERVAL_SECONDS)
    if settings.rabbitmq_url and settings.minio_endpoint:
        return (in_store,)
    folder = settings.data_dir
    on_disk = Source("the disk", lambda: full_disk(folder), every=_DISK_INTERVAL_SECONDS)
    return on_disk, in_store


def full_disk(folder: Path) -> str | None:
    """Return why DATA_DIR takes no more files; None if it does."""
    try:
        check_data_dir(folder, FULL_BELOW_BYTES)
    except SettingsError as error:
        return str(error)
    return None


def full_store(store: Store) -> str | None:
    """Return why the store takes no more objects; None if it does, or if it does not answer."""
    try:
        probe(store)
    except StoreFull as error:
        return str(error)
    except StoreError:
        return None  # readiness has that from the source that lists the store
    return None
