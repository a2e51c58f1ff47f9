"""What a call of a diffusers pipeline does with the parameters, with untrained weights."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

from core.errors import GenerationFailed, MessageError, SettingsError
from core.settings import Settings
from tests.support.tiny_pipelines import (
    build,
    rejecting_deepfloyd_checker,
    rejecting_safety_checker,
)
from wire.messages.model import ModelCapabilities
from wire.messages.parameters import GenerationParameters, Lora
from worker.generator import GeneratedPicture, Interrupted, ModelInfo, PictureRequest
from worker.pipeline import loras, schedulers
from worker.pipeline.arguments import accepted, keyword_arguments
from worker.pipeline.embeddings import EmbeddingCache, embedding_arguments
from worker.pipeline.generate import DiffusersGenerator
from worker.pipeline.prompts import max_tokens

BASE = GenerationParameters(
    prompt="a boat", seed=7, width=64, height=64, steps=4, guidance_scale=5.0
)
LONG = "a wooden boat in the storm, " * 5
"""Three chunks of the tests' tokenizer, which reads single letters."""
INIT_IMAGE = np.random.default_rng(0).integers(0, 255, (50, 90, 3), np.uint8)
SETTINGS = Settings(_env_file=None)


def changed(**fields: object) -> GenerationParameters:
    return BASE.model_copy(update=fields)


def generator_of(pipeline, lora_sources=None) -> DiffusersGenerator:
    info = ModelInfo(ModelCapabilities(model_id="tiny"), device="cpu")
    return DiffusersGenerator(pipeline, info, lora_sources or {})


@pytest.fixture(scope="module")
def generator() -> DiffusersGenerator:
    return generator_of(build("StableDiffusionPipeline"))


@pytest.fixture(scope="module")
def xl() -> DiffusersGenerator:
    return generator_of(build("StableDiffusionXLPipeline"))


@pytest.fixture(scope="module")
def pixart_generator() -> DiffusersGenerator:
    return generator_of(build("PixArtAlphaPipeline"))


def call(
    generator: DiffusersGenerator,
    *parameters: GenerationParameters,
    image: np.ndarray | None = None,
) -> list[GeneratedPicture]:
    requests = [PictureRequest(each, image) for each in parameters]
    return generator.generate(requests, on_step=lambda _: None, should_stop=lambda: False)


def picture(generator: DiffusersGenerator, parameters: GenerationParameters, **image) -> np.ndarray:
    return call(generator, parameters, **image)[0].pixels.astype(int)


def steps_of(
    generator: DiffusersGenerator,
    *parameters: GenerationParameters,
    image: np.ndarray | None = None,
) -> list[int]:
    steps: list[int] = []
    requests = [PictureRequest(each, image) for each in parameters]
    generator.generate(requests, steps.append, should_stop=lambda: False)
    return steps


def assert_same(left: np.ndarray, right: np.ndarray) -> None:
    """One grey level is allowed, since a sum over a batch may be added in another order."""
    assert np.abs(left - right.astype(int)).max() <= 1


def test_schedulers_are_those_that_fit_the_model():
    """A noise-predicting model offers the usual names; Euler is what people expect first."""
    names = schedulers.available(build("StableDiffusionPipeline"))
    assert names[0] == "Euler"
    assert {"Euler a", "DPM++ 2M Karras", "DPM++ SDE Karras", "UniPC", "DDIM", "LCM"} <= set(names)


@pytest.mark.parametrize("name", schedulers.available(build("StableDiffusionPipeline")))
def test_each_scheduler_generates_the_same_alone_and_in_a_batch(
    generator: DiffusersGenerator, name: str
):
    """Every scheduler that is offered generates, also random ones by the picture's own seed."""
    batch = call(generator, changed(scheduler=name, seed=3), changed(scheduler=name))
    assert_same(picture(generator, changed(scheduler=name)), batch[1].pixels)


