"""Loading a model: its variant, dtype, defaults and limits, and what cannot be loaded."""

import json
from pathlib import Path
from types import SimpleNamespace

import diffusers
import pytest
import torch
import typer

from core.errors import MessageError, ModelUnavailable, SettingsError
from tests.support.tiny.dits import flux, pixart
from tests.support.tiny.unets import latent_consistency, stable_diffusion
from tests.support.tiny_pipelines import build
from wire.messages.model import require_accepted
from wire.messages.parameters import GenerationParameters
from worker import command, device
from worker.generator import DeviceLost, PictureRequest
from worker.pipeline import memory, quantize, tiny_vae
from worker.pipeline.capabilities import derive
from worker.pipeline.families import FAMILIES, Family
from worker.pipeline.load import load
from worker.pipeline.pipeline_class import PipelineIndex
from worker.pipeline.precision import choose_dtype
from worker.pipeline.processor_form import fastest_form
from worker.pipeline.read import LoadOptions
from worker.pipeline.source import Source
from worker.pipeline.weights import choose_variant

_GIBIBYTE = 2**30


def save(folder: Path, pipeline_class: type, parts: dict, **options: object) -> str:
    torch.manual_seed(0)
    pipeline_class(**parts).save_pretrained(folder, **options)
    return str(folder)


def save_stable_diffusion(folder: Path, **parts: object) -> str:
    return save(folder, diffusers.StableDiffusionPipeline, stable_diffusion() | parts)


def capabilities(model_id: str):
    return load(model_id, "cpu").model.capabilities


# Defaults


@pytest.mark.parametrize("scheduler", ["EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"])
def test_turbo_model_in_a_folder_takes_one_step_without_guidance(tmp_path: Path, scheduler: str):
    """SD-Turbo and SDXL-Turbo are recognized by their schedulers, whatever their folder."""
    turbo = getattr(diffusers, scheduler)(timestep_spacing="trailing", prediction_type="epsilon")
    defaults = capabilities(save_stable_diffusion(tmp_path, scheduler=turbo)).defaults
    assert (defaults["steps"], defaults["guidance_scale"]) == (1, 0.0)


def test_plain_model_has_the_defaults_of_its_signature(tmp_path: Path):
    """Stable Diffusion itself keeps the steps and guidance of its pipeline."""
    defaults = capabilities(save_stable_diffusion(tmp_path)).defaults
    assert (defaults["steps"], defaults["guidance_scale"]) == (50, 7.5)


def test_strength_is_that_of_the_pipeline_for_initial_pictures(tmp_path: Path):
    """The strength that a job leaves unset is announced, and so is part of the metadata."""
    assert capabilities(save_stable_diffusion(tmp_path)).defaults["strength"] == 0.8


def test_published_model_keeps_its_card_in_a_folder(tmp_path: Path):
    """A model is recognized by the name that it was saved from."""
    folder = save_stable_diffusion(tmp_path)
    index = json.loads((tmp_path / "model_index.json").read_text())
    index["_name_or_path"] = "stabilityai/stable-diffusion-3.5-large-turbo"
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    assert capabilities(folder).defaults["steps"] == 4


def test_defaults_file_has_the_limits_of_a_job(tmp_path: Path):
    """Metadata contains the defaults, and would be unreadable with values that no job has."""
    folder = save_stable_diffusion(tmp_path)
    values = {"steps": 6, "guidance_scale": 60.0, "width": 128, "height": 64}
    (tmp_path / "defaults.json").write_text(json.dumps(values))
    with pytest.raises(ModelUnavailable, match=r"guidance_scale should be less than .* 50"):
        load(folder, "cpu")


def test_defaults_file_with_values_that_the_model_does_not_take_is_refused(tmp_path: Path):
    """The pipeline would round them for each job, or fail."""
    folder = save(tmp_path, diffusers.FluxPipeline, flux())
    values = {"steps": 6, "guidance_scale": 2.0, "width": 1000, "height": 1024}
    (tmp_path / "defaults.json").write_text(json.dumps(values))
    with pytest.raises(ModelUnavailable, match="cannot be used: The width must be a multiple"):
        load(folder, "cpu")


