"""Object names and metadata of pictures in the store.

A job's objects are ``<job id>-0.png … <job id>-<count-1>.png`` and, written last,
``<job id>.json``. The metadata has the keys of the older sample (fastsdcpu's settings:
``prompt``, ``image_width``, ``lcm_model_id``, …) and further keys of this project.
"""

import re
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import MessageError
from core.validation import first_error
from wire.messages.job import JobId

_PICTURE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(0|[1-9][0-9]{0,3})\.png")
_METADATA = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json")


@dataclass(frozen=True)
class PictureName:
    """A parsed object name: the job's id and the number of the picture, from 0."""

    job_id: str
    number: int


def picture_name(job_id: str, number: int) -> str:
    """Return the object name of a job's picture; ``number`` counts from 0."""
    return f"{job_id}-{number}.png"


def metadata_name(job_id: str) -> str:
    """Return the object name of a job's metadata."""
    return f"{job_id}.json"


def parse_picture_name(name: str) -> PictureName | None:
    """Parse the object name of a picture; None for any other name."""
    match = _PICTURE.fullmatch(name)
    return PictureName(match[1], int(match[2])) if match else None


def parse_metadata_name(name: str) -> str | None:
    """Return the job id in the object name of metadata; None for any other name."""
    match = _METADATA.fullmatch(name)
    return match[1] if match else None


class Timings(BaseModel):
    """Durations of a job's phases, in seconds; None if not measured."""

    model_config = ConfigDict(frozen=True)

    waiting: float | None = None
    """From submission to delivery, by the clocks of both machines."""
    painting: float
    """Generating the pictures; the key stays as stored metadata and older workers have it."""
    storing: float


class Metadata(BaseModel):
    """A job's metadata: the older sample's keys, then the keys of this project."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    prompt: str
    image_width: int
    image_height: int
    lcm_model_id: str
    inference_steps: int
    guidance_scale: float
    number_of_images: int
    seed: int
    use_seed: bool
    use_openvino: bool = False
    use_tiny_auto_encoder: bool = False
    use_safety_checker: bool = False
    diffusion_task: str = "text_to_image"

    id: JobId | None = None
    pictures: tuple[str, ...] = ()
    """Object names, in order."""
    seeds: tuple[int, ...] = ()
    """One for each picture. A single job with this seed generates the same picture."""
    finished_at: float | None = None
    """Unix seconds."""
    timings: Timings | None = None
    worker: str | None = None
    pod: str | None = None
    node: str | None = None
    device: str | None = None
    """The GPU's product name, or ``cpu``."""


def encode_metadata(metadata: Metadata) -> bytes:
    """Encode metadata as JSON."""
    return metadata.model_dump_json(indent=1).encode()


def decode_metadata(body: bytes) -> Metadata:
    """Decode metadata. Raises MessageError."""
    try:
        return Metadata.model_validate_json(body)
    except ValidationError as error:
        raise MessageError(f"The metadata is not valid: {' '.join(first_error(error))}.") from None
