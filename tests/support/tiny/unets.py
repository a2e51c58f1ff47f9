"""Tiny pipelines whose denoiser is a UNet, by class name."""

from collections.abc import Callable
from typing import Any

import diffusers as d
import torch

from tests.support.tiny import components as c

Parts = dict[str, Any]


def stable_diffusion() -> Parts:
    return {
        "tokenizer": c.clip_tokenizer(),
        "text_encoder": c.clip_encoder(),
        "unet": c.unet(),
        "vae": c.vae(),
        "scheduler": d.EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1),
        "safety_checker": None,
        "feature_extractor": None,
        "requires_safety_checker": False,
    }


def stable_diffusion_xl() -> Parts:
    return {
        "tokenizer": c.clip_tokenizer(),
        "tokenizer_2": c.clip_tokenizer(),
        "text_encoder": c.clip_encoder(),
        "text_encoder_2": c.clip_encoder(projection=True),
        "unet": c.size_conditioned_unet(cross_attention_dim=2 * c.HIDDEN),
        "vae": c.vae(),
        "scheduler": d.EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1),
    }


def latent_consistency() -> Parts:
    return stable_diffusion() | {
        "unet": c.unet(time_cond_proj_dim=c.HIDDEN),
        "scheduler": d.LCMScheduler(),
    }


def deepfloyd_if() -> Parts:
    return {
        "tokenizer": c.tokenizer(77),
        "text_encoder": c.t5(),
        "unet": c.unet(
            sample_size=64,
            in_channels=3,
            out_channels=6,
            block_out_channels=(8, 16),
            down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
            up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
            mid_block_type="UNetMidBlock2DSimpleCrossAttn",
            norm_num_groups=8,
            encoder_hid_dim=c.HIDDEN,
            addition_embed_type="text",
            addition_embed_type_num_heads=2,
            resnet_time_scale_shift="scale_shift",
            act_fn="gelu",
        ),
        "scheduler": d.DDPMScheduler(variance_type="learned_range"),
        "safety_checker": None,
        "feature_extractor": None,
        "watermarker": None,
        "requires_safety_checker": False,
    }


def _prior() -> Parts:
    prior = d.PriorTransformer(
        num_attention_heads=2, attention_head_dim=12, embedding_dim=c.HIDDEN, num_layers=1
    )
    # Zero by default, which makes all embeddings zero.
    prior.clip_std = torch.nn.Parameter(torch.ones_like(prior.clip_std))
    return {
        "prior_prior": prior,
        "prior_image_encoder": c.clip_vision(),
        "prior_text_encoder": c.clip_encoder(projection=True),
        "prior_tokenizer": c.clip_tokenizer(),
        "prior_scheduler": d.UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample"
        ),
        "prior_image_processor": c.clip_image_processor(),
    }


def kandinsky() -> Parts:
    from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP

    config = MCLIPConfig(
        numDims=c.HIDDEN,
        transformerDimensions=c.HIDDEN,
        hidden_size=c.HIDDEN,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=1,
        vocab_size=c.VOCABULARY,
    )
    return _prior() | {
        "tokenizer": c.tokenizer(77),
        "text_encoder": MultilingualCLIP(config).eval(),
        "unet": c.kandinsky_unet(
            addition_embed_type="text_image", encoder_hid_dim_type="text_image_proj"
        ),
        "movq": c.movq(),
        "scheduler": d.DDIMScheduler(),
    }


def kandinsky_22() -> Parts:
    return _prior() | {
        "unet": c.kandinsky_unet(addition_embed_type="image", encoder_hid_dim_type="image_proj"),
        "movq": c.movq(),
        "scheduler": d.DDPMScheduler(),
    }


def kandinsky_3() -> Parts:
    return {
        "tokenizer": c.tokenizer(128),
        "text_encoder": c.t5(),
        "unet": d.Kandinsky3UNet(
            in_channels=4,
            time_embedding_dim=4,
            groups=2,
            attention_head_dim=4,
            layers_per_block=3,
            block_out_channels=(8, 16),
            cross_attention_dim=4,
            encoder_hid_dim=c.HIDDEN,
        ).eval(),
        "movq": c.movq(),
        "scheduler": d.DDPMScheduler(),
    }


UNETS: dict[str, Callable[[], Parts]] = {
    "StableDiffusionPipeline": stable_diffusion,
    "StableDiffusionPAGPipeline": stable_diffusion,
    "StableDiffusionXLPipeline": stable_diffusion_xl,
    "StableDiffusionXLPAGPipeline": stable_diffusion_xl,
    "LatentConsistencyModelPipeline": latent_consistency,
    "IFPipeline": deepfloyd_if,
    "KandinskyCombinedPipeline": kandinsky,
    "KandinskyV22CombinedPipeline": kandinsky_22,
    "Kandinsky3Pipeline": kandinsky_3,
}
