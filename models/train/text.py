"""The text encoder: trained first, to classify captions, and frozen from then on.

Trained together with the UNet it would be ignored for hundreds of steps.
"""

import functools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documents use
from rich.progress import Progress
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from models.train.captions import TOKENS, caption
from models.train.dataset import labels
from models.train.loop import TrainingLoop
from models.train.vocabulary import COLOURS, SETTINGS, STYLES, SUBJECTS, Scene, sample_scene

WIDTH = 128
BATCH = 128
UNNAMED = len(COLOURS)  # the caption names no colour
CLASSES = (len(SUBJECTS), len(COLOURS) + 1, len(SETTINGS), len(STYLES))


class CaptionClassifier(nn.Module):
    """A text encoder with a head that predicts subject, colour, setting and style."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.encoder = _build_encoder(tokenizer)
        self.head = nn.Linear(WIDTH, sum(CLASSES))

    def loss(self, scenes: list[Scene], random: np.random.Generator) -> Tensor:
        """Return the cross entropy of the predictions for sampled captions of these scenes."""
        targets = target_labels(scenes).to(self.encoder.device)
        predictions = self([caption(scene, random) for scene in scenes])
        losses = [
            F.cross_entropy(logits, targets[:, i])
            for prediction in predictions
            for i, logits in enumerate(prediction.split(CLASSES, 1))
        ]
        return functools.reduce(torch.add, losses)

    def forward(self, captions: list[str]) -> tuple[Tensor, Tensor]:
        """Return logits at the caption's end, and from the mean of everything after it."""
        ids = tokenize(self.tokenizer, captions).to(self.encoder.device)
        states = self.encoder(ids).last_hidden_state
        ends = (ids == self.tokenizer.eos_token_id).float()
        first = states[torch.arange(len(ids), device=ids.device), ends.argmax(1)]
        mean = (states * ends[..., None]).sum(1) / ends.sum(1, keepdim=True)
        return self.head(first), self.head(mean)


def tokenize(tokenizer: CLIPTokenizer, captions: list[str]) -> Tensor:
    """Return token ids (count, 24)."""
    ids: Tensor = tokenizer(
        captions, padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt"
    ).input_ids
    return ids


def target_labels(scenes: list[Scene]) -> Tensor:
    """Return the target classes (count, 4): subject, colour or none, setting, style."""
    table = torch.from_numpy(labels(tuple(scenes)))
    colour = torch.where(table[:, 4] == 1, table[:, 1], UNNAMED)
    return torch.stack((table[:, 0], colour, table[:, 2], table[:, 3]), 1)


def train_text_encoder(loop: TrainingLoop[CaptionClassifier], progress: Progress) -> CLIPTextModel:
    """Train the loop's `CaptionClassifier`; return its encoder, frozen."""

    def compute_loss(step: int) -> Tensor:
        random = np.random.default_rng((loop.seed, step))
        return loop.module.loss([sample_scene(random) for _ in range(BATCH)], random)

    return loop.run(compute_loss, progress).encoder


def _build_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=320,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TOKENS,
        projection_dim=WIDTH,
        hidden_act="gelu",
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    encoder = CLIPTextModel(config)
    with torch.no_grad():  # CLIP's own initial scale is meant for far wider models
        for name, weights in encoder.named_parameters():
            if "token_embedding" in name:
                weights.mul_(10)
            elif "position_embedding" in name:
                weights.mul_(3)
    return encoder
