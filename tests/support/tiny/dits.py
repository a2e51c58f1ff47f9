"""Tiny pipelines whose denoiser is a transformer, by class name."""

from collections.abc import Callable
from typing import Any

import diffusers as d
import transformers

from tests.support.tiny import components as c

Parts = dict[str, Any]
_ROPE = {"attention_head_dim": 16, "num_attention_heads": 2}


def _flow(**fields: Any) -> Any:
    return d.FlowMatchEulerDiscreteScheduler(**fields)


def _with_t5(transformer: Any, **others: Any) -> Parts:
    return {
        "tokenizer": c.tokenizer(),
        "text_encoder": c.t5(),
        "transformer": transformer.eval(),
        "vae": c.vae(),
        "scheduler": _flow(),
        **others,
    }


def flux(*, guidance_embeds: bool = True) -> Parts:
    return {
        "tokenizer": c.clip_tokenizer(),
        "tokenizer_2": c.tokenizer(),
        "text_encoder": c.clip_encoder(),
        "text_encoder_2": c.t5(),
        "transformer": d.FluxTransformer2DModel(
            patch_size=1,
            in_channels=4,
            num_layers=1,
            num_single_layers=1,
            joint_attention_dim=c.HIDDEN,
            pooled_projection_dim=c.HIDDEN,
            axes_dims_rope=[4, 4, 8],
            guidance_embeds=guidance_embeds,
            **_ROPE,
        ).eval(),
        "vae": c.vae(1, shift_factor=0.06),
        "scheduler": _flow(use_dynamic_shifting=guidance_embeds),
    }


def stable_diffusion_3() -> Parts:
    return {
        "tokenizer": c.clip_tokenizer(),
        "tokenizer_2": c.clip_tokenizer(),
        "tokenizer_3": c.tokenizer(),
        "text_encoder": c.clip_encoder(projection=True),
        "text_encoder_2": c.clip_encoder(projection=True),
        "text_encoder_3": c.t5(),
        "transformer": d.SD3Transformer2DModel(
            sample_size=32,
            patch_size=2,
            in_channels=4,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            caption_projection_dim=c.HIDDEN,
            joint_attention_dim=c.HIDDEN,
            pooled_projection_dim=2 * c.HIDDEN,
            out_channels=4,
        ).eval(),
        "vae": c.vae(shift_factor=0.06),
        "scheduler": _flow(),
    }


def hunyuan() -> Parts:
    bert = transformers.BertConfig(
        vocab_size=c.VOCABULARY,
        hidden_size=c.HIDDEN,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=1,
    )
    return {
        "tokenizer": c.tokenizer(77),
        "text_encoder": transformers.BertModel(bert).eval(),
        "tokenizer_2": c.tokenizer(256),
        "text_encoder_2": c.t5(),
        "transformer": d.HunyuanDiT2DModel(
            sample_size=16,
            num_layers=2,
            patch_size=2,
            attention_head_dim=8,
            num_attention_heads=3,
            in_channels=4,
            cross_attention_dim=c.HIDDEN,
            cross_attention_dim_t5=c.HIDDEN,
            pooled_projection_dim=16,
            hidden_size=24,
            activation_fn="gelu-approximate",
        ).eval(),
        "vae": c.vae(),
        "scheduler": d.DDPMScheduler(),
        "safety_checker": None,
        "feature_extractor": None,
        "requires_safety_checker": False,
    }


def pixart() -> Parts:
    transformer = d.PixArtTransformer2DModel(
        sample_size=32,
        num_layers=2,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=3,
        caption_channels=c.HIDDEN,
        in_channels=4,
        cross_attention_dim=24,
        out_channels=8,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
    )
    return _with_t5(transformer, scheduler=d.DPMSolverMultistepScheduler())


def sana() -> Parts:
    transformer = d.SanaTransformer2DModel(
        patch_size=1,
        in_channels=4,
        out_channels=4,
        num_layers=2,
        num_attention_heads=2,
        attention_head_dim=4,
        num_cross_attention_heads=2,
        cross_attention_head_dim=4,
        cross_attention_dim=8,
        caption_channels=c.HIDDEN,
        sample_size=16,
    )
    encoder = c.language_model("Gemma2Model")
    return _with_t5(transformer, text_encoder=encoder, vae=c.sana_vae(), scheduler=_flow(shift=3))


def aura_flow() -> Parts:
    transformer = d.AuraFlowTransformer2DModel(
        sample_size=32,
        patch_size=2,
        in_channels=4,
        num_mmdit_layers=1,
        num_single_dit_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=c.HIDDEN,
        joint_attention_dim=c.HIDDEN,
        out_channels=4,
        pos_embed_max_size=256,
    )
    return _with_t5(transformer, text_encoder=c.t5("UMT5"))