@pytest.mark.parametrize("model", ["StableDiffusion3Pipeline", "SanaPipeline", "FluxPipeline"])
def test_flow_models_have_their_own_schedulers(model: str):
    """Those that are offered generate, and no scheduler that predicts noise is offered."""
    generator = generator_of(build(model))
    names = schedulers.available(generator._pipeline)
    assert {"Euler", "UniPC"} <= set(names)
    assert not {"Euler a", "DDIM", "DPM++ 2M Karras"} & set(names)
    for name in names:
        assert steps_of(generator, changed(scheduler=name))[-1] == 4


@pytest.mark.parametrize("model", ["StableDiffusion3Pipeline", "FluxPipeline"])
def test_flow_schedulers_start_from_an_initial_picture(model: str):
    """Each of them generates from it, with little strength another picture than with all."""
    generator = generator_of(build(model))
    for name in schedulers.available(generator._pipeline):
        parameters = changed(scheduler=name, init_image="x", steps=10)
        weak, strong = (
            picture(generator, parameters.model_copy(update={"strength": each}), image=INIT_IMAGE)
            for each in (0.1, 1.0)
        )
        assert not np.array_equal(weak, strong)


@pytest.mark.parametrize("model", ["IFPipeline", "KandinskyV22CombinedPipeline"])
def test_models_with_a_fixed_scheduler_offer_none(model: str):
    """A model that predicts a variance, or a pipeline of two pipelines, keeps its scheduler."""
    assert schedulers.available(build(model)) == ()


def test_scheduler_is_used_for_its_call_only(generator: DiffusersGenerator):
    """The scheduler changes the picture, and the next call has the model's own again."""
    before = picture(generator, BASE)
    assert not np.array_equal(picture(generator, changed(scheduler="DPM++ 2M Karras")), before)
    assert np.array_equal(picture(generator, BASE), before)


def test_karras_sigmas_follow_the_name():
    """Names with Karras use its sigmas and others do not, whatever the model's own does."""
    pipeline = build("StableDiffusionPipeline")
    assert schedulers.build(pipeline, "DPM++ 2M Karras", 4).config.use_karras_sigmas
    pipeline.scheduler = schedulers.build(pipeline, "DPM++ 2M Karras", 4)
    assert not schedulers.build(pipeline, "DPM++ 2M", 4).config.use_karras_sigmas
    assert schedulers.build(pipeline, "DPM++ 2M SDE", 4).config.algorithm_type == "sde-dpmsolver++"


def test_unknown_scheduler_is_refused(generator: DiffusersGenerator):
    """A scheduler that the model lacks is the job's error, which is not tried again."""
    with pytest.raises(MessageError, match="no scheduler Magic"):
        call(generator, changed(scheduler="Magic"))


def test_lcm_states_its_step_limit(generator: DiffusersGenerator):
    """More steps than LCM has are the job's error, not the model's."""
    with pytest.raises(MessageError, match="LCM takes at most 50 steps, not 51"):
        call(generator, changed(scheduler="LCM", steps=51))


@pytest.mark.parametrize("name", ["DDIM", "Heun", "PNDM"])
def test_steps_are_reported_in_order(generator: DiffusersGenerator, name: str):
    """Progress rises to the number of steps, though some schedulers call the model more often."""
    assert steps_of(generator, changed(scheduler=name)) == [1, 2, 3, 4]


def test_pixart_reports_steps(pixart_generator: DiffusersGenerator):
    """A pipeline that ignores ``callback_on_step_end`` reports its steps."""
    assert steps_of(pixart_generator, BASE) == [1, 2, 3, 4]


def test_pixart_can_be_interrupted(pixart_generator: DiffusersGenerator):
    """A pipeline that ignores ``callback_on_step_end`` stops after the step, and works again."""
    steps: list[int] = []
    with pytest.raises(Interrupted):
        pixart_generator.generate([PictureRequest(BASE)], steps.append, lambda: len(steps) == 2)
    assert steps == [1, 2]
    assert steps_of(pixart_generator, BASE) == [1, 2, 3, 4]


@pytest.mark.parametrize("model", ["generator", "xl"])
def test_long_prompt_is_read_to_its_end(model: str, request: pytest.FixtureRequest):
    """Words beyond 77 tokens change the picture, for Stable Diffusion and SDXL."""
    generator = request.getfixturevalue(model)
    parameters = changed(prompt=LONG, negative_prompt="ugly")
    [result] = call(generator, parameters)
    assert result.prompt_read is None
    other = picture(generator, changed(prompt=LONG + "red", negative_prompt="ugly"))
    assert not np.array_equal(result.pixels, other)