def test_defaults_file_overrides_the_model(tmp_path: Path):
    """defaults.json has the last word."""
    folder = save_stable_diffusion(tmp_path)
    values = {"steps": 6, "guidance_scale": 2.0, "width": 128, "height": 64}
    (tmp_path / "defaults.json").write_text(json.dumps(values))
    assert capabilities(folder).defaults == values | {"strength": 0.8}


def test_flux_has_its_own_size_steps_and_guidance(tmp_path: Path):
    """FLUX.1-dev generates 1024 pixels, though its transformer has no sample size."""
    model = capabilities(save(tmp_path, diffusers.FluxPipeline, flux()))
    assert model.defaults == {
        "steps": 28,
        "guidance_scale": 3.5,
        "width": 1024,
        "height": 1024,
        "strength": 0.6,
    }


def test_flux_schnell_takes_four_steps_and_no_guidance(tmp_path: Path):
    """FLUX.1-schnell is distinguished from FLUX.1-dev by its configuration."""
    schnell = flux(guidance_embeds=False)
    model = capabilities(save(tmp_path, diffusers.FluxPipeline, schnell))
    assert (model.defaults["steps"], model.defaults["guidance_scale"]) == (4, 0.0)


def test_size_that_flux_would_round_is_refused_with_the_nearest(tmp_path: Path):
    """264 x 200 would become 256 x 192; the error names the sizes that are possible."""
    model = capabilities(save(tmp_path, diffusers.FluxPipeline, flux()))
    with pytest.raises(MessageError, match="the nearest are 256 and 272, not 264"):
        require_accepted(model, GenerationParameters(prompt="a", width=264, height=192))
    with pytest.raises(MessageError, match="the nearest are 192 and 208, not 200"):
        require_accepted(model, GenerationParameters(prompt="a", width=256, height=200))


def test_limits_of_the_sides_are_possible_sides(monkeypatch):
    """The form counts from the smallest side, so that each size it offers is accepted."""
    monkeypatch.setitem(FAMILIES, "StableDiffusionPipeline", Family(size_multiple=96))
    model = derive(build("StableDiffusionPipeline"), "m")
    assert (model.min_side, model.max_side) == (96, 2016)


def test_consistency_model_has_a_step_limit(tmp_path: Path):
    """51 steps of an LCM are refused at once, with the limit."""
    parts = latent_consistency()
    model = capabilities(save(tmp_path, diffusers.LatentConsistencyModelPipeline, parts))
    assert (model.defaults["steps"], model.defaults["guidance_scale"]) == (4, 8.5)
    assert "negative_prompt" not in model.accepts
    with pytest.raises(MessageError, match="takes at most 50 steps, not 51"):
        require_accepted(model, GenerationParameters(prompt="a", steps=51))


# Tiny VAEs


def save_tiny_vae(folder: Path, channels: int = 4) -> str:
    torch.manual_seed(0)
    sizes = {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (8,) * 4}
    vae = diffusers.AutoencoderTiny(latent_channels=channels, **sizes)
    vae.save_pretrained(folder)
    return str(folder)


def test_tiny_vae_replaces_the_models_own(tmp_path: Path):
    """Pictures are decoded by it, and the metadata says so."""
    vae = save_tiny_vae(tmp_path / "tiny")
    generator = load(save_stable_diffusion(tmp_path / "model"), "cpu", LoadOptions(vae=vae))
    assert generator.model.tiny_decoder
    parameters = GenerationParameters(prompt="a", seed=1, steps=1, width=64, height=64)
    request = PictureRequest(parameters.with_defaults(generator.model.capabilities.defaults))
    [picture] = generator.generate([request], lambda _step: None, lambda: False)
    assert picture.pixels.shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"latent_channels": 4, "scaling_factor": 0.18215}, "madebyollin/taesd"),
        ({"latent_channels": 4, "scaling_factor": 0.13025}, "madebyollin/taesdxl"),
        ({"latent_channels": 16, "scaling_factor": 0.3611}, "madebyollin/taef1"),
        ({"latent_channels": 16, "scaling_factor": 1.5305}, "madebyollin/taesd3"),
    ],
)
def test_tiny_vae_of_the_family_is_found_by_its_latents(
    tmp_path: Path, monkeypatch, config: dict[str, float], name: str
):
    """Families share a VAE: SDXL's is that of Kolors and PixArt-Sigma, Flux's that of Z-Image."""
    read: list[str] = []
    vae = diffusers.AutoencoderTiny(latent_channels=config["latent_channels"])
    monkeypatch.setattr(tiny_vae, "_read", lambda name, _dtype: read.append(name) or vae)
    assert tiny_vae.load_tiny_vae("tiny", source_of(tmp_path, config), torch.float32) is vae
    assert read == [name]


