"""Read a model's default steps, guidance and size, and the texts that the page shows for it.

A model's folder may contain a ``defaults.json`` beside its ``model_index.json``; the values
of a few hub models are copied from their model cards. Does not import torch.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import ModelUnavailable
from core.validation import first_error

SIDECAR = "defaults.json"

MAX_STEPS = 150

Steps = Annotated[int, Field(ge=1, le=MAX_STEPS)]
GuidanceScale = Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)]
Side = Annotated[int, Field(ge=64, le=2048, multiple_of=8)]
"""Width or height of a picture, in pixels."""


class ModelDefaults(BaseModel):
    """Values for the fields that a job leaves unset: the content of a ``defaults.json``.

    The file overrides what the worker derives from the model. It is needed only for what no
    file of the model states, such as the steps of a distilled model with a common scheduler::

        {"steps": 4, "guidance_scale": 1.0, "width": 1024, "height": 1024}
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    steps: Steps
    guidance_scale: GuidanceScale
    width: Side
    height: Side
    suggestions: tuple[str, ...] = ()
    """Example prompts that work well with this model."""
    vocabulary: dict[str, tuple[str, ...]] = {}
    """The words that the model was trained on, by kind; empty for general models."""
    notice: str | None = None
    """A sentence shown on the page while this model is in use."""


def _from_card(steps: int, guidance_scale: float, side: int) -> ModelDefaults:
    return ModelDefaults(steps=steps, guidance_scale=guidance_scale, width=side, height=side)


# Values of the model cards at https://huggingface.co/NAME, for models that are distilled to few
# steps. The worker derives those of most others from their files.
_MODEL_CARDS = {
    "stabilityai/sd-turbo": _from_card(1, 0.0, 512),
    "stabilityai/sdxl-turbo": _from_card(1, 0.0, 512),
    "stabilityai/stable-diffusion-3.5-large-turbo": _from_card(4, 0.0, 1024),
    "black-forest-labs/FLUX.1-schnell": _from_card(4, 0.0, 1024),
    "black-forest-labs/FLUX.2-klein-4B": _from_card(4, 1.0, 1024),
    "black-forest-labs/FLUX.2-klein-9B": _from_card(4, 1.0, 1024),
    "SimianLuo/LCM_Dreamshaper_v7": _from_card(4, 8.0, 512),
    "Tongyi-MAI/Z-Image-Turbo": _from_card(9, 0.0, 1024),
}


def published_defaults(name: str) -> ModelDefaults | None:
    """Return the defaults on the model card of a hub name, with or without ``@revision``."""
    name = name.partition("@")[0].lower()
    return next((card for known, card in _MODEL_CARDS.items() if known.lower() == name), None)


def read_model_defaults(model_id: str) -> ModelDefaults | None:
    """Return the defaults of a folder or hub name; None if only the pipeline has them.

    Raises:
        ModelUnavailable: the folder's ``defaults.json`` is invalid.

    """
    file = Path(model_id) / SIDECAR
    try:
        return ModelDefaults.model_validate_json(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return published_defaults(model_id)
    except OSError as error:
        raise ModelUnavailable(f"{file} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        raise ModelUnavailable(f"{file} is not valid: {' '.join(first_error(error))}.") from None
