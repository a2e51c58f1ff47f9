"""Restore finished jobs of earlier sessions from their metadata."""

from typing import Any

from core.errors import MessageError, ObjectMissing
from dashboard.domain.jobs import JobView
from wire.messages.job import Job, submitted_at, validate
from wire.messages.metadata import Metadata, decode_metadata
from wire.messages.object_names import metadata_name, parse_metadata_name
from wire.stores.base import Store


def stored_job(store: Store, job_id: str) -> JobView | None:
    """Return a finished job; None if the store holds no metadata of it.

    Raises StoreUnavailable.
    """
    name = metadata_name(job_id)
    if parse_metadata_name(name) is None:
        return None  # an id from a URL may be any text
    try:
        metadata = decode_metadata(store.get(name))
        return view_of(job_id, metadata)
    except (ObjectMissing, MessageError):
        return None


def view_of(job_id: str, metadata: Metadata) -> JobView:
    """Convert metadata to a job's view; raises MessageError if it is no valid job."""
    submitted = submitted_at(job_id)
    waiting = metadata.timings.waiting if metadata.timings else None
    received = None if submitted is None or waiting is None else submitted + waiting
    return JobView(
        job=job_of(job_id, metadata),
        state="done",
        submitted_at=submitted,
        received_at=received,
        finished_at=metadata.finished_at,
        worker=metadata.worker,
        pictures=metadata.pictures,
        withheld=metadata.withheld,
        steps=metadata.inference_steps,
        timings=metadata.timings,
    )


def job_of(job_id: str, metadata: Metadata) -> Job:
    """Convert metadata to the job it describes; raises MessageError if it is no valid one."""
    return validate(
        Job,
        {
            **parameters_of(metadata),
            "id": job_id,
            "count": metadata.number_of_images,
            "seed": metadata.seed if metadata.use_seed else None,
        },
    )


def parameters_of(metadata: Metadata) -> dict[str, Any]:
    """Return the parameters of a job's first picture, by name."""
    if metadata.parameters:
        return metadata.parameters.model_dump()
    return {
        "prompt": metadata.prompt,
        "width": metadata.image_width,
        "height": metadata.image_height,
        "steps": metadata.inference_steps,
    }
