"""The benchmark of a GPU, in a dry run on the processor: it must work when a GPU is at hand."""

import json
from pathlib import Path

import pytest

from bench.gpu import __main__ as gpu
from bench.gpu.table import markdown


def test_dry_run_measures_every_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each part has a figure, none failed, and the file has the table's numbers."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(gpu, "_VAES", {"tiny": True})
    results = json.loads(gpu.main(tmp_path).read_text())
    assert results["errors"] == {}
    for name in ("plain_batch_1", "plain_batch_8", "bare"):
        assert results[f"tiny.{name}"] > 0
    assert results["tiny.worker"]["pictures_per_second"] > 0
    assert results["tiny.worker"]["seconds_to_first_picture"] > 0
    assert results["process_per_job"] > 0
    assert results["previews"] > 0


def test_table_has_a_dash_for_what_was_not_measured():
    """A figure that is missing is not shown as zero."""
    table = markdown({"gpu": "NVIDIA H200", "full.worker": {"pictures_per_second": 151.2}})
    assert "| the worker, queue to stored PNG | 151 | - |" in table
    assert "| the same, compiled | - | - |" in table
