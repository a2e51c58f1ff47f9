"""A picture's metadata as a table."""

from collections.abc import Iterator
from datetime import tzinfo

from markupsafe import Markup

from dashboard.components.pictures import render
from dashboard.presentation import formatting, job_text, parameter_text
from wire.messages.metadata import Metadata
from wire.messages.object_names import PictureName


def table(metadata: Metadata, picture: PictureName, zone: tzinfo | None) -> Markup:
    """Render the details of a picture."""
    return render("details", rows(metadata, picture, zone))


def rows(
    metadata: Metadata, picture: PictureName, zone: tzinfo | None
) -> Iterator[tuple[str, str]]:
    """List the details of a picture."""
    steps = formatting.pluralize(metadata.inference_steps, "step")
    origin = (metadata.pod or metadata.worker, metadata.node, metadata.device)
    yield "Prompt", metadata.prompt
    if metadata.prompt_read is not None:
        yield "The text encoder read", metadata.prompt_read
    parameters = metadata.parameters
    if parameters and parameters.negative_prompt:
        yield "Negative prompt", parameters.negative_prompt
    if metadata.finished_at is not None:
        yield "Generated", formatting.date_and_clock(metadata.finished_at, zone)
    yield "Worker", ", ".join(part for part in origin if part) or formatting.UNKNOWN
    yield "Model", f"{metadata.lcm_model_id}, {steps}"
    yield "Size", f"{metadata.image_width} by {metadata.image_height} pixels"
    yield "Seed", str(seed_of(metadata, picture))
    if parameters:
        yield from parameter_text.rows(parameters, without=("negative_prompt",))
    if metadata.withheld:
        count = f"{len(metadata.withheld)} of {metadata.number_of_images}"
        yield job_text.WITHHELD, count
    yield from _timings(metadata)
    if metadata.energy_joules is not None:
        each = " per picture" if metadata.number_of_images > 1 else ""
        yield "Energy", formatting.energy(metadata.energy_joules) + each
    elif metadata.device not in (None, "cpu"):
        yield "Energy", formatting.UNKNOWN


def seed_of(metadata: Metadata, picture: PictureName) -> int:
    """Return the seed that generates this picture alone."""
    seeds = metadata.seeds
    return seeds[picture.number] if picture.number < len(seeds) else metadata.seed


def _timings(metadata: Metadata) -> Iterator[tuple[str, str]]:
    timings = metadata.timings
    if timings is None:
        return
    count = metadata.number_of_images
    for_all = f" for all {count}" if count > 1 else ""
    if timings.waiting is not None:
        yield "In queue", formatting.short_duration(timings.waiting)
    yield "Generating", formatting.short_duration(timings.painting) + for_all
    yield "Storing", formatting.short_duration(timings.storing) + for_all
