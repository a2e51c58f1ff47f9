"""Delete pictures; the last picture of a job is deleted with the job's metadata."""

from itertools import takewhile

from wire.messages.object_names import PictureName, metadata_name, parse_picture_name, picture_name
from wire.stores.base import Store
from wire.stores.stars import unstar


def delete_picture(store: Store, picture: PictureName) -> None:
    """Delete a picture and its star, and the metadata of a job without further pictures.

    The picture is deleted first, so that an interrupted deletion can be repeated.
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
