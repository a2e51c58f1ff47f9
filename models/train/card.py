"""The model card: what the bundled model is, how it was trained and what it cannot do.

Training writes it with the steps of that run; `evaluate` fills in the figures and leaves the rest
as it is, because the model may have been trained on another machine.
"""

import re
from dataclasses import dataclass

from models.train.package import defaults
from models.train.vocabulary import COLOURS, SETTINGS, STYLES, SUBJECTS


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares (0..1) of pictures in which the classifier recognises the prompted class."""

    subject: float
    colour: float
    setting: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What `evaluate` measures; times in seconds, sharpness as a share of the renderer's."""

    prompts: int
    generated: Accuracy
    rendered: Accuracy
    shuffled: Accuracy
    chance: Accuracy
    sharpness: float
    seconds_one_thread: float
    seconds_two_threads: float
    load_seconds: float
    megabytes: float


def model_card(steps: dict[str, int]) -> str:
    """Return the card of a model whose stages took these steps, without figures."""
    return CARD.format(
        steps=", ".join(f"{stage} {count:,}" for stage, count in steps.items()),
        run=defaults(),
        subjects=_list(SUBJECTS),
        colours=_list(COLOURS),
        settings=_list(SETTINGS),
        styles=_list(STYLES),
    )


def with_figures(card: str, figures: Figures) -> str:
    """Return the card with these figures in place of earlier ones."""
    rows = "\n".join(
        f"| {name} | {row.subject:.1%} | {row.colour:.1%} | {row.setting:.1%} |"
        for name, row in (
            ("this model", figures.generated),
            ("the renderer's own pictures", figures.rendered),
            ("this model, prompts shuffled", figures.shuffled),
            ("chance", figures.chance),
        )
    )
    section = FIGURES.format(rows=rows, figures=figures)
    return re.sub(r"(?<=\n## Figures\n\n).*?(?=\n## )", lambda _: section, card, flags=re.DOTALL)


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(words)


CARD = """\
---
license: apache-2.0
library_name: diffusers
pipeline_tag: text-to-image
---

# The bundled model

A small text-to-image diffusion pipeline that generates posters on a laptop's CPU. It is loaded and
run exactly as `stabilityai/sd-turbo` would be; it exists so that a first run shows what was typed
without a download.

    from diffusers import DiffusionPipeline
    pipeline = DiffusionPipeline.from_pretrained("models/demo")
    pipeline("red house at night", num_inference_steps={run[steps]},
             guidance_scale={run[guidance_scale]}).images[0]

Use the steps and the guidance of `defaults.json`: diffusers' own guidance of 7.5 is far too strong.

## What it knows

- subjects: {subjects}
- colours: {colours}
- settings: {settings}
- styles: {styles}

and synonyms of these (`models/train/words.py`). Anything else is ignored: the nearest known words
decide. It generates one subject in one setting; it cannot count, and knows neither people nor text.

## Data

Pictures of a procedural renderer (`models/train/render.py`) with captions made on the fly. No
picture by anybody else was used. Two in five combinations of subject, colour and setting are
never shown in training and are what the model is measured on.

## Parts

- latents: 32 x 16 x 16, principal components of 16 x 16-pixel patches (the encoder in `vae/` is a
  stub: the pipeline is text-to-image only)
- decoder: `AutoencoderTiny`, trained to match colours, neighbours' differences and the strength of
  edges, first on latents of rendered pictures, then on latents that the UNet generated, each
  paired with the rendering nearest to it
- text encoder: a two-layer `CLIPTextModel`, trained to classify captions, then frozen
- UNet: `UNet2DConditionModel`, a rectified flow with the guidance folded in by distillation,
  second-order solver

`make model` trains all of it from nothing. Steps that this build took: {steps}.

## Figures

Not measured yet: `python -m models.train.evaluate`.

## Limits

Only the words above. Edges are softer than the renderer's, by the share given above; small things
(stars, a periscope, bubbles) suffer first. The classifier does not notice that: see the pictures
on the [contact sheet](../../docs/contact-sheet.webp). A setting has three layouts, and a subject
two positions in it.

## Licence

Apache-2.0, like the code.
"""

FIGURES = """\
{figures.prompts} prompts whose subject, colour and setting were never seen together in training,
classified by a model that was trained on the renderer's pictures (`python -m
models.train.evaluate`):

| | subject | colour | setting |
|---|---|---|---|
{rows}

- sharpness: {figures.sharpness:.2f} of the renderer's gradient energy
- seconds per picture: {figures.seconds_one_thread:.2f} on one CPU thread, \
{figures.seconds_two_threads:.2f} on two; loads in {figures.load_seconds:.2f} s after imports
- {figures.megabytes:.1f} MB
"""
