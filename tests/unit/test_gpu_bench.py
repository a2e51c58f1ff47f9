"""The benchmark of a GPU, in a dry run on the processor: it must work when a GPU is at hand."""

import json
import sys
from pathlib import Path

import pytest

from bench.gpu import __main__ as gpu
from bench.gpu.model import TINY, save_model
from bench.gpu.table import markdown
from wire.messages.parameters import GenerationParameters
from worker.generator import PictureRequest
from worker.pipeline.load import load


def test_dry_run_measures_every_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each part has a figure, none failed, and the file has the table's numbers."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(gpu, "_VAES", {"tiny": True})
    # Four processes of the worker's command, without the import of PyTorch in each.
    flat = [sys.executable, "-m", "tests.support.flat_worker"]
    monkeypatch.setattr("bench.gpu.workers._COMMAND", flat)
    results = json.loads(gpu.main(tmp_path).read_text())
    assert results["errors"] == {}
    for name in ("plain_batch_1", "plain_batch_8", "bare"):
        assert results[f"tiny.{name}"] > 0
    assert results["tiny.worker"]["pictures_per_second"] > 0
    assert results["tiny.worker"]["seconds_to_first_picture"] > 0
    assert results["process_per_job"] > 0
    assert results["previews"] > 0


def test_worker_loads_the_model(tmp_path: Path):
    """The worker accepts the written pipeline, and generates in its one step."""
    model = save_model(tmp_path, TINY, "cpu", tiny_vae=True)
    generator = load(str(model), "cpu")
    parameters = GenerationParameters(prompt="cat", seed=1).with_defaults(
        generator.model.capabilities.defaults
    )
    [picture] = generator.generate([PictureRequest(parameters)], lambda *_: None, lambda: False)
    assert parameters.steps == 1
    assert picture.pixels.shape == (64, 64, 3)


def test_table_has_a_dash_for_what_was_not_measured():
    """A figure that is missing is not shown as zero."""
    table = markdown({"gpu": "NVIDIA H200", "full.worker": {"pictures_per_second": 151.2}})
    assert "| the worker, queue to stored PNG | 151 | - |" in table
    assert "| the same, compiled | - | - |" in table
