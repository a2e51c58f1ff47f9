"""Tiny components with random weights, which the pipeline classes are made of.

Text encoders have a hidden size of 32, and VAEs scale by 8 as published ones do.
"""

from typing import Any

import diffusers
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers.convert_slow_tokenizer import bytes_to_unicode

from tests.support.noise_model import _text_encoder, _tokenizer

HIDDEN = 32
VOCABULARY = 300
_CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def clip_tokenizer() -> Any:
    return _tokenizer()


def clip_encoder(*, projection: bool = False) -> Any:
    encoder = _text_encoder(len(_tokenizer()))
    if not projection:
        return encoder
    return transformers.CLIPTextModelWithProjection(encoder.config).eval()


def tokenizer(max_length: int = 512) -> Any:
    """Build a tokenizer of single bytes; T5, Qwen, Gemma and others need no more here."""
    words = ["<pad>", "</s>", "<unk>", "<bos>", *bytes_to_unicode().values()]
    model = Tokenizer(models.BPE(vocab={word: n for n, word in enumerate(words)}, merges=[]))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = decoders.ByteLevel()
    model.post_processor = processors.TemplateProcessing(
        single="<bos> $A </s>", special_tokens=[("<bos>", 3), ("</s>", 1)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=model,
        model_max_length=max_length,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        bos_token="<bos>",
        chat_template=_CHAT_TEMPLATE,
    )


def t5(kind: str = "T5") -> Any:
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=VOCABULARY, d_model=HIDDEN, d_kv=8, d_ff=37, num_layers=1, num_heads=4
    )
    return getattr(transformers, f"{kind}EncoderModel")(config).eval()


def language_model(kind: str, **fields: Any) -> Any:
    """Build a decoder such as ``Gemma2Model`` by the name of its class."""
    family = kind.removesuffix("ForCausalLM").removesuffix("Model")
    config = getattr(transformers, f"{family}Config")(
        **{
            "vocab_size": VOCABULARY,
            "hidden_size": HIDDEN,
            "intermediate_size": HIDDEN,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 8,
            "pad_token_id": 0,
            "bos_token_id": 3,
            "eos_token_id": 1,
            "max_position_embeddings": 512,
            **fields,
        }
    )
    return getattr(transformers, kind)(config).eval()


def qwen_vision_model(config_class: str, model_class: str, layers: int = 9) -> Any:
    text = {
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "intermediate_size": HIDDEN,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0,
            "mrope_section": [1, 1, 2],
        },
    }
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2}
    vision |= {"out_hidden_size": HIDDEN}
    config = getattr(transformers, config_class)(text_config=text, vision_config=vision)
    return getattr(transformers, model_class)(config).eval()


def vae(latent_channels: int = 4, *, kind: str = "AutoencoderKL", **fields: Any) -> Any:
    return getattr(diffusers, kind)(
        sample_size=64,
        block_out_channels=(4, 4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=latent_channels,
        norm_num_groups=1,
        **fields,
    ).eval()


def qwen_vae(kind: str = "AutoencoderKLQwenImage") -> Any:
    return getattr(diffusers, kind)(
        base_dim=8,
        z_dim=4,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[0.0] * 4,
        latents_std=[1.0] * 4,
    ).eval()


def sana_vae() -> Any:
    blocks = (4,) * 6
    return diffusers.AutoencoderDC(
        latent_channels=4,
        attention_head_dim=2,
        encoder_block_types=("ResBlock",) * 6,
        decoder_block_types=("ResBlock",) * 6,
        encoder_block_out_channels=blocks,
        decoder_block_out_channels=blocks,
        encoder_qkv_multiscales=((),) * 6,
        decoder_qkv_multiscales=((),) * 6,
        encoder_layers_per_block=(1,) * 6,
        decoder_layers_per_block=(1,) * 6,
        downsample_block_type="conv",
        upsample_block_type="interpolate",
        decoder_norm_types="rms_norm",
        decoder_act_fns="silu",
    ).eval()


def unet(**fields: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        **{
            "sample_size": 8,
            "block_out_channels": (4, 8),
            "layers_per_block": 1,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": HIDDEN,
            "attention_head_dim": 4,
            "norm_num_groups": 2,
            **fields,
        }
    ).eval()


def movq() -> Any:
    return diffusers.VQModel(
        block_out_channels=(32, 32, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
        up_block_types=("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3,
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=4,
        norm_type="spatial",
        num_vq_embeddings=12,
        vq_embed_dim=4,
    ).eval()


def size_conditioned_unet(**fields: Any) -> Any:
    """Build a UNet that also reads the picture's size, as those of SDXL and Kolors."""
    return unet(
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + HIDDEN,
        **fields,
    )


def kandinsky_unet(**fields: Any) -> Any:
    return unet(
        out_channels=8,
        block_out_channels=(32, 64),
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        encoder_hid_dim=HIDDEN,
        resnet_time_scale_shift="scale_shift",
        norm_num_groups=32,
        **fields,
    )


def clip_vision() -> Any:
    return transformers.CLIPVisionModelWithProjection(
        transformers.CLIPVisionConfig(
            hidden_size=HIDDEN,
            image_size=28,
            patch_size=14,
            projection_dim=HIDDEN,
            intermediate_size=37,
            num_attention_heads=4,
            num_hidden_layers=1,
        )
    ).eval()


def clip_image_processor() -> Any:
    return transformers.CLIPImageProcessor(crop_size=28, size=28)
