"""Deleting a picture, and with a job's last one what else the store holds of it."""

from itertools import takewhile

from wire.messages.picture import PictureName, metadata_name, parse_picture_name, picture_name
from wire.stores.base import Store
from wire.stores.stars import unstar


def delete_picture(store: Store, picture: PictureName) -> None:
    """Remove a picture and its star, and its job's metadata if it was the last one.

    The picture goes first: what is left by an interruption is removed by trying again.
    Raises StoreUnavailable.
    """
    name = picture_name(picture.job_id, picture.number)
    store.delete(name)
    unstar(store, name)
    if not _has_pictures(store, picture.job_id):
        store.delete(metadata_name(picture.job_id))


def _has_pictures(store: Store, job_id: str) -> bool:
    objects = takewhile(lambda entry: entry.name.startswith(job_id), store.entries(job_id))
    return any(parse_picture_name(entry.name) for entry in objects)