@pytest.mark.parametrize("model", ["generator", "xl"])
def test_one_chunk_equals_the_pipelines_own_encoding(model: str, request: pytest.FixtureRequest):
    """The embeddings of a short prompt are those that the pipeline itself computes."""
    pipeline = request.getfixturevalue(model)._pipeline
    own = pipeline.encode_prompt(
        prompt=["a boat"],
        device="cpu",
        num_images_per_prompt=1,
        do_classifier_free_guidance=True,
        negative_prompt=["ugly"],
    )
    names = ["prompt_embeds", "negative_prompt_embeds"]
    names += ["pooled_prompt_embeds", "negative_pooled_prompt_embeds"] if len(own) == 4 else []
    ours = embedding_arguments(pipeline, ["a boat"], ["ugly"], 1, EmbeddingCache())
    assert set(ours) == set(names)
    for name, expected in zip(names, own, strict=True):
        assert torch.allclose(ours[name], expected, atol=1e-5)


def test_prompts_are_encoded_once(xl: DiffusersGenerator):
    """Of each batch only new texts reach the text encoders; pictures stay the same."""
    encoded: list[int] = []
    hook = xl._pipeline.text_encoder.register_forward_pre_hook(
        lambda _module, inputs: encoded.append(len(inputs[0]))
    )
    fresh = changed(prompt="a castle", negative_prompt="ugly")
    first = picture(xl, fresh)
    again = call(xl, fresh, changed(prompt="a moat", negative_prompt="ugly"))
    hook.remove()
    assert encoded == [1, 1, 1]  # castle, ugly, moat
    assert_same(first, again[0].pixels)


def test_other_loras_encode_prompts_again():
    """A LoRA may change the text encoder; the least recently used text is dropped first."""
    pipeline, cache = build("StableDiffusionPipeline"), EmbeddingCache(maximum=2)
    encoded: list[int] = []
    pipeline.text_encoder.register_forward_pre_hook(
        lambda _module, inputs: encoded.append(len(inputs[0]))
    )
    weak, strong = (Lora(name="style", weight=weight) for weight in (0.5, 1.0))
    for chosen in ((), (weak,), (strong,), (strong,), ()):
        cache.embed(pipeline, ["a boat"], 1, chosen)
    assert encoded == [1, 1, 1, 1]


def test_negative_prompt_is_padded_to_the_chunks_of_the_prompt(xl: DiffusersGenerator):
    """Both have the same number of tokens, each chunk with its begin and end token."""
    embeddings = embedding_arguments(xl._pipeline, [LONG], ["ugly"], 3, EmbeddingCache())
    assert embeddings["prompt_embeds"].shape[1] == 3 * 77
    assert embeddings["negative_prompt_embeds"].shape == embeddings["prompt_embeds"].shape


@pytest.mark.parametrize("negative_prompt", [None, "ugly"])
@pytest.mark.parametrize("model", ["generator", "xl"])
def test_batch_with_other_prompts_changes_no_picture(
    model: str, negative_prompt: str | None, request: pytest.FixtureRequest
):
    """Short and long prompts in one batch give the pictures that each gives alone, in order."""
    generator = request.getfixturevalue(model)
    long = changed(prompt=LONG, negative_prompt=negative_prompt)
    short = changed(seed=8, negative_prompt=negative_prompt and "blurred")
    other = changed(prompt=LONG + "red", seed=9, negative_prompt=negative_prompt)
    batch = call(generator, long, short, other)
    for result, parameters in zip(batch, (long, short, other), strict=True):
        assert_same(picture(generator, parameters), result.pixels)


def test_steps_of_a_batch_with_long_prompts_rise_once(generator: DiffusersGenerator):
    """Two calls of the pipeline are reported as one progress."""
    assert steps_of(generator, BASE, changed(prompt=LONG)) == [1, 2, 3, 4]


