"""Load a tiny VAE in the place of the model's own: TAESD and its siblings.

It decodes in a fraction of the time and memory, with a little less detail; see
https://github.com/madebyollin/taesd.
"""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny

from core.errors import ModelUnavailable, SettingsError, first_line
from worker.pipeline.hub import explained
from worker.pipeline.source import Source

TINY = "tiny"
_BY_LATENTS = {
    (4, 0.18215): "madebyollin/taesd",
    (4, 0.13025): "madebyollin/taesdxl",
    (16, 0.3611): "madebyollin/taef1",
    (16, 1.5305): "madebyollin/taesd3",
}
"""By the channels and the scaling factor of the latents, which the VAEs of a family share."""


def load_tiny_vae(setting: str, source: Source, dtype: torch.dtype) -> Any | None:
    """Return the VAE that ``VAE`` names, None if the model has a tiny one already.

    Raises:
        SettingsError: there is none for the model's latents.
        ModelUnavailable: it cannot be read.

    """
    own = _own_config(source)
    if setting == TINY and own.get("_class_name") == "AutoencoderTiny":
        return None
    name = _published(own, source.model_id) if setting == TINY else setting
    vae = _read(name, dtype)
    if vae.config.latent_channels != own.get("latent_channels"):
        raise SettingsError(
            f"The VAE {name} decodes {vae.config.latent_channels} channels, and the latents of "
            f"{source.model_id} have {own.get('latent_channels', 'none')}. Leave VAE unset, or set "
            "it to tiny."
        )
    return vae


def _published(own: dict[str, Any], model_id: str) -> str:
    name = _BY_LATENTS.get((own.get("latent_channels", 0), own.get("scaling_factor", 0.0)))
    # Playground 2.5 normalizes its latents, which the tiny VAEs do not undo.
    if name is None or own.get("latents_mean"):
        raise SettingsError(
            f"VAE is tiny, but no tiny VAE for the latents of {model_id} is known. Leave VAE "
            "unset, or set it to the folder or hub name of one."
        )
    return name


def _own_config(source: Source) -> dict[str, Any]:
    file = source.folder / "vae" / "config.json"
    try:
        return dict(json.loads(file.read_bytes()))
    except (OSError, ValueError):  # no component of this name
        return {}


def _read(name: str, dtype: torch.dtype) -> Any:
    reader: Any = AutoencoderTiny
    try:
        if Path(name).is_dir():
            return reader.from_pretrained(name, dtype=dtype, use_safetensors=True)
        return explained(
            name, lambda: reader.from_pretrained(name, dtype=dtype, use_safetensors=True)
        )
    except ModelUnavailable as error:
        raise ModelUnavailable(str(error).replace("MODEL_ID", "VAE")) from None
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"The VAE {name} cannot be read: {first_line(error)}") from None