@pytest.mark.parametrize(
    "config", [{}, {"latent_channels": 4, "scaling_factor": 0.5}, {"latent_channels": 16}]
)
def test_family_without_a_tiny_vae_is_a_wrong_setting(tmp_path: Path, config: dict[str, float]):
    """The sentence says what to do; nothing is loaded."""
    with pytest.raises(SettingsError, match="no tiny VAE for the latents of x is known"):
        tiny_vae.load_tiny_vae("tiny", source_of(tmp_path, config), torch.float32)


def test_vae_that_does_not_fit_is_refused(tmp_path: Path):
    """A VAE of other latents, and a name that is neither folder nor on the hub."""
    source = source_of(tmp_path, {"latent_channels": 16, "scaling_factor": 0.3611})
    with pytest.raises(SettingsError, match="decodes 4 channels, and the latents of x have 16"):
        tiny_vae.load_tiny_vae(save_tiny_vae(tmp_path / "tiny"), source, torch.float32)
    with pytest.raises(ModelUnavailable, match="Check VAE"):
        tiny_vae.load_tiny_vae("no such/vae/name", source, torch.float32)


def test_model_with_a_tiny_vae_keeps_it(tmp_path: Path):
    """As the bundled model, whose decoder is its own."""
    source = source_of(tmp_path, {"_class_name": "AutoencoderTiny", "latent_channels": 32})
    assert tiny_vae.load_tiny_vae("tiny", source, torch.float32) is None


def source_of(folder: Path, vae: dict[str, object]) -> Source:
    (folder / "vae").mkdir()
    (folder / "vae" / "config.json").write_text(json.dumps(vae))
    return Source("x", folder, PipelineIndex("x", {}, ""))


# Variants and dtypes


@pytest.mark.parametrize("variant", ["fp16", "bf16"])
def test_folder_with_one_variant_loads_on_the_cpu(tmp_path: Path, variant: str):
    """Weights of half precision alone are converted to the numbers of the processor."""
    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}[variant]
    pipeline = diffusers.StableDiffusionPipeline(**stable_diffusion()).to(dtype)
    pipeline.save_pretrained(tmp_path, variant=variant)
    generator = load(str(tmp_path), "cpu")
    parameters = GenerationParameters(prompt="a", seed=1, steps=1, width=64, height=64)
    request = PictureRequest(parameters.with_defaults(generator.model.capabilities.defaults))
    [picture] = generator.generate([request], lambda _step: None, lambda: False)
    assert picture.pixels.shape == (64, 64, 3)
    assert generator._pipeline.unet.dtype == getattr(torch, fastest_form().dtype)


@pytest.mark.parametrize(
    ("class_name", "components", "dtype"),
    [
        ("FluxPipeline", {"transformer"}, "bfloat16"),
        ("StableDiffusion3Pipeline", {"transformer"}, "bfloat16"),
        ("QwenImagePipeline", {"transformer"}, "bfloat16"),
        ("ZImagePipeline", {"transformer"}, "bfloat16"),
        ("StableDiffusionXLPipeline", {"unet"}, "float16"),
        ("PixArtSigmaPipeline", {"transformer"}, "float16"),
    ],
)
def test_dtype_on_a_gpu_is_that_of_the_family(
    monkeypatch, class_name: str, components: set[str], dtype: str
):
    """Transformers overflow in float16, UNets were published in it; DTYPE overrides both."""
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_options: True)
    assert choose_dtype(None, "cuda", class_name, components) == dtype
    assert choose_dtype("float32", "cuda", class_name, components) == "float32"
    assert choose_dtype(None, "cpu", class_name, components) == fastest_form().dtype