def test_encoder_with_a_limit_says_what_was_read(pixart_generator: DiffusersGenerator):
    """T5 reads its limit; the result holds the words that it read, and nothing for a short one."""
    prompt = "a boat in the storm " * 50
    [long] = call(pixart_generator, changed(prompt=prompt))
    [short] = call(pixart_generator, BASE)
    assert max_tokens(pixart_generator._pipeline) == 120
    assert long.prompt_read is not None
    assert prompt.startswith(long.prompt_read)
    assert len(long.prompt_read) == 118  # single letters, and a begin and an end token
    assert short.prompt_read is None


def test_negative_prompt_changes_the_picture(generator: DiffusersGenerator):
    """With guidance, what the picture should not show reaches the model."""
    negative = picture(generator, changed(negative_prompt="ugly"))
    assert not np.array_equal(negative, picture(generator, BASE))


def test_distilled_guidance_takes_no_negative_prompt():
    """FLUX.1-dev ignores a negative prompt, so that it is not offered; SD3 uses it."""
    assert "negative_prompt" not in accepted(build("FluxPipeline"))
    assert "negative_prompt" in accepted(build("StableDiffusion3Pipeline"))


def test_guidance_of_qwen_image_is_classifier_free():
    """Its ``guidance_scale`` has no effect; the real one needs a negative prompt."""
    pipeline = build("QwenImagePipeline")
    arguments = keyword_arguments(pipeline, [PictureRequest(changed(guidance_scale=4.0))])
    assert (arguments["true_cfg_scale"], arguments["negative_prompt"]) == (4.0, [" "])
    assert "guidance_scale" not in arguments


@pytest.mark.parametrize("model", ["generator", "xl"])
def test_init_image_is_resized_and_changed(model: str, request: pytest.FixtureRequest):
    """The picture has the asked size, and is nearer to the initial one with less strength."""
    generator = request.getfixturevalue(model)
    size = {"width": 64, "height": 128, "init_image": "x"}
    weak, strong = (
        picture(generator, changed(**size, strength=strength, steps=10), image=INIT_IMAGE)
        for strength in (0.1, 1.0)
    )
    assert weak.shape == (128, 64, 3)
    assert not np.array_equal(weak, strong)


def test_init_image_is_the_same_alone_and_in_a_batch(generator: DiffusersGenerator):
    """Pictures of a batch start from their own initial pictures."""
    parameters = changed(init_image="x", strength=0.5)
    requests = [PictureRequest(parameters, image) for image in (255 - INIT_IMAGE, INIT_IMAGE)]
    batch = generator.generate(requests, lambda _: None, lambda: False)
    assert_same(picture(generator, parameters, image=INIT_IMAGE), batch[1].pixels)
    assert not np.array_equal(batch[0].pixels, batch[1].pixels)


def test_little_strength_does_one_step(generator: DiffusersGenerator):
    """Few steps with little strength still change the picture, instead of failing."""
    parameters = changed(init_image="x", strength=0.1, steps=1)
    assert steps_of(generator, parameters, image=INIT_IMAGE) == [1]


def test_model_without_an_encoder_takes_no_init_image():
    """The bundled model only decodes, so that it could not start from a picture."""
    stub = AutoencoderTiny(num_encoder_blocks=(0, 0, 0, 0))
    names = accepted(build("StableDiffusionPipeline", vae=stub))
    assert "negative_prompt" in names
    assert "init_image" not in names


def test_image_pipeline_needs_no_further_memory(generator: DiffusersGenerator):
    """The pipeline for initial pictures shares every weight with the loaded one."""
    assert generator._image_pipeline.unet is generator._pipeline.unet
    assert generator._image_pipeline.vae is generator._pipeline.vae


@pytest.mark.parametrize(
    "model", ["IFPipeline", "KandinskyV22CombinedPipeline", "Kandinsky3Pipeline", "FluxPipeline"]
)
def test_picture_is_the_one_that_the_pipeline_itself_returns(model: str):
    """Tensors of some pipelines range from -1 to 1; their pictures have the right colours, too."""
    pipeline = build(model)
    arguments = keyword_arguments(pipeline, [PictureRequest(BASE)])
    [expected] = pipeline(**{**arguments, "output_type": "pil"}).images
    assert_same(np.asarray(expected, int), picture(generator_of(build(model)), BASE))


