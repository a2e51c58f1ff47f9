"""Checkpoints of one file: what loads, and what such a file can be instead of a model."""

from pathlib import Path

import diffusers
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import ModelUnavailable, SettingsError
from tests.support.single_file import save_single_file
from tests.support.tiny.unets import stable_diffusion
from worker.pipeline import quantize, single_file
from worker.pipeline.load import load
from worker.pipeline.pipeline_class import PipelineIndex
from worker.pipeline.read import LoadOptions
from worker.pipeline.source import Source


def save_stable_diffusion(folder: Path) -> Path:
    torch.manual_seed(0)
    diffusers.StableDiffusionPipeline(**stable_diffusion()).save_pretrained(folder)
    return folder


def test_lora_is_not_a_model(tmp_path: Path):
    """A LoRA file as MODEL_ID is recognized."""
    save_file({"unet.lora_A.weight": torch.zeros(1)}, tmp_path / "style.safetensors")
    with pytest.raises(ModelUnavailable, match=r"style\.safetensors is a LoRA"):
        load(str(tmp_path / "style.safetensors"), "cpu")


def test_unknown_single_file_is_said(tmp_path: Path):
    """A file of some other weights is a single file of no known kind."""
    save_file({"weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelUnavailable, match="is a single file, but no checkpoint of a kind"):
        load(str(tmp_path / "other.safetensors"), "cpu")


@pytest.mark.parametrize("name", ["model.ckpt", "model.gguf", "model.txt"])
def test_other_single_files_are_refused(tmp_path: Path, name: str):
    """Only safetensors are read."""
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ModelUnavailable, match=r"is a single file .* not supported"):
        load(str(tmp_path / name), "cpu")


def test_folder_with_only_a_checkpoint_names_its_file(tmp_path: Path):
    """A folder around one checkpoint file: MODEL_ID can be that file."""
    save_file({"weight": torch.zeros(1)}, tmp_path / "dream.safetensors")
    with pytest.raises(ModelUnavailable, match=r"Set MODEL_ID to its file .*dream.safetensors"):
        load(str(tmp_path), "cpu")


def test_checkpoint_of_one_file_loads(tmp_path: Path, monkeypatch):
    """The file has the weights, and the hub the configuration of the model it derives from."""
    configs = save_stable_diffusion(tmp_path / "base")
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(configs)
    save_single_file(pipeline, tmp_path / "dream.safetensors")
    for weights in configs.glob("*/*.safetensors"):
        weights.unlink()
    asked = []
    monkeypatch.setattr(single_file, "download_configs", lambda repo: asked.append(repo) or configs)
    generator = load(str(tmp_path / "dream.safetensors"), "cpu")
    assert asked == ["stable-diffusion-v1-5/stable-diffusion-v1-5"]
    assert generator.model.capabilities.family == "StableDiffusionPipeline"
    loaded = generator._pipeline.unet
    for name, tensor in pipeline.unet.to(loaded.dtype).state_dict().items():
        assert torch.equal(tensor, loaded.state_dict()[name]), name


def test_checkpoint_cannot_be_quantized(tmp_path: Path, monkeypatch):
    """QUANTIZE works for folders only, and is not ignored for a file."""
    monkeypatch.setattr(quantize, "require_usable", lambda _method, _device: None)
    file = tmp_path / "dream.safetensors"
    index = PipelineIndex("StableDiffusionPipeline", {}, "")
    source = Source(str(file), tmp_path, index, file)
    monkeypatch.setattr("worker.pipeline.load.locate", lambda _model_id, _dtype: source)
    with pytest.raises(SettingsError, match=r"QUANTIZE is torchao_int8, but .*dream.safetensors"):
        load(str(file), "cpu", LoadOptions(quantize="torchao_int8"))


def test_checkpoint_with_only_a_part_is_said(tmp_path: Path, monkeypatch):
    """A file with the UNet alone, as shared for other programs, is no complete model."""
    configs = save_stable_diffusion(tmp_path / "base")
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(configs)
    save_single_file(pipeline, tmp_path / "dream.safetensors")
    tensors = load_file(tmp_path / "dream.safetensors")
    unet = {name: value for name, value in tensors.items() if name.startswith("model.diffusion")}
    save_file(unet, tmp_path / "unet.safetensors")
    monkeypatch.setattr(single_file, "download_configs", lambda _repo: configs)
    with pytest.raises(ModelUnavailable, match="with only a part of a StableDiffusionPipeline"):
        load(str(tmp_path / "unet.safetensors"), "cpu")
