"""Pipelines of a few thousand random weights, of the classes that real models have."""

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    PixArtAlphaPipeline,
    PixArtTransformer2DModel,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from tests.support.noise_model import _tokenizer as clip_tokenizer

WIDTH = 32
"""Hidden size of text encoders and cross attention."""
_DISCRETE = {"beta_schedule": "scaled_linear", "clip_sample": False, "set_alpha_to_one": False}


def stable_diffusion(**components) -> StableDiffusionPipeline:
    """Build Stable Diffusion 1."""
    torch.manual_seed(0)
    parts = {
        "tokenizer": clip_tokenizer(),
        "text_encoder": CLIPTextModel(_text_config()).eval(),
        "unet": _unet(cross_attention_dim=WIDTH),
        "vae": _vae(),
        "scheduler": DDIMScheduler(**_DISCRETE),
        "safety_checker": None,
        "feature_extractor": None,
        **components,
    }
    pipeline = StableDiffusionPipeline(
        **parts, requires_safety_checker=parts["safety_checker"] is not None
    )
    return _quiet(pipeline)


def stable_diffusion_xl() -> StableDiffusionXLPipeline:
    """Build SDXL, with its two text encoders and pooled embeddings."""
    torch.manual_seed(0)
    pipeline = StableDiffusionXLPipeline(
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        text_encoder=CLIPTextModel(_text_config()).eval(),
        text_encoder_2=CLIPTextModelWithProjection(_text_config()).eval(),
        unet=_unet(
            cross_attention_dim=2 * WIDTH,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        ),
        vae=_vae(),
        scheduler=DDIMScheduler(**_DISCRETE),
        add_watermarker=False,
    )
    return _quiet(pipeline)


def pixart() -> PixArtAlphaPipeline:
    """Build PixArt alpha: a T5 encoder, and no ``callback_on_step_end``."""
    torch.manual_seed(0)
    words = [f"▁{word}" for word in ("a", "boat", "in", "the", "storm")]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((word, -1.0) for word in words)]
    transformer = PixArtTransformer2DModel(
        sample_size=32,  # the pipeline generates near 256 pixels, and resizes
        num_layers=1,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=2,
        caption_channels=WIDTH,
        cross_attention_dim=16,
        in_channels=4,
        out_channels=8,
        use_additional_conditions=False,
    )
    pipeline = PixArtAlphaPipeline(
        tokenizer=T5Tokenizer(vocab=vocabulary, extra_ids=0),
        text_encoder=T5EncoderModel(_t5_config(len(vocabulary))).eval(),
        vae=_vae(),
        transformer=transformer.eval(),
        scheduler=DDIMScheduler(**_DISCRETE),
    )
    return _quiet(pipeline)


def rejecting_safety_checker() -> dict[str, object]:
    """Build the components of a safety checker that rejects every picture."""
    vision = {
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 30,
        "patch_size": 10,
    }
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, projection_dim=WIDTH))
    checker.concept_embeds_weights.data.fill_(-1)
    return {
        "safety_checker": checker.eval(),
        "feature_extractor": CLIPImageProcessor(size={"shortest_edge": 30}, crop_size=30),
    }


def _quiet(pipeline):
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _text_config() -> CLIPTextConfig:
    size = len(clip_tokenizer())
    return CLIPTextConfig(
        vocab_size=size,
        hidden_size=WIDTH,
        projection_dim=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=size - 2,
        eos_token_id=size - 1,
    )


def _t5_config(vocabulary_size: int) -> T5Config:
    return T5Config(
        vocab_size=vocabulary_size, d_model=WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=2
    )


def _unet(**config) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=8,
        norm_num_groups=8,
        **config,
    ).eval()


def _vae() -> AutoencoderKL:
    blocks = (8, 8, 8, 8)
    return AutoencoderKL(
        block_out_channels=blocks,
        down_block_types=("DownEncoderBlock2D",) * len(blocks),
        up_block_types=("UpDecoderBlock2D",) * len(blocks),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
    ).eval()