def test_rejected_picture_is_withheld():
    """The safety checker's verdict comes with each picture."""
    checked = generator_of(build("StableDiffusionPipeline", **rejecting_safety_checker()))
    assert [each.withheld for each in call(checked, BASE, changed(seed=8))] == [True, True]


def test_picture_that_deepfloyd_rejects_is_withheld():
    """DeepFloyd IF has a safety checker of its own, with another name for its verdict."""
    checked = generator_of(build("IFPipeline", **rejecting_deepfloyd_checker()))
    assert call(checked, BASE)[0].withheld


def test_picture_without_a_safety_checker_is_shown(generator: DiffusersGenerator):
    """A model without a safety checker withholds nothing."""
    assert not call(generator, BASE)[0].withheld


@pytest.mark.parametrize(
    "model", ["StableDiffusionPipeline", "FluxPipeline", "KandinskyV22CombinedPipeline"]
)
def test_phases_of_a_call_are_measured(model: str):
    """Encoding, denoising and decoding add up to the call, shared by the pictures of a batch."""
    generator = generator_of(build(model))
    started = time.perf_counter()
    results = call(generator, BASE, changed(seed=8))
    elapsed = time.perf_counter() - started
    phases = [result.finish() for result in results]
    assert phases[0] == phases[1]
    assert set(phases[0]) == {"encoding_text", "denoising", "decoding"}
    assert all(seconds > 0 for seconds in phases[0].values())
    assert sum(phases[0].values()) * 2 < elapsed
    assert phases[0]["denoising"] > phases[0]["decoding"]


def test_picture_that_is_not_finite_fails_alone(generator: DiffusersGenerator, monkeypatch):
    """The error belongs to its picture; others of its batch are kept."""
    pipeline = generator._pipeline
    decode = pipeline.vae.decode

    def broken(latents: torch.Tensor, *arguments, **keywords):
        result = decode(latents, *arguments, **keywords)
        result[0][0] = torch.nan
        return result

    monkeypatch.setattr(pipeline.vae, "decode", broken)
    first, second = call(generator, BASE, changed(seed=8))
    with pytest.raises(GenerationFailed, match="not finite"):
        first.finish()
    assert second.finish()


def test_overflowing_decoder_decodes_again_in_float32():
    """A float16 overflow of the VAE gives a picture, and later ones are decoded in float32."""
    pipeline = build("StableDiffusionPipeline")
    weights = pipeline.vae.decoder.conv_out.weight.data
    weights.copy_(weights.sign() * 6e4)  # the largest number in float16 is 65504
    pipeline.to(torch.float16)
    dtypes: list[torch.dtype] = []
    pipeline.vae.decoder.register_forward_pre_hook(lambda _, inputs: dtypes.append(inputs[0].dtype))
    generator = generator_of(pipeline)
    assert picture(generator, BASE).std() > 1
    assert dtypes == [torch.float16, torch.float32]
    picture(generator, BASE)
    assert dtypes[2:] == [torch.float32]
    assert pipeline.vae.dtype == torch.float16


def test_only_arguments_of_the_signature_are_passed(xl: DiffusersGenerator):
    """Parameters that a pipeline does not take never reach it."""
    taken = keyword_arguments(build("PixArtAlphaPipeline"), [PictureRequest(BASE, INIT_IMAGE)])
    assert "image" not in taken
    assert "strength" not in taken
    assert "init_image" not in accepted(build("PixArtAlphaPipeline"))
    assert {"negative_prompt", "guidance_scale", "init_image", "strength"} <= set(
        accepted(xl._pipeline)
    )


@pytest.fixture
def lora_dir(tmp_path: Path) -> Path:
    pytest.importorskip("peft")
    for seed, name in enumerate(("style", "subject.v2")):
        save_file(_lora_weights(seed), tmp_path / f"{name}.safetensors")
    return tmp_path


