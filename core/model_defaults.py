"""What a model wants: its steps, guidance, size, and what its page should say.

A model's folder may hold a ``defaults.json`` beside its ``model_index.json``; a few hub
models have theirs on their model card, repeated here. Reading them needs no torch.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import ModelUnavailable
from core.validation import first_error

SIDECAR = "defaults.json"

Side = Annotated[int, Field(ge=64, le=2048, multiple_of=8)]
"""Pixels of a picture's width or height."""


class ModelDefaults(BaseModel):
    """What is used where a job leaves the choice to the model."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    steps: Annotated[int, Field(ge=1, le=150)]
    guidance_scale: Annotated[float, Field(ge=0)]
    width: Side
    height: Side
    suggestions: tuple[str, ...] = ()
    """Prompts that this model paints well."""
    vocabulary: dict[str, tuple[str, ...]] = {}
    """The words that the model was trained on, by kind; empty for models that know most."""
    notice: str | None = None
    """A sentence that the page shows while this model is used."""


def _published(steps: int, guidance_scale: float, side: int) -> ModelDefaults:
    return ModelDefaults(steps=steps, guidance_scale=guidance_scale, width=side, height=side)


_MODEL_CARDS = {
    "stabilityai/sd-turbo": _published(1, 0.0, 512),
    "stabilityai/sdxl-turbo": _published(1, 0.0, 512),
    "stabilityai/stable-diffusion-3.5-large-turbo": _published(4, 0.0, 1024),
    "black-forest-labs/FLUX.1-schnell": _published(4, 0.0, 1024),
    "SimianLuo/LCM_Dreamshaper_v7": _published(4, 8.0, 512),
}


def read_model_defaults(model_id: str) -> ModelDefaults | None:
    """Return the defaults of a folder or hub name; None where only the pipeline knows.

    Raises:
        ModelUnavailable: the folder's ``defaults.json`` cannot be understood.

    """
    file = Path(model_id) / SIDECAR
    try:
        return ModelDefaults.model_validate_json(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return _MODEL_CARDS.get(model_id)
    except OSError as error:
        raise ModelUnavailable(f"{file} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        fault = " ".join(first_error(error))
        raise ModelUnavailable(f"{file} is not valid: {fault}.") from None