def test_torchao_computes_in_bfloat16():
    """Torchao's integers convert to bfloat16 alone; DTYPE still overrides it."""
    components = {"unet"}
    quantized = choose_dtype(None, "cpu", "StableDiffusionPipeline", components, "torchao_int8")
    assert quantized == "bfloat16"
    assert choose_dtype("float32", "cpu", "x", components, "torchao_int8") == "float32"


def test_dtype_setting_is_used(tmp_path: Path):
    """DTYPE=bfloat16 loads all weights so, on a CPU, too."""
    generator = load(save_stable_diffusion(tmp_path), "cpu", LoadOptions(dtype="bfloat16"))
    assert generator._pipeline.unet.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("files", "dtype", "variant"),
    [
        (["unet/diffusion_pytorch_model.safetensors"], "float16", None),
        (["unet/diffusion_pytorch_model.fp16.safetensors"], "float32", "fp16"),
        (
            ["unet/diffusion_pytorch_model.fp16.safetensors", "vae/model.safetensors"],
            "float32",
            "fp16",
        ),
        (["unet/model.safetensors", "unet/model.bf16.safetensors"], "bfloat16", "bf16"),
        (["unet/model.safetensors", "unet/model.fp16.safetensors"], "bfloat16", None),
        (["unet/model.ema.safetensors"], "float32", "ema"),
        (
            [
                "unet/model.fp16-00001-of-00002.safetensors",
                "unet/model.fp16-00002-of-00002.safetensors",
            ],
            "float16",
            "fp16",
        ),
        (
            ["unet/model.fp16-00001-of-00002.safetensors", "unet/model.safetensors"],
            "float16",
            None,
        ),
    ],
)
def test_variant_is_the_one_that_all_components_have(
    files: list[str], dtype: str, variant: str | None
):
    """The variant of the dtype first; incomplete ones are passed over."""
    assert choose_variant(files, {"unet", "vae"}, dtype) == variant


def test_missing_shard_is_said():
    """A download that stopped between two shards is not loaded."""
    with pytest.raises(ModelUnavailable, match=r"incomplete .*unet/model-00001-of-00002"):
        choose_variant(["unet/model-00001-of-00002.safetensors"], {"unet"}, "float32")


def test_pickled_weights_are_refused():
    """Formats that run code are named, with what to do."""
    with pytest.raises(ModelUnavailable, match=r"safetensors format \(unet/model.bin\)"):
        choose_variant(["unet/model.bin"], {"unet"}, "float32")


# What cannot be loaded


def test_unconditional_pipeline_takes_no_prompt(tmp_path: Path):
    """A DDPM has no prompt."""
    unet = diffusers.UNet2DModel(
        sample_size=8,
        block_out_channels=(8, 8),
        norm_num_groups=2,
        down_block_types=("DownBlock2D",) * 2,
        up_block_types=("UpBlock2D",) * 2,
    )
    folder = save(
        tmp_path, diffusers.DDPMPipeline, {"unet": unet, "scheduler": diffusers.DDPMScheduler()}
    )
    with pytest.raises(ModelUnavailable, match="The model's class DDPMPipeline takes no prompt"):
        load(folder, "cpu")


@pytest.mark.parametrize(
    ("class_name", "reason"),
    [
        ("NoSuchPipeline", "is not part of diffusers"),
        ("WanPipeline", "generates videos"),
        ("StableAudioPipeline", "generates audio"),
        ("StableDiffusionInpaintPipeline", "repaints a masked part"),
        ("StableDiffusionLatentUpscalePipeline", "needs a picture"),
        ("KandinskyV22Pipeline", "is a decoder"),
        ("KandinskyPipeline", "is a decoder"),
    ],
)
def test_other_kinds_of_pipelines_are_refused(tmp_path: Path, class_name: str, reason: str):
    """Videos, audio, masks and pictures as inputs: each with its reason."""
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": class_name}))
    with pytest.raises(ModelUnavailable, match=f"{class_name} {reason}"):
        load(str(tmp_path), "cpu")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"_class_name": 3}', "\x00"])