def _lora_weights(seed: int, rank: int = 2, extra: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    weights = {}
    for name, module in build("StableDiffusionPipeline").unet.named_modules():
        if name.endswith(("to_q", "to_v")):
            rows, columns = module.weight.shape
            weights[f"unet.{name}.lora_A.weight"] = torch.randn(rank, columns + extra)
            weights[f"unet.{name}.lora_B.weight"] = torch.randn(rows, rank)
    return weights


def _sources(folder: Path) -> dict[str, loras.Source]:
    return loras.sources(SETTINGS.model_copy(update={"lora_dir": folder}))


def with_loras(**weights: float) -> GenerationParameters:
    names = {"style": "style", "subject": "subject.v2"}
    return changed(loras=tuple(Lora(name=names[each], weight=weights[each]) for each in weights))


def test_loras_change_the_picture_by_their_weights(lora_dir: Path):
    """Each call has its own LoRAs and weights; a call without has the model's own picture."""
    generator = generator_of(build("StableDiffusionPipeline"), _sources(lora_dir))
    plain = picture(generator, BASE)
    style = picture(generator, with_loras(style=1.0))
    both = picture(generator, with_loras(style=1.0, subject=0.5))
    assert not np.array_equal(style, plain)
    assert not np.array_equal(both, style)
    assert np.array_equal(picture(generator, with_loras(style=1.0)), style)
    assert not np.array_equal(picture(generator, with_loras(style=0.3)), style)
    assert np.array_equal(picture(generator, BASE), plain)


def test_lora_is_loaded_once(lora_dir: Path):
    """Later calls use the loaded weights, also after the file is gone."""
    generator = generator_of(build("StableDiffusionPipeline"), _sources(lora_dir))
    first = picture(generator, with_loras(style=1.0))
    (lora_dir / "style.safetensors").unlink()
    assert np.array_equal(picture(generator, with_loras(style=1.0)), first)


def test_lora_of_another_model_is_refused(lora_dir: Path):
    """A LoRA that does not fit is the job's error with its name, and later jobs work."""
    save_file(_lora_weights(0, extra=8), lora_dir / "style.safetensors")
    generator = generator_of(build("StableDiffusionPipeline"), _sources(lora_dir))
    with pytest.raises(MessageError, match="The LoRA style does not fit the model"):
        call(generator, with_loras(style=1.0))
    assert picture(generator, with_loras(subject=1.0)).shape == (64, 64, 3)


def test_loras_are_those_of_the_settings(tmp_path: Path):
    """Names are the files' without suffix and the listed hub names; others do not exist."""
    (tmp_path / "style.safetensors").touch()
    settings = Settings(
        _env_file=None, lora_dir=tmp_path, loras="someone/lora, someone/many/4step.safetensors"
    )
    assert tuple(loras.sources(settings)) == (
        "style",
        "someone/lora",
        "someone/many/4step.safetensors",
    )
    assert loras.sources(settings)["someone/many/4step.safetensors"]["weight_name"] == (
        "4step.safetensors"
    )
    with pytest.raises(MessageError, match="no LoRA other"):
        loras.apply(_Adapters(), (Lora(name="other"),), loras.sources(settings))


def test_two_loras_of_one_name_are_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Of two files with a name in subfolders one is used: the log has both, and which it is."""
    for name in ("a/style", "b/style", "b/other"):
        file = tmp_path / f"{name}.safetensors"
        file.parent.mkdir(exist_ok=True)
        file.touch()
    used = _sources(tmp_path)["style"]
    assert used["pretrained_model_name_or_path_or_dict"] == str(tmp_path / "b")
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        (
            "WARNING",
            f"LORA_DIR has two LoRAs named style: {tmp_path}/b/style.safetensors is used, and not "
            f"{tmp_path}/a/style.safetensors. Rename one of them.",
        )
    ]


def test_missing_lora_folder_is_a_wrong_setting(tmp_path: Path):
    """A misspelled LORA_DIR does not start a worker that offers no LoRAs."""
    with pytest.raises(SettingsError, match=r"LORA_DIR is .*nothing, which is no folder"):
        _sources(tmp_path / "nothing")


class _Adapters:
    """A pipeline in which no adapter is loaded."""

    def get_list_adapters(self) -> dict[str, list[str]]:
        return {}
