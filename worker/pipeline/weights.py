"""Find the weights of a pipeline among its files: which variant, of how many parameters.

A variant is an infix of the file names, such as ``fp16`` in ``model.fp16.safetensors``.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from core.errors import ModelUnavailable

Variant: TypeAlias = str | None
"""None: the files without an infix."""

_STEMS = ("diffusion_pytorch_model", "model")
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})")
_OTHER_FORMATS = (".bin", ".ckpt", ".pt", ".msgpack", ".h5", ".onnx", ".gguf")
_PREFERRED: Mapping[str, tuple[Variant, ...]] = {
    "float16": ("fp16", None, "bf16"),
    "bfloat16": ("bf16", None, "fp16"),
    "float32": (None, "bf16", "fp16"),
}
"""Variants by the dtype to load: first its own, then the one that loses the least."""


@dataclass(frozen=True)
class WeightFile:
    """A safetensors file of a component, possibly one shard of several."""

    path: str
    component: str
    variant: Variant
    shards: int


def parse_weight_file(path: str) -> WeightFile | None:
    """Parse a path such as ``unet/diffusion_pytorch_model.fp16.safetensors``."""
    pure = PurePosixPath(path)
    if len(pure.parts) != 2 or pure.suffix != ".safetensors":
        return None
    shard = _SHARD.search(pure.stem)
    stem, _, variant = _SHARD.sub("", pure.stem).partition(".")
    if stem not in _STEMS:
        return None
    return WeightFile(path, pure.parts[0], variant or None, int(shard[2]) if shard else 1)


def choose_variant(files: Iterable[str], components: Iterable[str], dtype: str) -> Variant:
    """Return the variant that all components have, the closest to a dtype first.

    Like diffusers, takes a component without files of the variant from those without infix.

    Raises:
        ModelUnavailable: a component's weights are incomplete or in another format.

    """
    names, known = list(files), set(components)
    weights = [file for file in map(parse_weight_file, names) if file and file.component in known]
    variants = sorted({file.variant for file in weights if file.variant})
    _require_safetensors(names, weights, known)
    for variant in dict.fromkeys((*_PREFERRED[dtype], *variants)):
        if variant in (None, *variants) and _is_complete(weights, variant):
            return variant
    raise ModelUnavailable(_incomplete(weights))


def weights_of(files: Iterable[str], variant: Variant) -> list[WeightFile]:
    """Return the files that are loaded for a variant."""
    weights = [file for file in map(parse_weight_file, files) if file]
    having = {file.component for file in weights if file.variant == variant}
    return [
        file for file in weights if file.variant == (variant if file.component in having else None)
    ]


def count_parameters(folder: Path, variant: Variant) -> dict[str, int]:
    """Return the number of parameters of each component, from the headers of its files."""
    counts: dict[str, int] = {}
    for file in weights_of(list_files(folder), variant):
        shapes = read_shapes(folder / file.path).values()
        counts[file.component] = counts.get(file.component, 0) + sum(map(prod, shapes))
    return counts


def list_files(folder: Path) -> list[str]:
    """Return the paths of the files of a folder and its subfolders, relative to it."""
    found = (*folder.glob("*"), *folder.glob("*/*"))
    return [path.relative_to(folder).as_posix() for path in found if path.is_file()]


def read_shapes(file: Path) -> dict[str, list[int]]:
    """Read the shape of each tensor of a safetensors file. Raises ModelUnavailable."""
    # https://huggingface.co/docs/safetensors: 8 bytes of length, then a JSON header.
    try:
        with file.open("rb") as opened:
            header = json.loads(opened.read(int.from_bytes(opened.read(8), "little")))
        return {name: tensor["shape"] for name, tensor in header.items() if name != "__metadata__"}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError):
        raise ModelUnavailable(
            f"{file} is not a complete safetensors file; download or copy it again."
        ) from None


def _require_safetensors(names: list[str], weights: list[WeightFile], known: set[str]) -> None:
    without = known - {file.component for file in weights}
    for name in names:
        if name.endswith(_OTHER_FORMATS) and name.partition("/")[0] in without:
            raise ModelUnavailable(
                f"The weights of the model are not in the safetensors format ({name}). Other "
                "formats can run code while they are read; convert the model to safetensors."
            )


def _is_complete(weights: list[WeightFile], variant: Variant) -> bool:
    chosen = weights_of([file.path for file in weights], variant)
    counts: dict[str, int] = {}
    for file in chosen:
        counts[file.component] = counts.get(file.component, 0) + 1
    complete = all(counts[file.component] == file.shards for file in chosen)
    return complete and counts.keys() == {file.component for file in weights}


def _incomplete(weights: list[WeightFile]) -> str:
    listed = ", ".join(sorted(file.path for file in weights)[:3]) or "none"
    return (
        f"The weights of the model are incomplete (there are: {listed}). "
        "Download or copy the model again."
    )
