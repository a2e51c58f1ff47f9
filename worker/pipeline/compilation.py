"""Compile a denoiser in the background, while the uncompiled one serves.

A compiled graph fits one bucket: the shapes, memory formats and other values of a call's arguments.
The first call of a bucket is served uncompiled, and starts its compilation; calls after that are
served compiled. What fails to compile stays uncompiled. On CUDA each bucket is replayed as a CUDA
graph (``reduce-overhead``), which is recorded at the first compiled calls.
"""

import functools
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import torch
from huggingface_hub.constants import HF_HOME
from torch.utils._pytree import tree_flatten, tree_map_only

from core.errors import first_line

log = logging.getLogger(__name__)

MAX_BUCKETS = 8
"""PyTorch keeps no more graphs of a function (``torch._dynamo.config.recompile_limit``)."""
_DENOISERS = ("unet", "transformer")

Forward: TypeAlias = Callable[..., Any]


def compile_denoiser(pipeline: Any, device: str) -> None:
    """Let a pipeline's denoiser be compiled as it is called."""
    names = [name for name in _DENOISERS if getattr(pipeline, name, None) is not None]
    if not names or getattr(pipeline, "_all_hooks", None):
        log.warning("COMPILE has no effect: the model's components take turns on the device.")
        return
    # Beside the models, so that the next worker on this volume finds the compiled kernels.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(HF_HOME) / "torchinductor"))
    mode = "reduce-overhead" if device == "cuda" else "default"
    BackgroundCompiler(
        getattr(pipeline, names[0]), functools.partial(torch.compile, mode=mode, dynamic=False)
    )


class BackgroundCompiler:
    """Replaces a module's ``forward``, for one calling thread."""

    def __init__(self, module: Any, compile_function: Callable[[Forward], Forward]) -> None:
        self._module, self._eager = module, module.forward
        self._compiled = compile_function(module.forward)
        self._ready: set[Any] = set()
        self._thread: threading.Thread | None = None
        self._has_failed = False

        @functools.wraps(self._eager)
        def forward(*arguments: Any, **keywords: Any) -> Any:
            return self._serve(*arguments, **keywords)

        module.forward = forward

    def _serve(self, *arguments: Any, **keywords: Any) -> Any:
        # A LoRA changes the module, so that each graph would be compiled again while jobs wait.
        if self._has_failed or hasattr(self._module, "peft_config"):
            return self._eager(*arguments, **keywords)
        bucket = _bucket(arguments, keywords)
        if bucket in self._ready:
            return self._call_compiled(arguments, keywords)
        self._start(bucket, arguments, keywords)
        return self._eager(*arguments, **keywords)

    def _call_compiled(self, arguments: Any, keywords: Any) -> Any:
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        result = self._compiled(*arguments, **keywords)
        # The next replay of a CUDA graph overwrites its results, which schedulers keep.
        return tree_map_only(torch.Tensor, torch.clone, result)

    def _start(self, bucket: Any, arguments: Any, keywords: Any) -> None:
        is_busy = self._thread is not None and self._thread.is_alive()
        if is_busy or len(self._ready) >= MAX_BUCKETS or not _is_worthwhile(bucket):
            return
        # The pipeline may change its tensors in place meanwhile.
        given = tree_map_only(torch.Tensor, torch.clone, (arguments, keywords))
        # A thread for each bucket: the memory of its own CUDA graphs is released at its end.
        self._thread = threading.Thread(
            target=self._compile, args=(bucket, *given), name="compiler", daemon=True
        )
        self._thread.start()

    def _compile(self, bucket: Any, arguments: Any, keywords: Any) -> None:
        try:
            with torch.inference_mode():
                self._compiled(*arguments, **keywords)
        except Exception as error:  # noqa: BLE001, of several compilers
            self._has_failed = True
            log.warning("The model stays uncompiled: %s", first_line(error))
        else:
            self._ready.add(bucket)
            log.info("Compiled the model for batches of %d.", _batch_size(bucket))


def _bucket(arguments: Any, keywords: Any) -> Any:
    """Return what a graph is compiled for: all of the arguments but the numbers in tensors."""
    leaves, structure = tree_flatten((arguments, keywords))
    return structure, tuple(_describe(leaf) for leaf in leaves)


def _describe(leaf: Any) -> Any:
    if isinstance(leaf, torch.Tensor):
        return tuple(leaf.shape), leaf.stride(), leaf.dtype, leaf.device
    return leaf if isinstance(leaf, bool | int | float | str | None) else repr(leaf)


def _batch_size(bucket: Any) -> int:
    """Return the first dimension of the first tensor, the latents; 0 without a tensor."""
    shapes = (each[0] for each in bucket[1] if isinstance(each, tuple) and each[0])
    return next((int(shape[0]) for shape in shapes), 0)


def _is_worthwhile(bucket: Any) -> bool:
    """Return whether the batch is full: those are powers of two, also with guidance."""
    size = _batch_size(bucket)
    return size > 0 and size & (size - 1) == 0
