"""Bring a pipeline of the hub onto this machine: its cache first, then the network."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from huggingface_hub import (
    HfApi,
    get_token,
    hf_hub_download,
    snapshot_download,
    try_to_load_from_cache,
)

from core.errors import ModelUnavailable
from worker.pipeline.hub_errors import explain, is_busy
from worker.pipeline.pipeline_class import INDEX_FILE, PipelineIndex, find_class, read_index
from worker.pipeline.weights import (
    choose_variant,
    list_files,
    parse_weight_file,
    weights_of,
)

T = TypeVar("T")
ChooseDtype: TypeAlias = Callable[[PipelineIndex], str]

_RETRY_PAUSES_SECONDS = (2, 8)
"""Each try of huggingface_hub repeats some requests itself, for half a minute."""
_TIMEOUT_SECONDS = 30.0
_NOT_NEEDED = (".bin", ".ckpt", ".pt", ".msgpack", ".h5", ".onnx", ".gguf", ".safetensors", ".pb")
_CONFIG_FILES = ["*.json", "*/*.json", "*.txt", "*/*.txt", "*/*.model"]


def download(repo: str, revision: str | None, choose_dtype: ChooseDtype) -> Path:
    """Return a folder with the pipeline's files, in the variant for the dtype to load.

    Raises:
        ModelUnavailable: neither the cache nor the hub has it; names the reason.

    """
    cached = cached_snapshot(repo, revision, choose_dtype)
    return cached or explained(repo, partial(_download, repo, revision, choose_dtype))


def download_configs(repo: str) -> Path:
    """Return a folder with the configurations and tokenizers of a pipeline, without weights."""
    cached = _snapshot(repo, None)
    if cached and read_index(cached).components.keys() <= {
        name.partition("/")[0] for name in list_files(cached)
    }:
        return cached
    return explained(repo, lambda: Path(snapshot_download(repo, allow_patterns=_CONFIG_FILES)))


def _snapshot(repo: str, revision: str | None) -> Path | None:
    try:
        index = try_to_load_from_cache(repo, INDEX_FILE, revision=revision)
    except ValueError:  # not a name of the hub's form
        return None
    return Path(index).parent if isinstance(index, str) else None


def cached_snapshot(repo: str, revision: str | None, choose_dtype: ChooseDtype) -> Path | None:
    """Return the cached files, unless an interrupted download left them incomplete."""
    folder = _snapshot(repo, revision)
    if folder is None:
        return None
    index = read_index(folder)
    files = list_files(folder)
    if not index.components.keys() <= {name.partition("/")[0] for name in files}:
        return None
    try:
        choose_variant(files, index.components, choose_dtype(index))
    except ModelUnavailable:
        return None
    return folder


def _download(repo: str, revision: str | None, choose_dtype: ChooseDtype) -> Path:
    folder = Path(hf_hub_download(repo, INDEX_FILE, revision=revision)).parent
    index = read_index(folder)
    find_class(index.class_name)
    siblings = HfApi().model_info(repo, revision=revision, timeout=_TIMEOUT_SECONDS).siblings or []
    names = [file.rfilename for file in siblings]
    variant = choose_variant(names, index.components, choose_dtype(index))
    wanted = {file.path for file in weights_of(names, variant)}
    patterns = [name for name in names if _is_needed(name, index.components, wanted)]
    return Path(snapshot_download(repo, revision=revision, allow_patterns=patterns))


def _is_needed(name: str, components: dict[str, tuple[str, str]], wanted: set[str]) -> bool:
    folder, _, inner = name.partition("/")
    if not inner:
        return name in (INDEX_FILE, "defaults.json")
    if folder not in components:
        return False
    return name in wanted if parse_weight_file(name) else not name.endswith(_NOT_NEEDED)


def explained(repo: str, fetch: Callable[[], T]) -> T:
    """Return the result of ``fetch``, which is repeated while the hub is busy.

    Raises ModelUnavailable with the reason.
    """
    for pause in (*_RETRY_PAUSES_SECONDS, None):
        try:
            return fetch()
        except ModelUnavailable:
            raise
        except Exception as error:  # noqa: BLE001, of four libraries; explained below
            if pause is None or not is_busy(error):
                token_sent = get_token() is not None
                raise ModelUnavailable(explain(error, repo, token_sent=token_sent)) from None
            time.sleep(pause)
    raise AssertionError("unreachable")