def test_invalid_index_is_said(tmp_path: Path, text: str):
    """A damaged model_index.json ends with a sentence."""
    (tmp_path / "model_index.json").write_text(text)
    with pytest.raises(ModelUnavailable):
        load(str(tmp_path), "cpu")


def test_model_larger_than_the_device_names_both_sizes():
    """Not even its largest component fits: what it needs and what is there."""
    needs = {"transformer": 23 * _GIBIBYTE, "vae": _GIBIBYTE}
    with pytest.raises(ModelUnavailable, match=r"needs 23.0 GiB on cuda, and 16.0 GiB are free"):
        memory.place("model", "cuda", needs, 16 * _GIBIBYTE)
    with pytest.raises(ModelUnavailable, match=r"needs 24.0 GiB on cpu, and 16.0 GiB are free"):
        memory.place("model", "cpu", needs, 16 * _GIBIBYTE)


def test_model_is_offloaded_if_its_largest_component_fits():
    """Straight to the device if all fits, else one component at a time."""
    needs = {"transformer": 12 * _GIBIBYTE, "text_encoder": 9 * _GIBIBYTE}
    assert memory.place("model", "cuda", needs, 24 * _GIBIBYTE) == "device"
    assert memory.place("model", "cuda", needs, 16 * _GIBIBYTE) == "offload"
    assert memory.place("model", "cuda", needs, None) == "device"


def test_too_little_memory_on_this_machine_is_said(tmp_path: Path, monkeypatch):
    """The loader compares the sizes in the files' headers with the free memory."""
    folder = save_stable_diffusion(tmp_path)
    monkeypatch.setattr(memory, "free_memory", lambda _device: 1000)
    with pytest.raises(ModelUnavailable, match=r"needs 0.0 GiB on cpu, and 0.0 GiB are free"):
        load(folder, "cpu")


def test_vae_is_tiled_before_the_model_is_offloaded(monkeypatch):
    """Working memory for one picture: as it is, tiled, offloaded."""
    done = []
    pipeline = SimpleNamespace(
        vae=SimpleNamespace(enable_tiling=lambda: done.append("tiling")),
        reset_device_map=lambda: None,
        enable_model_cpu_offload=lambda device: done.append(f"offload from {device}"),
    )
    expected = {8.0: [], 1.0: ["tiling"], 0.1: ["tiling", "offload from cuda"]}
    for free, steps in expected.items():
        done.clear()
        monkeypatch.setattr(memory, "free_memory", lambda _device, free=free: int(free * _GIBIBYTE))
        memory.fit_working_memory(pipeline, 1024, "cuda")
        assert done == steps


def test_gpu_without_kernels_is_lost(monkeypatch):
    """A GPU that this build of PyTorch has no kernels for ends the worker with 4."""

    def fail(*_arguments: object, **_options: object):
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    monkeypatch.setattr(torch, "zeros", fail)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (5, 2))
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_80"])
    monkeypatch.setattr(device, "product_name", lambda _device: "Tesla M40")
    with pytest.raises(DeviceLost, match=r"no kernels for Tesla M40 \(compute capability 5.2\)"):
        device.require_kernels("cuda")


@pytest.mark.parametrize("method", ["bitsandbytes_4bit", "torchao_int8"])
def test_quantization_without_its_package_is_a_wrong_setting(monkeypatch, method: str):
    """QUANTIZE names the package that is missing."""
    monkeypatch.setattr(quantize, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=f"QUANTIZE is {method}, but the package"):
        quantize.require_usable(method, "cuda")


def test_bitsandbytes_needs_a_gpu(monkeypatch):
    """QUANTIZE names the device that cannot do it."""
    monkeypatch.setattr(quantize, "find_spec", lambda _name: object())
    with pytest.raises(SettingsError, match="needs an NVIDIA GPU, but the device is cpu"):
        quantize.require_usable("bitsandbytes_8bit", "cpu")


