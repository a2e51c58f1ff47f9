"""Pictures."""

from dashboard.domain.snapshot import PictureView
from dashboard.presentation.urls import absolute
from dashboard.routes.v1.schemas.base import Resource
from dashboard.routes.v1.schemas.jobs import picture_file
from wire.messages.metadata import Metadata


class Picture(Resource):
    """A stored picture."""

    name: str
    url: str
    """The path of its metadata."""
    file_url: str
    """The path of its file, which never changes and may be cached."""
    thumbnail_url: str
    """The path of a WebP of at most 384 pixels on its longer side."""
    job_id: str
    number: int
    """Its number within its job, from 0."""
    stored_at: float
    """Unix seconds."""
    prompt: str | None
    """Null until it is read from the store."""
    starred: bool


class PictureDetails(Picture):
    """A stored picture with the metadata of its job."""

    seed: int | None
    """A job of one picture with this seed gives the same picture; null while unknown."""
    metadata: Metadata | None
    """Null until the job is finished."""


class PicturePage(Resource):
    """Pictures, newest first."""

    pictures: tuple[Picture, ...]
    total: int
    """Pictures that match, as far as the store has been read."""
    complete: bool
    """Whether all objects and prompts have been read, so that no match is missing."""
    next_cursor: str | None
    """The `cursor` of the next page; null on the last one."""


def to_picture(view: PictureView) -> Picture:
    """Convert a picture of the gallery."""
    return Picture(
        name=view.name,
        url=absolute(f"/api/v1/pictures/{view.name}"),
        file_url=picture_file(view.name),
        thumbnail_url=absolute(f"/thumbnails/{view.name}"),
        job_id=view.job_id,
        number=view.number,
        stored_at=view.at,
        prompt=view.prompt,
        starred=view.starred,
    )


def to_details(view: PictureView, metadata: Metadata | None) -> PictureDetails:
    """Convert a picture with its job's metadata."""
    picture = to_picture(view).model_dump()
    if metadata is None:
        return PictureDetails(**picture, seed=None, metadata=None)
    seeds = dict(zip(metadata.pictures, metadata.seeds, strict=False))
    prompt = {"prompt": metadata.prompt}
    return PictureDetails(**picture | prompt, seed=seeds.get(view.name), metadata=metadata)
