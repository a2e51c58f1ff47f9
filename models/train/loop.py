"""The training loop of every stage: schedule, moving average of weights, checkpoints, resume."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from rich.progress import Progress
from torch import Tensor, nn

from models.train.checkpoint import write_checkpoint
from models.train.optimizer import build_optimizers

SAVE_EVERY_SECONDS = 120
WARM_UP_STEPS = 100
STAGES = ("text", "classifier", "decoder", "unet", "distill", "refine")

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast one stage trains."""

    name: str
    steps: int
    learning_rate: float
    ema_decay: float = 0.0
    """Of the exponential moving average of the weights."""
    decay_from: float = 0.6
    """The share of the steps after which the learning rate decays."""
    muon: bool = False
    """Whether Muon trains the hidden weights, instead of AdamW."""


def learning_rate_at(plan: Plan, step: int) -> float:
    """Return the learning rate: warm-up, plateau, then a linear decay to a hundredth.

    The plateau does not depend on the number of steps, so a run can be extended later.
    """
    if step < WARM_UP_STEPS:
        return plan.learning_rate * (step + 1) / WARM_UP_STEPS
    left = (plan.steps - step) / (plan.steps * (1 - plan.decay_from))
    return plan.learning_rate * max(0.01, min(1.0, left))


class TrainingLoop(Generic[Module]):
    """Trains `module` and keeps the moving average of its weights in `averaged`."""

    def __init__(self, plan: Plan, module: Module, folder: Path, seed: int) -> None:
        self.plan, self.module, self.seed = plan, module, seed
        self.device = next(module.parameters()).device
        self.averaged = copy.deepcopy(module).eval().requires_grad_(False)
        self.optimizers = build_optimizers(module, plan.learning_rate, plan.muon)
        self.path = folder / f"{plan.name}.pt"
        self.step = 0
        if self.path.exists():
            self._resume()

    def run(self, compute_loss: Callable[[int], Tensor], progress: Progress) -> Module:
        """Take the steps that are left; `compute_loss(step)` samples its own batch."""
        task = progress.add_task(self.plan.name, total=self.plan.steps, completed=self.step)
        saved, recent = time.monotonic(), 0.0
        while self.step < self.plan.steps:
            torch.manual_seed(self.seed * 1_000_003 + self.step)
            loss = self._take_step(compute_loss)
            recent = loss if recent == 0.0 else 0.98 * recent + 0.02 * loss
            progress.update(
                task, completed=self.step, description=f"{self.plan.name} loss {recent:.4f}"
            )
            if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                self._save()
                progress.console.log(f"{self.plan.name}: step {self.step}, loss {recent:.4f}")
                saved = time.monotonic()
        self._save()
        return self.averaged

    def _take_step(self, compute_loss: Callable[[int], Tensor]) -> float:
        loss = compute_loss(self.step)
        self.module.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(self.plan, self.step)
            optimizer.step()
        self.step += 1
        self._update_average()
        return loss.item()

    @torch.no_grad()
    def _update_average(self) -> None:
        keep = min(self.plan.ema_decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(
            list(self.averaged.parameters()),
            [weight.detach() for weight in self.module.parameters()],
            1 - keep,
        )

    def _save(self) -> None:
        state = {
            "step": self.step,
            "module": self.module.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        write_checkpoint(state, self.path)

    def _resume(self) -> None:
        state = torch.load(self.path, weights_only=True, map_location="cpu")
        self.step = state["step"]
        self.module.load_state_dict(state["module"])
        self.averaged.load_state_dict(state["averaged"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)


def steps_taken(folder: Path) -> dict[str, int]:
    """Return how many steps each stage has trained, from its checkpoint."""
    return {
        path.stem: torch.load(path, weights_only=True, mmap=True)["step"]
        for path in sorted(folder.glob("*.pt"))
        if path.stem in STAGES
    }
