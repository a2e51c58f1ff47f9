"""Muon: an optimizer for matrices and kernels whose updates are orthogonal.

The momentum is orthogonalized before it is applied (Jordan 2024); the UNet needs about two thirds
of AdamW's steps to the same loss. Updates are scaled to the size of AdamW's (Liu 2025, "Muon is
scalable"), so that both share one learning rate.
"""

from collections import defaultdict

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
WEIGHT_DECAY = 0.01
NEWTON_SCHULZ_STEPS = 4
# Coefficients that bring singular values close to one in the fewest steps.
NEWTON_SCHULZ_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.Optimizer):
    """Updates weights of two or more dimensions; kernels are viewed as (out, everything else)."""

    def __init__(self, weights: list[nn.Parameter], lr: float) -> None:
        super().__init__(weights, {"lr": lr})

    @torch.no_grad()
    # The loop passes no closure, and returns no loss from here.
    def step(self) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            for weights in _by_shape(group["params"]).values():
                momenta = [self._momentum(weight, gradient) for weight, gradient in weights]
                updates = orthogonalize(torch.stack(momenta))
                size = 0.2 * max(updates.shape[1:]) ** 0.5 * group["lr"]
                for (weight, _), update in zip(weights, updates, strict=True):
                    weight.mul_(1 - group["lr"] * WEIGHT_DECAY)
                    weight.sub_(update.view_as(weight), alpha=size)

    def _momentum(self, weight: nn.Parameter, gradient: Tensor) -> Tensor:
        state = self.state[weight]
        momentum: Tensor = state.setdefault("momentum", torch.zeros_like(weight))
        momentum.lerp_(gradient, 1 - MOMENTUM)
        return gradient.lerp(momentum, MOMENTUM).reshape(len(weight), -1)


def orthogonalize(matrices: Tensor) -> Tensor:
    """Bring the singular values of (count, rows, columns) matrices close to one."""
    wide = matrices.shape[-1] >= matrices.shape[-2]
    result: Tensor = (matrices if wide else matrices.mT).bfloat16()
    result = result / (result.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    a, b, c = NEWTON_SCHULZ_COEFFICIENTS
    for _ in range(NEWTON_SCHULZ_STEPS):
        square = result @ result.mT
        result = a * result + (b * square + c * square @ square) @ result
    orthogonal: Tensor = result if wide else result.mT
    return orthogonal.to(matrices.dtype)


def build_optimizers(
    module: nn.Module, learning_rate: float, muon: bool
) -> list[torch.optim.Optimizer]:
    """Build the module's optimizers: AdamW, and with `muon` Muon for the hidden layers."""
    named = module.named_parameters()
    outer = ("conv_in", "conv_out")
    hidden = [w for name, w in named if muon and w.ndim > 1 and not name.startswith(outer)]
    hidden_ids = set(map(id, hidden))
    rest = [weight for weight in module.parameters() if id(weight) not in hidden_ids]
    groups = [
        {"params": [weight for weight in rest if weight.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [weight for weight in rest if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), fused=True)
    return [adam, Muon(hidden, learning_rate)] if muon else [adam]


def _by_shape(
    weights: list[nn.Parameter],
) -> dict[torch.Size, list[tuple[nn.Parameter, Tensor]]]:
    """Group the weights that have a gradient, each with it."""
    grouped: dict[torch.Size, list[tuple[nn.Parameter, Tensor]]] = defaultdict(list)
    for weight in weights:
        if weight.grad is not None:
            grouped[weight.shape].append((weight, weight.grad))
    return grouped
