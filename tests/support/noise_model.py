"""Build a tiny untrained pipeline that generates noise.

It has the layout of a real diffusers pipeline and runs through the same code.
"""

import json
import sys
from pathlib import Path

NOTICE = "This model is not trained: its pictures are noise."
_SIDE = 256
"""Pixels."""
_TOKENS = 77
_WIDTH = 32
"""Hidden size of the text encoder and the cross attention."""
_CONTRAST = 12


def build(folder: Path) -> None:
    """Write the pipeline and its defaults to ``folder``. The files are reproducible."""
    import torch
    from diffusers import StableDiffusionPipeline

    torch.manual_seed(0)
    tokenizer = _tokenizer()
    pipeline = StableDiffusionPipeline(
        tokenizer=tokenizer,
        text_encoder=_text_encoder(len(tokenizer)),
        unet=_unet(),
        vae=_decoder(),
        scheduler=_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    (folder / "defaults.json").write_text(json.dumps(_defaults(), indent=2) + "\n")


def _defaults() -> dict:
    return {
        "steps": 4,
        "guidance_scale": 1.0,
        "width": _SIDE,
        "height": _SIDE,
        "suggestions": ["cartoon dwarf", "yellow submarine"],
        "vocabulary": {},
        "notice": NOTICE,
    }


def _tokenizer():
    """Build a CLIP tokenizer of single bytes: it accepts any text and needs no files."""
    from transformers import CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = list(bytes_to_unicode().values())
    words = [*letters, *(letter + "</w>" for letter in letters)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=_TOKENS)


def _text_encoder(vocabulary_size: int):
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary_size,
            hidden_size=_WIDTH,
            projection_dim=_WIDTH,
            intermediate_size=2 * _WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=_TOKENS,
            bos_token_id=vocabulary_size - 2,
            eos_token_id=vocabulary_size - 1,
        )
    ).eval()


def _unet():
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=_SIDE // 8,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=_WIDTH,
        attention_head_dim=8,
        norm_num_groups=8,
    ).eval()


def _decoder():
    from diffusers import AutoencoderTiny

    blocks = (16, 16, 16, 16)
    decoder = AutoencoderTiny(encoder_block_out_channels=blocks, decoder_block_out_channels=blocks)
    # The output of untrained weights is almost black; more contrast makes it noise.
    last = decoder.decoder.layers[-1]
    last.weight.data *= _CONTRAST
    last.bias.data.fill_(0.5)
    return decoder


def _scheduler():
    from diffusers import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, steps_offset=1
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
