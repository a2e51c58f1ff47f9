"""The denoiser is compiled in the background while the uncompiled one serves."""

import functools
import logging
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub.constants import HF_HOME
from torch import nn

from tests.support.conditions import HANG_TIMEOUT, wait_until
from tests.support.tiny_pipelines import build
from wire.messages.model import ModelCapabilities
from wire.messages.parameters import GenerationParameters
from worker.generator import ModelInfo, PictureRequest
from worker.pipeline import compilation
from worker.pipeline.compilation import MAX_BUCKETS, BackgroundCompiler, compile_denoiser
from worker.pipeline.generate import DiffusersGenerator

BASE = GenerationParameters(
    prompt="a boat", seed=7, width=64, height=64, steps=4, guidance_scale=5.0
)


class Doubling(nn.Module):
    """A denoiser."""

    def forward(self, latents: torch.Tensor, scale: float = 2.0) -> torch.Tensor:
        """Scale the latents."""
        return latents * scale


class Compiler:
    """Compiles when the test allows it; counts the calls that it compiled and that it served."""

    def __init__(self, error: Exception | None = None) -> None:
        self.allowed = threading.Event()
        self.threads: list[str] = []
        self._error = error

    def __call__(self, forward):
        """Return a function that is compiled at its first call, as torch.compile does."""

        def compiled(*arguments, **keywords):
            self.threads.append(threading.current_thread().name)
            if self.threads[-1] == "compiler":
                assert self.allowed.wait(HANG_TIMEOUT)
                if self._error:
                    raise self._error
            return forward(*arguments, **keywords)

        return compiled

    @property
    def served(self) -> int:
        """Calls of the compiled function by the thread that serves."""
        return len([name for name in self.threads if name != "compiler"])


def latents(batch: int = 1) -> torch.Tensor:
    return torch.ones(batch, 4, 8, 8)


def serve_until_compiled(module: nn.Module, compiler: Compiler, given: torch.Tensor) -> None:
    before = compiler.served
    wait_until(lambda: module(given) is not None and compiler.served > before, what="compiled")


def test_first_pictures_do_not_wait_for_the_compiler():
    """Calls are served uncompiled while the compiler works, and compiled once it is done."""
    module, compiler = Doubling(), Compiler()
    BackgroundCompiler(module, compiler)
    for _ in range(3):
        assert torch.equal(module(latents()), latents() * 2)
    assert compiler.served == 0
    compiler.allowed.set()
    serve_until_compiled(module, compiler, latents())
    assert torch.equal(module(latents()), latents() * 2)


def test_each_shape_is_compiled_for_itself():
    """A batch of another size is served uncompiled until its own graph is there; odd sizes stay."""
    module, compiler = Doubling(), Compiler()
    compiler.allowed.set()
    BackgroundCompiler(module, compiler)
    serve_until_compiled(module, compiler, latents(1))
    served = compiler.served
    assert module(latents(3)).shape[0] == 3
    assert module(latents(), scale=3.0).max() == 3.0
    assert compiler.served == served
    for batch in (2, 4):
        serve_until_compiled(module, compiler, latents(batch))


def test_graphs_are_limited(monkeypatch):
    """More graphs than PyTorch keeps of a function would be compiled again and again."""
    monkeypatch.setattr(compilation, "MAX_BUCKETS", 1)
    module, compiler = Doubling(), Compiler()
    compiler.allowed.set()
    BackgroundCompiler(module, compiler)
    serve_until_compiled(module, compiler, latents(1))
    for _ in range(3):
        module(latents(2))
    assert compiler.threads.count("compiler") == 1
    assert torch._dynamo.config.recompile_limit >= MAX_BUCKETS


def test_failed_compilation_leaves_the_uncompiled_denoiser(caplog: pytest.LogCaptureFixture):
    """One line says why; jobs go on, and the compiler is not tried again."""
    module, compiler = Doubling(), Compiler(RuntimeError("no C compiler\nin PATH"))
    compiler.allowed.set()
    BackgroundCompiler(module, compiler)
    with caplog.at_level(logging.WARNING):
        module(latents())
        wait_until(lambda: caplog.messages, what="a log line")
        for batch in (1, 2):
            assert torch.equal(module(latents(batch)), latents(batch) * 2)
    assert caplog.messages == ["The model stays uncompiled: no C compiler"]
    assert compiler.threads == ["compiler"]


def test_loras_are_served_uncompiled():
    """A LoRA changes the module; its graphs would be compiled while jobs wait."""
    module, compiler = Doubling(), Compiler()
    compiler.allowed.set()
    BackgroundCompiler(module, compiler)
    module.peft_config = {}
    module(latents())
    assert compiler.threads == []


def test_compiled_pipeline_generates_the_same_picture():
    """With PyTorch's compiler and a UNet: the graph is traced once, in the background."""
    traced: list[str] = []

    def backend(graph, _inputs):
        traced.append(threading.current_thread().name)
        return graph.forward

    pipeline = build("StableDiffusionPipeline")
    info = ModelInfo(ModelCapabilities(model_id="tiny"), device="cpu")
    generator = DiffusersGenerator(pipeline, info, {})
    compiler = BackgroundCompiler(
        pipeline.unet, functools.partial(torch.compile, backend=backend, dynamic=False)
    )
    uncompiled = generate(generator)
    wait_until(lambda: compiler._ready, 110, what="compiled")
    count = len(traced)
    assert np.abs(generate(generator).astype(int) - uncompiled).max() <= 1
    assert len(traced) == count
    assert set(traced) == {"compiler"}


def generate(generator: DiffusersGenerator) -> np.ndarray:
    [result] = generator.generate([PictureRequest(BASE)], lambda _: None, lambda: False)
    return result.pixels


def test_compiled_kernels_are_kept_beside_the_models(monkeypatch):
    """The next worker on the same volume finds them; a folder that is set stays."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "x")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    compile_denoiser(build("StableDiffusionPipeline"), "cpu")
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(Path(HF_HOME) / "torchinductor")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/elsewhere")
    compile_denoiser(build("StableDiffusionPipeline"), "cpu")
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "/elsewhere"
