"""LoRA adapters: which ones jobs may use, and their weights for a call.

LORA_DIR is a folder of ``.safetensors`` files, named by their stems. LORAS lists names on the
hub: ``owner/name``, or ``owner/name/file.safetensors`` where a repository has several files.
"""

import logging
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from core.errors import GenerationFailed, MessageError, SettingsError, first_line
from core.settings import Settings
from wire.messages.parameters import Lora

log = logging.getLogger(__name__)

_MISFITS = (KeyError, RuntimeError, TypeError, ValueError)
"""Raised for weights of another shape or format."""

Source = dict[str, str]
"""The arguments of ``load_lora_weights`` for a LoRA."""


def sources(settings: Settings) -> dict[str, Source]:
    """Return where each LoRA that jobs may use is loaded from, by its name.

    Raises SettingsError if LORA_DIR is no folder.
    """
    folder = settings.lora_dir
    if folder and not folder.is_dir():
        raise SettingsError(
            f"LORA_DIR is {folder}, which is no folder. Check it, or leave it unset."
        )
    files = _by_name(sorted(folder.rglob("*.safetensors"))) if folder else {}
    return {
        **{name: _source(str(file.parent), file.name) for name, file in files.items()},
        **{name: _hub_source(name) for name in settings.lora_names},
    }


def _by_name(files: Iterable[Path]) -> dict[str, Path]:
    """Return the files by their stems; of several with the same one, in subfolders, the last."""
    found: dict[str, Path] = {}
    for file in files:
        if other := found.get(file.stem):
            log.warning(
                "LORA_DIR has two LoRAs named %s: %s is used, and not %s. Rename one of them.",
                file.stem,
                file,
                other,
            )
        found[file.stem] = file
    return found


def _hub_source(name: str) -> Source:
    owner, repository, *path = name.split("/")
    return _source(f"{owner}/{repository}", "/".join(path))


def _source(place: str, file: str) -> Source:
    source = {"pretrained_model_name_or_path_or_dict": place}
    return {**source, "weight_name": file} if file else source


def supported(pipeline: Any) -> bool:
    """Return whether LoRAs can be loaded into this pipeline."""
    return hasattr(pipeline, "load_lora_weights") and find_spec("peft") is not None


def apply(pipeline: Any, loras: tuple[Lora, ...], sources: Mapping[str, Source]) -> None:
    """Give the pipeline these LoRAs with their weights, and no others.

    A LoRA is loaded once. Raises MessageError if it does not fit the model, GenerationFailed if
    it cannot be read.
    """
    if not loras:
        _disable(pipeline)
        return
    for lora in loras:
        if _adapter_name(lora.name) not in _loaded(pipeline):
            _load(pipeline, lora.name, sources)
    weights = [lora.weight for lora in loras]
    pipeline.enable_lora()
    pipeline.set_adapters([_adapter_name(lora.name) for lora in loras], weights)


def _disable(pipeline: Any) -> None:
    if supported(pipeline) and _loaded(pipeline):
        pipeline.disable_lora()


def _loaded(pipeline: Any) -> set[str]:
    return {name for names in pipeline.get_list_adapters().values() for name in names}


def _load(pipeline: Any, name: str, sources: Mapping[str, Source]) -> None:
    if name not in sources:
        raise MessageError(f"There is no LoRA {name}.")
    try:
        pipeline.load_lora_weights(**sources[name], adapter_name=_adapter_name(name))
    except (torch.OutOfMemoryError, torch.AcceleratorError):
        raise
    except _MISFITS as error:
        _discard(pipeline, name)
        raise MessageError(_misfit(name, first_line(error))) from error
    except Exception as error:
        raise GenerationFailed(f"The LoRA {name} cannot be read: {first_line(error)}") from error
    # diffusers ignores weights whose names are not those of the model.
    if _adapter_name(name) not in _loaded(pipeline):
        raise MessageError(_misfit(name, "it has no weights for this kind of model."))


def _misfit(name: str, reason: str) -> str:
    return f"The LoRA {name} does not fit the model: {reason}"


def _discard(pipeline: Any, name: str) -> None:
    if _adapter_name(name) in _loaded(pipeline):
        pipeline.delete_adapters(_adapter_name(name))


def _adapter_name(name: str) -> str:
    """Return a name for torch's modules, which has no dots and equals no method's name."""
    return "lora-" + name.replace("%", "%25").replace(".", "%2E")
