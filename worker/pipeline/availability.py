"""Find out whether a model could be loaded, without downloading or loading its weights."""

import os
from collections.abc import Collection
from functools import partial

import torch
from huggingface_hub import HfApi, get_token

from core.errors import ModelUnavailable
from core.settings import Settings
from worker.cgroup import total_memory
from worker.device import choose_device
from worker.pipeline import hub_client, memory
from worker.pipeline.hub import cached_snapshot
from worker.pipeline.hub_errors import explain
from worker.pipeline.read import LoadOptions, dtype_of, needed_bytes
from worker.pipeline.source import Source, locate, may_be_on_hub
from worker.pipeline.weights import choose_variant, list_files

_HUB_TIMEOUT_SECONDS = 10.0
_WITHOUT_WEIGHTS = ("Tokenizer", "TokenizerFast", "Processor", "FeatureExtractor", "Scheduler")
"""How the names of classes end whose components have configurations only."""


def describe(settings: Settings) -> str:
    """Return where the model is and what it needs. Raises ModelUnavailable and SettingsError."""
    device = choose_device(settings.device)
    options = LoadOptions(dtype=settings.dtype, quantize=settings.quantize)
    choose_dtype = partial(dtype_of, device=device, options=options)
    repo, _, revision = settings.model_id.partition("@")
    is_local = os.path.exists(settings.model_id)  # noqa: PTH110, a name on the hub is no path
    if not is_local and may_be_on_hub(settings.model_id):
        hub_client.use_environment()
        if cached_snapshot(repo, revision or None, choose_dtype) is None:
            return _on_hub(repo, revision or None)
    source = locate(settings.model_id, choose_dtype)
    if source.file:
        return f"{source.file} is a checkpoint of a {source.index.class_name}."
    return _in_folder(source, device, options)


def _on_hub(repo: str, revision: str | None) -> str:
    try:
        HfApi().model_info(repo, revision=revision, timeout=_HUB_TIMEOUT_SECONDS)
    except Exception as error:  # noqa: BLE001, of four libraries; explained
        raise ModelUnavailable(explain(error, repo, token_sent=get_token() is not None)) from None
    return f"The hub has {repo}; the first start of a worker downloads it."


def _in_folder(source: Source, device: str, options: LoadOptions) -> str:
    dtype = dtype_of(source.index, device, options)
    variant = choose_variant(list_files(source.folder), source.index.components, dtype)
    needs = needed_bytes(source.folder, variant, dtype, options)
    _require_weights(source, needs)
    # The total: a worker that runs beside this process has the model in its memory.
    total = _total_memory(device)
    memory.place(source.model_id, device, needs, total)
    return (
        f"The files of {source.model_id} are complete; its weights need "
        f"{_format_size(sum(needs.values()))} of {_format_size(total)} on {device}."
    )


def _require_weights(source: Source, found: Collection[str]) -> None:
    """Raise ModelUnavailable for a component with a model's configuration and no weights."""
    without = [
        name
        for name, (_, class_name) in sorted(source.index.components.items())
        if name not in found
        and (source.folder / name / "config.json").is_file()
        and not class_name.endswith(_WITHOUT_WEIGHTS)
    ]
    if without:
        raise ModelUnavailable(
            f"{source.folder} has no weights for {', '.join(without)}. Download or copy the model "
            "again."
        )


def _total_memory(device: str) -> int | None:
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[1])
    if device == "mps":
        return int(torch.mps.recommended_max_memory())
    return total_memory()


def _format_size(size: int | None) -> str:
    if size is None:
        return "an unknown amount"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
