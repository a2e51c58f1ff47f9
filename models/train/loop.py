"""The training loop that every part shares: schedule, moving average, checkpoints, resume."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.progress import Progress
from torch import Tensor, nn

from models.train.optimizer import optimizers

SAVE_SECONDS = 120
WARM_UP = 100
PARTS = ("text", "judge", "decoder", "unet", "distill", "refine")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast one part trains.

    `average` is the decay of the moving average, `decay_from` the share of the steps after which
    the rate falls, `turn` whether Muon trains the hidden weights.
    """

    name: str
    steps: int
    rate: float
    average: float = 0.0
    decay_from: float = 0.6
    turn: bool = False


def rate_at(plan: Plan, step: int) -> float:
    """Return the learning rate: a warm-up, a plateau, then a straight way down to a hundredth.

    The plateau does not depend on the number of steps, so a run can be made longer later.
    """
    if step < WARM_UP:
        return plan.rate * (step + 1) / WARM_UP
    left = (plan.steps - step) / (plan.steps * (1 - plan.decay_from))
    return plan.rate * max(0.01, min(1.0, left))


class Loop:
    """Trains `module` and keeps the moving average of its weights in `averaged`."""

    def __init__(self, plan: Plan, module: nn.Module, folder: Path, seed: int) -> None:
        self.plan, self.module, self.seed = plan, module, seed
        self.averaged = copy.deepcopy(module).eval().requires_grad_(False)
        self.optimizers = optimizers(module, plan.rate, plan.turn)
        self.path = folder / f"{plan.name}.pt"
        self.step = 0
        if self.path.exists():
            self._resume()

    def run(self, loss_of: Callable[[int], Tensor], progress: Progress) -> nn.Module:
        """Take the steps that are left; `loss_of(step)` draws its own batch. Return `averaged`."""
        task = progress.add_task(self.plan.name, total=self.plan.steps, completed=self.step)
        saved, recent = time.monotonic(), 0.0
        while self.step < self.plan.steps:
            torch.manual_seed(self.seed * 1_000_003 + self.step)
            loss = self._take_step(loss_of)
            recent = loss if recent == 0.0 else 0.98 * recent + 0.02 * loss
            progress.update(
                task, completed=self.step, description=f"{self.plan.name} loss {recent:.4f}"
            )
            if time.monotonic() - saved > SAVE_SECONDS:
                self._save()
                progress.console.log(f"{self.plan.name}: step {self.step}, loss {recent:.4f}")
                saved = time.monotonic()
        self._save()
        return self.averaged

    def _take_step(self, loss_of: Callable[[int], Tensor]) -> float:
        loss = loss_of(self.step)
        self.module.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate_at(self.plan, self.step)
            optimizer.step()
        self.step += 1
        self._average()
        return loss.item()

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.plan.average, (1 + self.step) / (10 + self.step))
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
        fresh = self.path.with_suffix(".new")
        torch.save(state, fresh)
        fresh.replace(self.path)

    def _resume(self) -> None:
        state = torch.load(self.path, weights_only=True, map_location="cpu")
        self.step = state["step"]
        self.module.load_state_dict(state["module"])
        self.averaged.load_state_dict(state["averaged"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)


def steps_taken(folder: Path) -> dict[str, int]:
    """Return how many steps each part has trained, from its checkpoint."""
    return {
        path.stem: torch.load(path, weights_only=True, mmap=True)["step"]
        for path in sorted(folder.glob("*.pt"))
        if path.stem in PARTS
    }