def test_quantized_model_generates(tmp_path: Path):
    """With torchao, the denoiser's weights are 8-bit integers, and it generates."""
    save_stable_diffusion(tmp_path)
    generator = load(str(tmp_path), "cpu", LoadOptions(quantize="torchao_int8"))
    weights = next(
        each.weight
        for each in generator._pipeline.unet.modules()
        if isinstance(each, torch.nn.Linear)
    )
    assert "Int8" in type(weights).__name__
    parameters = GenerationParameters(prompt="a cat", width=64, height=64, steps=1)
    request = PictureRequest(parameters.with_defaults(generator.model.capabilities.defaults))
    [picture] = generator.generate([request], lambda _: None, lambda: False)
    assert picture.pixels.shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("error", "code"),
    [(SettingsError("a"), 2), (ModelUnavailable("a"), 3), (DeviceLost("a"), 4)],
)
def test_exit_code_tells_the_kind_of_fault(monkeypatch, caplog, error: Exception, code: int):
    """The last line of the log is the sentence, and there is no traceback."""

    def fail(_settings: object) -> None:
        raise error

    monkeypatch.setattr(command, "_run", fail)
    monkeypatch.setattr(command, "configure", lambda _format: None)
    with pytest.raises(typer.Exit) as exited:
        command.main()
    assert exited.value.exit_code == code
    assert caplog.records[-1].getMessage() == "a"
    assert caplog.records[-1].exc_info is None


def test_unexpected_error_while_loading_is_a_sentence(tmp_path: Path):
    """Whatever diffusers raises, the worker ends with 3."""
    folder = save_stable_diffusion(tmp_path)
    (tmp_path / "scheduler" / "scheduler_config.json").write_text('{"num_train_timesteps": "x"}')
    with pytest.raises(ModelUnavailable, match=f"The model in {tmp_path} cannot be loaded: "):
        load(folder, "cpu")


# Components


def test_safety_checker_can_be_left_out(tmp_path: Path):
    """SAFETY_CHECKER=false loads the model without it, and the pipeline does not complain."""
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    from tests.support.tiny.components import clip_image_processor

    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1}
    sizes |= {"num_attention_heads": 2, "image_size": 28, "patch_size": 14}
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=sizes, projection_dim=32))
    folder = save_stable_diffusion(
        tmp_path,
        safety_checker=checker,
        feature_extractor=clip_image_processor(),
        requires_safety_checker=True,
    )
    assert load(folder, "cpu").model.safety_checker
    assert not load(folder, "cpu", LoadOptions(safety_checker=False)).model.safety_checker


def test_tokenizer_with_only_a_sentencepiece_model_loads(tmp_path: Path):
    """T5 tokenizers of older models have only a spiece.model, which needs sentencepiece."""
    sentencepiece = pytest.importorskip("sentencepiece")
    folder = save(tmp_path / "pixart", diffusers.PixArtAlphaPipeline, pixart())
    tokenizer = tmp_path / "pixart" / "tokenizer"
    for file in tokenizer.iterdir():
        file.unlink()
    text = tmp_path / "text.txt"
    text.write_text("a yellow submarine and a cartoon dwarf in the sea\n" * 50)
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(tokenizer / "spiece"),
        vocab_size=40,
        hard_vocab_limit=False,
        pad_id=3,
    )
    (tokenizer / "spiece.vocab").unlink()
    (tokenizer / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "T5Tokenizer", "extra_ids": 0})
    )
    index = json.loads((tmp_path / "pixart" / "model_index.json").read_text())
    index["tokenizer"] = ["transformers", "T5Tokenizer"]
    (tmp_path / "pixart" / "model_index.json").write_text(json.dumps(index))
    assert load(folder, "cpu").model.capabilities.max_prompt_tokens == 120


def test_folder_without_an_index_is_refused(tmp_path: Path):
    """A folder that is no pipeline of diffusers is named, with what to do."""
    with pytest.raises(ModelUnavailable, match=r"has no model_index\.json, so it is not"):
        load(str(tmp_path), "cpu")