def chroma() -> Parts:
    transformer = d.ChromaTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        joint_attention_dim=c.HIDDEN,
        axes_dims_rope=[4, 4, 8],
        approximator_hidden_dim=32,
        approximator_layers=1,
        approximator_num_channels=16,
        **_ROPE,
    )
    return _with_t5(transformer, vae=c.vae(1, shift_factor=0.06))


def lumina() -> Parts:
    transformer = d.LuminaNextDiT2DModel(
        sample_size=16,
        patch_size=2,
        in_channels=4,
        hidden_size=8,
        num_layers=1,
        num_attention_heads=2,
        num_kv_heads=2,
        multiple_of=16,
        learn_sigma=True,
        qk_norm=True,
        cross_attention_dim=c.HIDDEN,
        scaling_factor=1.0,
    )
    return _with_t5(transformer, text_encoder=c.language_model("GemmaForCausalLM"))


def lumina_2() -> Parts:
    transformer = d.Lumina2Transformer2DModel(
        sample_size=16,
        patch_size=2,
        in_channels=4,
        hidden_size=8,
        num_layers=1,
        num_attention_heads=1,
        num_kv_heads=1,
        multiple_of=16,
        scaling_factor=1.0,
        axes_dim_rope=[4, 2, 2],
        cap_feat_dim=c.HIDDEN,
    )
    encoder = c.language_model("Gemma2Model")
    return _with_t5(transformer, text_encoder=encoder, vae=c.vae(shift_factor=0.06))


def cogview_3() -> Parts:
    transformer = d.CogView3PlusTransformer2DModel(
        patch_size=2,
        in_channels=4,
        num_layers=1,
        attention_head_dim=4,
        num_attention_heads=2,
        out_channels=4,
        text_embed_dim=c.HIDDEN,
        time_embed_dim=8,
        condition_dim=2,
        pos_embed_max_size=16,
        sample_size=16,
    )
    return _with_t5(transformer, scheduler=d.CogVideoXDDIMScheduler())


def cogview_4() -> Parts:
    transformer = d.CogView4Transformer2DModel(
        patch_size=2,
        in_channels=4,
        num_layers=1,
        attention_head_dim=4,
        num_attention_heads=4,
        out_channels=4,
        text_embed_dim=c.HIDDEN,
        time_embed_dim=8,
        condition_dim=4,
        sample_size=16,
    )
    scheduler = _flow(use_dynamic_shifting=True, base_shift=0.25, max_shift=0.75)
    return _with_t5(transformer, text_encoder=c.language_model("GlmModel"), scheduler=scheduler)


def z_image() -> Parts:
    transformer = d.ZImageTransformer2DModel(
        all_patch_size=(2,),
        all_f_patch_size=(1,),
        in_channels=4,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=c.HIDDEN,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 64, 64],
    )
    for token in (transformer.x_pad_token, transformer.cap_pad_token):
        token.data.fill_(1)  # not initialized by the class
    encoder = c.language_model("Qwen3Model")
    return _with_t5(transformer, text_encoder=encoder, vae=c.vae(shift_factor=0.1))


def ovis() -> Parts:
    transformer = d.OvisImageTransformer2DModel(
        patch_size=1,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        num_single_layers=1,
        joint_attention_dim=c.HIDDEN,
        axes_dims_rope=(4, 4, 8),
        **_ROPE,
    )
    encoder = c.language_model("Qwen3Model")
    return _with_t5(transformer, text_encoder=encoder, vae=c.vae(1, shift_factor=0.06))


def qwen_image() -> Parts:
    transformer = d.QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=16,
        out_channels=4,
        num_layers=1,
        joint_attention_dim=c.HIDDEN,
        guidance_embeds=False,
        axes_dims_rope=(8, 4, 4),
        **_ROPE,
    )
    encoder = c.qwen_vision_model("Qwen2_5_VLConfig", "Qwen2_5_VLForConditionalGeneration")
    return _with_t5(transformer, text_encoder=encoder, vae=c.qwen_vae())


def krea_2() -> Parts:
    transformer = d.Krea2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=32,
        timestep_embed_dim=8,
        text_hidden_dim=c.HIDDEN,
        num_text_layers=3,
        text_num_attention_heads=2,
        text_num_key_value_heads=1,
        text_intermediate_size=16,
        num_layerwise_text_blocks=1,
        num_refiner_text_blocks=1,
        axes_dims_rope=(4, 2, 2),
    )
    encoder = c.qwen_vision_model("Qwen3VLConfig", "Qwen3VLModel")
    return _with_t5(
        transformer,
        text_encoder=encoder,
        vae=c.qwen_vae(),
        text_encoder_select_layers=(0, 1, 2),
        scheduler=_flow(use_dynamic_shifting=True),
    )


