"""Generate 64 prompts onto one sheet: `python -m models.train.contact_sheet`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image, ImageDraw, ImageFont

from models.train.bundled_model import DEMO, load_model
from models.train.prompts import CONTACT_SHEET

COLUMNS, TILE, GAP, CAPTION = 8, 192, 10, 24
BACKGROUND, TEXT = (250, 249, 246), (52, 50, 60)


def sheet(pictures: Sequence[np.ndarray], captions: Sequence[str]) -> Image.Image:
    """Arrange pictures in rows of eight, each above its prompt."""
    rows = -(-len(pictures) // COLUMNS)
    size = COLUMNS * (TILE + GAP) + GAP, rows * (TILE + CAPTION + GAP) + GAP
    page = Image.new("RGB", size, BACKGROUND)
    font = ImageFont.load_default(size=12)  # the longest prompt fits under its picture
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        row, column = divmod(number, COLUMNS)
        left, top = GAP + column * (TILE + GAP), GAP + row * (TILE + CAPTION + GAP)
        tile = Image.fromarray(picture).resize((TILE, TILE), Image.Resampling.LANCZOS)
        page.paste(tile, (left, top))
        ImageDraw.Draw(page).text((left + 1, top + TILE + 5), caption, TEXT, font)
    return page


def main(
    model: Annotated[Path, typer.Option(help="The pipeline's folder.")] = DEMO,
    out: Annotated[Path, typer.Option(help="The WebP file to write.")] = Path(
        "docs/contact-sheet.webp"
    ),
) -> None:
    """Generate every prompt of the contact sheet, with its number as the seed."""
    bundled = load_model(model)
    pictures = [bundled.generate([p], [seed])[0] for seed, p in enumerate(CONTACT_SHEET)]
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet(pictures, CONTACT_SHEET).save(out, quality=85, method=6)


if __name__ == "__main__":
    typer.run(main)
