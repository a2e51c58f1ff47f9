"""Tiny pipelines of Kolors, whose text encoder and tokenizer (ChatGLM) are diffusers' own."""

import io
import tempfile
from functools import cache
from typing import Any

import diffusers
import sentencepiece
import torch

from tests.support.tiny import components as c

_TEXT = "a yellow submarine and a cartoon dwarf in the sea\n" * 50


def kolors() -> dict[str, Any]:
    from diffusers.pipelines.kolors.text_encoder import ChatGLMConfig, ChatGLMModel
    from diffusers.pipelines.kolors.tokenizer import ChatGLMTokenizer

    tokenizer = ChatGLMTokenizer(_sentencepiece_model().name, model_max_length=256)
    config = ChatGLMConfig(
        num_layers=2,
        padded_vocab_size=tokenizer.vocab_size,
        hidden_size=c.HIDDEN,
        ffn_hidden_size=c.HIDDEN,
        kv_channels=8,
        num_attention_heads=4,
        seq_length=256,
        multi_query_attention=True,
        multi_query_group_num=2,
        add_qkv_bias=True,
        original_rope=True,
    )
    text_encoder = ChatGLMModel(config).eval()
    for parameter in text_encoder.parameters():  # which the class leaves uninitialised
        torch.nn.init.normal_(parameter, std=0.1)
    return {
        "tokenizer": tokenizer,
        "text_encoder": text_encoder,
        "unet": c.size_conditioned_unet(
            cross_attention_dim=c.HIDDEN,
            encoder_hid_dim=c.HIDDEN,
            encoder_hid_dim_type="text_proj",
        ),
        "vae": c.vae(),
        "scheduler": diffusers.EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1),
    }


@cache
def _sentencepiece_model() -> Any:
    """Train a tokenizer of a few pieces; the file lives as long as the process."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_TEXT.splitlines()),
        model_writer=model,
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    file = tempfile.NamedTemporaryFile(suffix=".model")  # noqa: SIM115 kept open on purpose
    file.write(model.getvalue())
    file.flush()
    return file