def flux_2_klein() -> Parts:
    transformer = d.Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        joint_attention_dim=3 * c.HIDDEN,
        axes_dims_rope=[4, 4, 4, 4],
        guidance_embeds=False,
        **_ROPE,
    )
    encoder = c.language_model("Qwen3ForCausalLM", num_hidden_layers=28)
    return _with_t5(
        transformer,
        text_encoder=encoder,
        vae=c.vae(1, kind="AutoencoderKLFlux2"),
        is_distilled=True,
    )


def flux_2() -> Parts:
    transformer = d.Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        joint_attention_dim=3 * c.HIDDEN,
        axes_dims_rope=[4, 4, 4, 4],
        **_ROPE,
    )
    encoder = c.language_model("MistralForCausalLM", num_hidden_layers=31)
    return _with_t5(transformer, text_encoder=encoder, vae=c.vae(1, kind="AutoencoderKLFlux2"))


def nucleus() -> Parts:
    transformer = d.NucleusMoEImageTransformer2DModel(
        patch_size=2,
        in_channels=16,
        out_channels=4,
        num_layers=1,
        joint_attention_dim=c.HIDDEN,
        axes_dims_rope=(8, 4, 4),
        moe_enabled=False,
        capacity_factors=[8.0],
        **_ROPE,
    )
    encoder = c.qwen_vision_model("Qwen3VLConfig", "Qwen3VLForConditionalGeneration")
    parts = _with_t5(transformer, text_encoder=encoder, vae=c.qwen_vae())
    return parts | {"processor": parts.pop("tokenizer")}


def ideogram_4() -> Parts:
    from diffusers.pipelines.ideogram4.pipeline_ideogram4 import QWEN3_VL_ACTIVATION_LAYERS

    def transformer() -> Any:
        return d.Ideogram4Transformer2DModel(
            in_channels=16,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=4,
            intermediate_size=32,
            adaln_dim=16,
            llm_features_dim=len(QWEN3_VL_ACTIVATION_LAYERS) * c.HIDDEN,
            rope_theta=10_000,
            mrope_section=(2, 1, 1),
        ).eval()

    layers = max(QWEN3_VL_ACTIVATION_LAYERS) + 1
    return _with_t5(
        transformer(),
        unconditional_transformer=transformer(),
        text_encoder=c.qwen_vision_model("Qwen3VLConfig", "Qwen3VLModel", layers),
        vae=c.vae(kind="AutoencoderKLFlux2"),
    )


def z_image_omni() -> Parts:
    vision = transformers.Siglip2VisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    return z_image() | {
        "siglip": transformers.Siglip2VisionModel(vision).eval(),
        "siglip_processor": transformers.Siglip2ImageProcessor(),
    }


def prx() -> Parts:
    transformer = d.PRXTransformer2DModel(
        patch_size=2,
        in_channels=4,
        context_in_dim=c.HIDDEN,
        hidden_size=8,
        mlp_ratio=2.0,
        num_heads=2,
        depth=1,
        axes_dim=[2, 2],
    )
    encoder = c.language_model("Gemma2Model")
    return _with_t5(
        transformer, text_encoder=encoder, vae=c.vae(shift_factor=0.0), default_sample_size=256
    )


TRANSFORMERS: dict[str, Callable[[], Parts]] = {
    "FluxPipeline": flux,
    "FluxKontextPipeline": flux,
    "StableDiffusion3Pipeline": stable_diffusion_3,
    "StableDiffusion3PAGPipeline": stable_diffusion_3,
    "HunyuanDiTPipeline": hunyuan,
    "HunyuanDiTPAGPipeline": hunyuan,
    "PixArtAlphaPipeline": pixart,
    "PixArtSigmaPipeline": pixart,
    "PixArtSigmaPAGPipeline": pixart,
    "SanaPipeline": sana,
    "SanaPAGPipeline": sana,
    "AuraFlowPipeline": aura_flow,
    "ChromaPipeline": chroma,
    "LuminaPipeline": lumina,
    "Lumina2Pipeline": lumina_2,
    "CogView3PlusPipeline": cogview_3,
    "CogView4Pipeline": cogview_4,
    "ZImagePipeline": z_image,
    "OvisImagePipeline": ovis,
    "QwenImagePipeline": qwen_image,
    "Krea2Pipeline": krea_2,
    "Flux2Pipeline": flux_2,
    "Ideogram4Pipeline": ideogram_4,
    "NucleusMoEImagePipeline": nucleus,
    "ZImageOmniPipeline": z_image_omni,
    "Flux2KleinPipeline": flux_2_klein,
    "PRXPipeline": prx,
}
