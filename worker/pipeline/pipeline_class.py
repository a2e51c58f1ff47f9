"""Decide from ``model_index.json`` whether a pipeline can serve jobs, before its weights load."""

import inspect
import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers

from core.errors import ModelUnavailable
from worker.pipeline.families import family_of

INDEX_FILE = "model_index.json"

_CONTROL = "needs a control image, which jobs do not have"
_DECODER = "is a decoder, which needs the embeddings of another pipeline, its prior"
_REASONS = {
    "controlnet": _CONTROL,
    "control_image": _CONTROL,
    "mask_image": "repaints a masked part of a picture, which jobs do not have",
    "num_frames": "generates videos",
    "num_videos_per_prompt": "generates videos",
    "image_embeds": _DECODER,
    "image_embeddings": _DECODER,
    "audio_end_in_s": "generates audio",
    "audio_length_in_s": "generates audio",
}
"""Why a class cannot serve jobs, by a parameter of its call or a component."""


@dataclass(frozen=True)
class PipelineIndex:
    """The content of a ``model_index.json``."""

    class_name: str
    components: dict[str, tuple[str, str]]
    """Library and class of each component."""
    original_name: str
    """The hub name or folder from which the pipeline was saved; empty if unknown."""


def read_index(folder: Path) -> PipelineIndex:
    """Read a pipeline's index. Raises ModelUnavailable."""
    file = folder / INDEX_FILE
    try:
        index = json.loads(file.read_bytes())
        components = {
            name: (value[0], value[1])
            for name, value in index.items()
            if isinstance(value, list) and len(value) == 2 and value[0]
        }
        return PipelineIndex(
            str(index["_class_name"]), components, str(index.get("_name_or_path") or "")
        )
    except OSError as error:
        raise ModelUnavailable(f"{file} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelUnavailable(f"{file} is not the index of a diffusers pipeline.") from None


def find_class(class_name: str) -> Any:
    """Return the text-to-image class for the class of an index.

    Raises:
        ModelUnavailable: no job can be served by it; names the reason.

    """
    found = getattr(diffusers, class_name, None)
    if not inspect.isclass(found):
        raise ModelUnavailable(
            f"The model's class {class_name} is not part of diffusers {diffusers.__version__}. "
            "Set MODEL_ID to another model, or use a version of the worker with that class."
        )
    found = _text_to_image(found)
    reason = _unsuitable(found)
    if reason:
        raise ModelUnavailable(
            f"The model's class {class_name} {reason}. Set MODEL_ID to a text-to-image model."
        )
    _require_package(class_name)
    return found


def _require_package(class_name: str) -> None:
    package = family_of(class_name).package
    if package and find_spec(package) is None:
        raise ModelUnavailable(
            f"The model's class {class_name} needs the package {package}, which is not installed. "
            f"Install it with `pip install {package}`."
        )


def _text_to_image(pipeline_class: Any) -> Any:
    """Return the class with the same components that needs no picture, if there is one."""
    name = pipeline_class.__name__.replace("Img2Img", "")
    return getattr(diffusers, name, pipeline_class)


def _is_text_to_image(pipeline_class: Any) -> bool:
    # Imports every pipeline, which takes seconds: not at the top of the module.
    from diffusers.pipelines.auto_pipeline import AUTO_TEXT2IMAGE_PIPELINES_MAPPING

    return pipeline_class in AUTO_TEXT2IMAGE_PIPELINES_MAPPING.values()


def _unsuitable(pipeline_class: Any) -> str | None:
    """Return why a class cannot generate a picture from a prompt alone."""
    call = inspect.signature(pipeline_class.__call__).parameters
    for name in (*call, *_init_parameters(pipeline_class)):
        if name in _REASONS:
            return _REASONS[name]
    if "prompt" not in call:
        return "takes no prompt"
    if "image" in call and not _is_text_to_image(pipeline_class):
        return "needs a picture to change, which not all jobs have"
    required = [name for name, parameter in call.items() if _is_required(parameter)]
    needed = " and ".join(name for name in required if name not in ("self", "prompt"))
    return f"needs {needed}, which jobs do not have" if needed else None


def _is_required(parameter: inspect.Parameter) -> bool:
    is_single = parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return is_single and parameter.default is parameter.empty


def _init_parameters(pipeline_class: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(pipeline_class.__init__).parameters)


def takes(pipeline_class: Any, name: str) -> bool:
    """Return whether a class is made of a component of this name, among others."""
    return name in _init_parameters(pipeline_class)
