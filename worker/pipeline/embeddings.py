"""Embed prompts in chunks, and keep the embeddings of recent ones."""

import inspect
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from transformers import CLIPTextModelWithProjection

from wire.messages.parameters import Lora
from worker.pipeline.prompts import encoders, split_into_rows, tokenizers

MAX_CACHED = 64
"""Of SDXL, 64 take 20 MB in 16 bits."""

Key: TypeAlias = tuple[tuple[Lora, ...], int, str]
"""LoRAs, which may change the text encoder, with their weights; chunks; text."""


@dataclass(frozen=True)
class Embeddings:
    """The embeddings of some texts: ``sequence`` of their tokens, ``pooled`` of SDXL."""

    sequence: torch.Tensor
    pooled: torch.Tensor | None


class EmbeddingCache:
    """Embeddings of the most recently used texts of one pipeline."""

    def __init__(self, maximum: int = MAX_CACHED) -> None:
        self._maximum = maximum
        self._kept: OrderedDict[Key, Embeddings] = OrderedDict()

    def embed(
        self, pipeline: Any, texts: list[str], chunks: int, loras: tuple[Lora, ...] = ()
    ) -> Embeddings:
        """Return the embeddings of texts, of which only new ones are computed."""
        keys = [(loras, chunks, text) for text in texts]
        found = {key: self._kept[key] for key in keys if key in self._kept}
        if missing := list(dict.fromkeys(key for key in keys if key not in found)):
            computed = _embed(pipeline, [text for *_, text in missing], chunks)
            found |= {key: _row(computed, number) for number, key in enumerate(missing)}
        self._keep(found)
        return _stack([found[key] for key in keys])

    def _keep(self, used: dict[Key, Embeddings]) -> None:
        for key, embeddings in used.items():
            self._kept[key] = embeddings
            self._kept.move_to_end(key)
        while len(self._kept) > self._maximum:
            self._kept.popitem(last=False)


def embedding_arguments(
    pipeline: Any,
    prompts: list[str],
    negatives: list[str | None],
    chunks: int,
    cache: EmbeddingCache,
    loras: tuple[Lora, ...] = (),
) -> dict[str, torch.Tensor]:
    """Return the pipeline's arguments for prompts of this many chunks; shorter ones are padded.

    Either all negative prompts are None, or none is.
    """
    positive = cache.embed(pipeline, prompts, chunks, loras)
    arguments = _name("", positive)
    if "negative_prompt_embeds" not in inspect.signature(pipeline.__call__).parameters:
        return arguments
    if negatives[0] is None and pipeline.config.get("force_zeros_for_empty_prompt"):
        return arguments | _name("negative_", _zeros_like(positive))
    texts = [text or "" for text in negatives]
    return arguments | _name("negative_", cache.embed(pipeline, texts, chunks, loras))


def _name(prefix: str, embeddings: Embeddings) -> dict[str, torch.Tensor]:
    arguments = {f"{prefix}prompt_embeds": embeddings.sequence}
    if embeddings.pooled is not None:
        arguments[f"{prefix}pooled_prompt_embeds"] = embeddings.pooled
    return arguments


def _zeros_like(embeddings: Embeddings) -> Embeddings:
    pooled = embeddings.pooled
    return Embeddings(
        torch.zeros_like(embeddings.sequence), None if pooled is None else torch.zeros_like(pooled)
    )


def _row(embeddings: Embeddings, number: int) -> Embeddings:
    """Return the embeddings of one text, without the memory of the others."""
    pooled = embeddings.pooled
    return Embeddings(
        embeddings.sequence[number].clone(), None if pooled is None else pooled[number].clone()
    )


def _stack(rows: list[Embeddings]) -> Embeddings:
    pooled = [row.pooled for row in rows if row.pooled is not None]
    return Embeddings(
        torch.stack([row.sequence for row in rows]), torch.stack(pooled) if pooled else None
    )


def _embed(pipeline: Any, texts: list[str], chunks: int) -> Embeddings:
    sequences, pooled = [], None
    is_sdxl = getattr(pipeline, "text_encoder_2", None) is not None
    for tokenizer, encoder in zip(tokenizers(pipeline), encoders(pipeline), strict=True):
        rows = [row for text in texts for row in split_into_rows(tokenizer, text, chunks)]
        tokens = torch.tensor(rows).to(pipeline._execution_device)
        output = encoder(tokens, output_hidden_states=True)
        # SDXL uses the layer before the last, and pools the first chunk.
        hidden = output.hidden_states[-2] if is_sdxl else output[0]
        sequences.append(hidden.reshape(len(texts), -1, hidden.shape[-1]))
        if isinstance(encoder, CLIPTextModelWithProjection):
            pooled = output[0].reshape(len(texts), chunks, -1)[:, 0]
    return Embeddings(torch.cat(sequences, dim=-1), pooled)
