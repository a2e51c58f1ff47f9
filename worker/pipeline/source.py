"""Find the files of ``MODEL_ID``: a name on the hub, a folder, or a single file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelUnavailable
from worker.pipeline.hub import download
from worker.pipeline.pipeline_class import INDEX_FILE, PipelineIndex, find_class, read_index
from worker.pipeline.single_file import read_configs

_OTHER_CHECKPOINTS = (".ckpt", ".pt", ".pth", ".bin", ".gguf")


@dataclass(frozen=True)
class Source:
    """The files of a model on this machine."""

    model_id: str
    folder: Path
    """The pipeline; only its configuration, if the weights are in ``file``."""
    index: PipelineIndex
    file: Path | None = None
    """A checkpoint of one file."""


def locate(model_id: str, choose_dtype: Callable[[PipelineIndex], str]) -> Source:
    """Return the files of a model, downloaded if they are on the hub only.

    Raises:
        ModelUnavailable: there are none, or their pipeline class cannot serve jobs.

    """
    path = Path(model_id)
    if path.is_file():
        return _single_file(model_id, path)
    if path.is_dir():
        return _folder(model_id, path)
    if not may_be_on_hub(model_id):
        raise ModelUnavailable(f"There is no folder or file {model_id}. Check MODEL_ID.")
    repo, _, revision = model_id.partition("@")
    folder = download(repo, revision or None, choose_dtype)
    return _folder(model_id, folder)


def _folder(model_id: str, folder: Path) -> Source:
    if not (folder / INDEX_FILE).is_file():
        raise ModelUnavailable(_no_index(folder))
    index = read_index(folder)
    find_class(index.class_name)
    return Source(model_id, folder, index)


def _no_index(folder: Path) -> str:
    files = sorted(folder.glob("*.safetensors"))
    hint = (
        f"to its file {files[0]}, if that is a complete checkpoint"
        if len(files) == 1
        else "to the folder of a pipeline, or to a name on the hub"
    )
    return (
        f"The folder {folder} has no model_index.json, so it is not a diffusers pipeline. "
        f"Set MODEL_ID {hint}."
    )


def _single_file(model_id: str, file: Path) -> Source:
    if file.suffix != ".safetensors":
        kind = "in a format" if file.suffix in _OTHER_CHECKPOINTS else "of a kind"
        raise ModelUnavailable(
            f"{file} is a single file {kind} that is not supported. Set MODEL_ID to a "
            ".safetensors checkpoint, to a folder, or to a name on the hub."
        )
    configs, index = read_configs(file)
    find_class(index.class_name)
    return Source(model_id, configs, index, file)


def may_be_on_hub(model_id: str) -> bool:
    """Return whether a text has the form ``name`` or ``owner/name`` and is no path."""
    name = model_id.partition("@")[0]
    is_path = Path(name).parent.name != "" and Path(name).parent.is_dir()
    is_path |= model_id.startswith((".", "/", "~")) or name.endswith(
        (".safetensors", *_OTHER_CHECKPOINTS)
    )
    return name.count("/") <= 1 and "\\" not in name and not is_path
