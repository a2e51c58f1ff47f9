"""Muon: steps for matrices and kernels that turn all directions at the same rate.

The running gradient is made orthogonal before it is applied (Jordan 2024); the UNet needs about
two thirds of AdamW's steps to the same loss. Steps are scaled to the size of AdamW's (Liu 2025,
"Muon is scalable"), so that both share one learning rate.
"""

from collections import defaultdict

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
SHRINK = 0.01  # weight decay
ROUNDS = 4
# The coefficients that bring singular values close to one in the fewest rounds.
QUINTIC = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.Optimizer):
    """Over weights of two or more dimensions; kernels count as (out, everything else)."""

    def __init__(self, weights: list[nn.Parameter], lr: float) -> None:
        super().__init__(weights, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:
        """Apply one step to every weight that has a gradient."""
        for group in self.param_groups:
            for weights in _by_shape(group["params"]).values():
                turned = orthogonal(torch.stack([self._momentum(weight) for weight in weights]))
                size = 0.2 * max(turned.shape[1:]) ** 0.5 * group["lr"]
                for weight, direction in zip(weights, turned, strict=True):
                    weight.mul_(1 - group["lr"] * SHRINK)
                    weight.sub_(direction.view_as(weight), alpha=size)

    def _momentum(self, weight: nn.Parameter) -> Tensor:
        state = self.state[weight]
        running = state.setdefault("momentum", torch.zeros_like(weight))
        running.lerp_(weight.grad, 1 - MOMENTUM)
        return weight.grad.lerp(running, MOMENTUM).reshape(len(weight), -1)


def orthogonal(matrices: Tensor) -> Tensor:
    """Bring the singular values of (count, rows, columns) matrices close to one."""
    wide = matrices.shape[-1] >= matrices.shape[-2]
    turned = (matrices if wide else matrices.mT).bfloat16()
    turned = turned / (turned.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        square = turned @ turned.mT
        turned = a * turned + (b * square + c * square @ square) @ turned
    return (turned if wide else turned.mT).to(matrices.dtype)


def optimizers(module: nn.Module, rate: float, turn: bool) -> list[torch.optim.Optimizer]:
    """Make the module's optimizers: AdamW, and with `turn` Muon for what is hidden inside."""
    named = module.named_parameters()
    outer = ("conv_in", "conv_out")
    turned = [w for name, w in named if turn and w.ndim > 1 and not name.startswith(outer)]
    ours = set(map(id, turned))
    rest = [weight for weight in module.parameters() if id(weight) not in ours]
    groups = [
        {"params": [weight for weight in rest if weight.ndim > 1], "weight_decay": SHRINK},
        {"params": [weight for weight in rest if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)
    return [adam, Muon(turned, rate)] if turn else [adam]


def _by_shape(weights: list[nn.Parameter]) -> dict[torch.Size, list[nn.Parameter]]:
    grouped: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
    for weight in weights:
        if weight.grad is not None:
            grouped[weight.shape].append(weight)
    return grouped
