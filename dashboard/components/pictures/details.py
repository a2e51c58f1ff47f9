"""What is known of a picture, as a table."""

from collections.abc import Iterator
from datetime import tzinfo
from html import escape

from dashboard.presentation import formatting
from wire.messages.picture import Metadata, PictureName

Row = tuple[str, str]


def table(metadata: Metadata, picture: PictureName, zone: tzinfo | None) -> str:
    """Write the details as HTML."""
    lines = rows(metadata, picture, zone)
    cells = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in lines)
    return f"<table class='details'>{''.join(cells)}</table>"


def rows(metadata: Metadata, picture: PictureName, zone: tzinfo | None) -> Iterator[Row]:
    """List what is known of a picture."""
    yield "Prompt", metadata.prompt
    if metadata.finished_at is not None:
        yield "Painted", formatting.date_and_clock(metadata.finished_at, zone)
    places = (metadata.pod or metadata.worker, metadata.node, metadata.device)
    yield "Where", ", ".join(place for place in places if place) or formatting.UNKNOWN
    yield (
        "Model",
        f"{metadata.lcm_model_id}, {formatting.pluralize(metadata.inference_steps, 'step')}",
    )
    yield "Size", f"{metadata.image_width} by {metadata.image_height} pixels"
    yield "Seed", str(seed_of(metadata, picture))
    yield from _timings(metadata)


def seed_of(metadata: Metadata, picture: PictureName) -> int:
    """Return the seed that paints this picture alone."""
    seeds = metadata.seeds
    return seeds[picture.number] if picture.number < len(seeds) else metadata.seed


def _timings(metadata: Metadata) -> Iterator[Row]:
    timings = metadata.timings
    if timings is None:
        return
    several = metadata.number_of_images > 1
    of_all = f" for all {metadata.number_of_images}" if several else ""
    if timings.waiting is not None:
        yield "In line", formatting.short_duration(timings.waiting)
    yield "Painting", formatting.short_duration(timings.painting) + of_all
    yield "Storing", formatting.short_duration(timings.storing) + of_all
