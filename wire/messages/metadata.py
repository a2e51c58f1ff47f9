"""Metadata of a job's pictures, stored as JSON beside them.

It has the keys of the older sample (fastsdcpu's settings: ``prompt``, ``image_width``,
``lcm_model_id``, …) and further keys of this project.
"""

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import MessageError
from core.validation import first_error
from wire.messages.object_names import JobId, parse_picture_name
from wire.messages.parameters import GenerationParameters
from wire.messages.quantities import Quantity, UnixSeconds


class Timings(BaseModel):
    """Durations of a job's phases, in seconds; None if not measured."""

    model_config = ConfigDict(frozen=True)

    waiting: Quantity | None = None
    """From submission to delivery, by the clocks of both machines."""
    loading: Quantity | None = None
    """A part of ``waiting``: the worker loaded its model; None if the job did not wait for that."""
    painting: Quantity
    """Generating the pictures; the key stays as stored metadata and older workers have it."""
    storing: Quantity
    """Encoding and uploading the pictures, summed over all, as several are stored at once."""
    encoding_text: Quantity | None = None
    """A part of ``painting``, like the next three."""
    denoising: Quantity | None = None
    decoding: Quantity | None = None
    copying: Quantity | None = None
    """From the device to the host, beside the next batch."""
    encoding_png: Quantity | None = None
    """A part of ``storing``, like the next."""
    uploading: Quantity | None = None
    blocked: Quantity | None = None
    """Waiting for a free encoder or uploader, after generation."""


class Metadata(BaseModel):
    """A job's metadata: the older sample's keys, then the keys of this project."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

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
    parameters: GenerationParameters | None = None
    """Those of the first picture, with the model's defaults; None in older metadata."""
    pictures: tuple[str, ...] = ()
    """Object names, in order."""
    withheld: tuple[int, ...] = ()
    """Numbers of the pictures that the safety checker rejected; they are not stored."""
    prompt_read: str | None = None
    """The part of the prompt that the text encoder read, if it could not read all of it."""
    seeds: tuple[int, ...] = ()
    """One for each picture. A single job with this seed generates the same picture."""
    finished_at: UnixSeconds | None = None
    """Unix seconds."""
    timings: Timings | None = None
    energy_joules: Quantity | None = None
    """Energy that the GPU used for one picture, on average; None if not measured."""
    worker: str | None = None
    pod: str | None = None
    node: str | None = None
    device: str | None = None
    """The GPU's product name, or ``cpu``."""


def of_picture(metadata: Metadata, number: int) -> Metadata:
    """Return the metadata of one of a job's pictures, as if its job had generated it alone.

    Older metadata, which lacks the seeds of the pictures, is returned as it is.
    """
    if number >= len(metadata.seeds):
        return metadata
    seed = metadata.seeds[number]
    parameters = metadata.parameters and metadata.parameters.model_copy(update={"seed": seed})
    changes = {
        "number_of_images": 1,
        "seed": seed,
        "seeds": (seed,),
        "parameters": parameters,
        "pictures": tuple(name for name in metadata.pictures if _number(name) == number),
        "withheld": (),
    }
    return metadata.model_copy(update=changes)


def _number(name: str) -> int | None:
    picture = parse_picture_name(name)
    return picture.number if picture else None


def encode_metadata(metadata: Metadata) -> bytes:
    """Encode metadata as JSON."""
    return metadata.model_dump_json(indent=1).encode()


def decode_metadata(body: bytes) -> Metadata:
    """Decode metadata. Raises MessageError."""
    try:
        return Metadata.model_validate_json(body)
    except ValidationError as error:
        raise MessageError(f"The metadata is not valid: {' '.join(first_error(error))}.") from None
