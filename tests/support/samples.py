"""Valid objects for many tests."""

import io

from PIL import Image

from wire.messages.job import Job
from wire.messages.metadata import Metadata
from wire.messages.object_names import picture_name


def metadata_of(job: Job) -> Metadata:
    """Build the metadata of a finished job."""
    return Metadata(
        prompt=job.prompt,
        image_width=job.width or 128,
        image_height=job.height or 128,
        lcm_model_id="models/demo",
        inference_steps=job.steps or 4,
        guidance_scale=1,
        number_of_images=job.count,
        seed=job.seed or 0,
        use_seed=job.seed is not None,
        id=job.id,
        pictures=tuple(picture_name(job.id, number) for number in range(job.count)),
    )


def preview_file(colour: str = "#6aa5ff", side: int = 16) -> bytes:
    """Build the file of a preview."""
    body = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(body, "WEBP")
    return body.getvalue()
