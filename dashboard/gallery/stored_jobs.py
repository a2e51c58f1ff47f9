"""Jobs that were done before this process began: read back from their metadata."""

from core.errors import MessageError, ObjectMissing
from dashboard.domain.jobs import JobView
from wire.messages.job import Job, submitted_at, validate
from wire.messages.picture import Metadata, decode_metadata, metadata_name, parse_metadata_name
from wire.stores.base import Store


def stored_job(store: Store, job_id: str) -> JobView | None:
    """Return a finished job by its id; None if the store holds no metadata of it.

    Raises StoreUnavailable.
    """
    name = metadata_name(job_id)
    if parse_metadata_name(name) is None:
        return None  # what came from an address bar need not be an id
    try:
        metadata = decode_metadata(store.get(name))
        return view_of(job_id, metadata)
    except (ObjectMissing, MessageError):
        return None


def view_of(job_id: str, metadata: Metadata) -> JobView:
    """Tell a job's life from its metadata; raises MessageError if it was no valid job."""
    begun = submitted_at(job_id)
    waited = metadata.timings.waiting if metadata.timings else None
    return JobView(
        job=job_of(job_id, metadata),
        state="done",
        submitted_at=begun,
        received_at=begun + waited if begun is not None and waited is not None else None,
        finished_at=metadata.finished_at,
        worker=metadata.worker,
        pictures=metadata.pictures,
        steps=metadata.inference_steps,
        timings=metadata.timings,
    )


def job_of(job_id: str, metadata: Metadata) -> Job:
    """Tell what was asked for; raises MessageError if nobody may ask for that here."""
    fields = {
        "id": job_id,
        "prompt": metadata.prompt,
        "count": metadata.number_of_images,
        "width": metadata.image_width,
        "height": metadata.image_height,
        "steps": metadata.inference_steps,
        "seed": metadata.seed if metadata.use_seed else None,
    }
    return validate(Job, fields)
