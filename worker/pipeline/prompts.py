"""Prompts: read in chunks where the text encoder allows it, and report what was read elsewhere.

CLIP reads 77 tokens. Longer prompts of Stable Diffusion 1, 2 and XL are read as AUTOMATIC1111,
ComfyUI and compel do: chunks of 75 tokens, each between a begin and an end token, whose
embeddings are concatenated. Other models read a prompt up to a limit and ignore the rest.
"""

import inspect
from typing import Any

from transformers import CLIPTextModel, CLIPTextModelWithProjection, PreTrainedTokenizerBase

from wire.messages.parameters import GenerationParameters

_UNLIMITED = 100_000
"""Tokenizers without a limit state a far larger number of tokens."""


def max_tokens(pipeline: Any) -> int | None:
    """Return how many tokens of a prompt the model reads; None if it reads all."""
    if reads_chunks(pipeline):
        return None
    limits = [_limit(pipeline, tokenizer) for tokenizer in tokenizers(pipeline)]
    longest = max(limits, default=_UNLIMITED)
    return longest if longest < _UNLIMITED else None


def prompt_read(pipeline: Any, prompt: str) -> str | None:
    """Return the part of the prompt that the model reads, or None if it reads all of it.

    Where several encoders read the prompt, this is what the one with the highest limit reads.
    """
    limit = max_tokens(pipeline)
    if limit is None:
        return None
    tokenizer = max(tokenizers(pipeline), key=lambda each: _limit(pipeline, each))
    tokens = tokenizer(prompt, truncation=False, verbose=False).input_ids
    if len(tokens) <= limit:
        return None
    kept = tokenizer(prompt, truncation=True, max_length=limit).input_ids
    return str(tokenizer.decode(kept, skip_special_tokens=True)).strip()


def count_chunks(pipeline: Any, parameters: GenerationParameters) -> int:
    """Return the number of chunks in which prompt and negative prompt are read, 1 if in one."""
    if not reads_chunks(pipeline):
        return 1
    texts = (parameters.prompt, parameters.negative_prompt or "")
    return max(len(_chunks(each, text)) for each in tokenizers(pipeline) for text in texts)


def split_into_rows(tokenizer: Any, text: str, chunks: int) -> list[list[int]]:
    """Return the tokens of the text in ``chunks`` rows of the encoder's length."""
    filled = _chunks(tokenizer, text)
    rows = [*filled, *[[] for _ in range(chunks - len(filled))]]
    return [_framed(tokenizer, row) for row in rows]


def _framed(tokenizer: Any, tokens: list[int]) -> list[int]:
    framed = [tokenizer.bos_token_id, *tokens, tokenizer.eos_token_id]
    return framed + [tokenizer.pad_token_id] * (tokenizer.model_max_length - len(framed))


def _chunks(tokenizer: Any, text: str) -> list[list[int]]:
    tokens = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids
    size = tokenizer.model_max_length - 2
    return [tokens[start : start + size] for start in range(0, len(tokens), size)] or [[]]


def reads_chunks(pipeline: Any) -> bool:
    """Return whether all text encoders are CLIP's and feed the cross attention of a UNet."""
    found = encoders(pipeline)
    return (
        bool(found)
        and getattr(pipeline, "unet", None) is not None
        and all(isinstance(each, CLIPTextModel | CLIPTextModelWithProjection) for each in found)
        and "prompt_embeds" in inspect.signature(pipeline.__call__).parameters
    )


def encoders(pipeline: Any) -> list[Any]:
    """Return the text encoders of a pipeline."""
    return _components(pipeline, "text_encoder")


def tokenizers(pipeline: Any) -> list[Any]:
    """Return the tokenizers of a pipeline, in the order of its text encoders."""
    parts = _components(pipeline, "tokenizer") or _components(pipeline, "prior_tokenizer")
    # Flux 2 gives this name to a processor, which has a tokenizer; that of Kolors has an inner one.
    return [part if isinstance(part, PreTrainedTokenizerBase) else part.tokenizer for part in parts]


def _components(pipeline: Any, name: str) -> list[Any]:
    parts = (getattr(pipeline, each, None) for each in (name, f"{name}_2", f"{name}_3"))
    return [part for part in parts if part is not None]


def _limit(pipeline: Any, tokenizer: Any) -> int:
    """Return the tokens that this tokenizer's encoder reads: CLIP's own limit, or the call's."""
    parameter = inspect.signature(pipeline.__call__).parameters.get("max_sequence_length")
    is_clip = "CLIP" in type(tokenizer).__name__
    if parameter is None or is_clip or not isinstance(parameter.default, int):
        return int(tokenizer.model_max_length)
    return parameter.default
