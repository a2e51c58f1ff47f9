"""Schedulers by the names that people use for them.

The names and their configurations are those of the table "A1111/k-diffusion to diffusers" in
https://huggingface.co/docs/diffusers/api/schedulers/overview.
"""

import inspect
from dataclasses import dataclass, field
from typing import Any

import diffusers

from core.errors import MessageError


@dataclass(frozen=True)
class _Scheduler:
    """A scheduler class of diffusers, and what differs from the configuration of the model's."""

    class_name: str
    overrides: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> Any:
        """The class itself."""
        return getattr(diffusers, self.class_name)


def _discrete(class_name: str, *, karras: bool = False, **overrides: Any) -> _Scheduler:
    return _Scheduler(class_name, {"use_karras_sigmas": karras, **overrides})


_MULTISTEP = "DPMSolverMultistepScheduler"
_SINGLESTEP = "DPMSolverSinglestepScheduler"
_ODE: dict[str, Any] = {"algorithm_type": "dpmsolver++"}
_SDE: dict[str, Any] = {"algorithm_type": "sde-dpmsolver++"}

_DISCRETE = {
    "Euler": _discrete("EulerDiscreteScheduler"),
    "Euler a": _discrete("EulerAncestralDiscreteScheduler"),
    "Heun": _discrete("HeunDiscreteScheduler"),
    "DPM2": _discrete("KDPM2DiscreteScheduler"),
    "DPM2 Karras": _discrete("KDPM2DiscreteScheduler", karras=True),
    "DPM2 a": _discrete("KDPM2AncestralDiscreteScheduler"),
    "DPM2 a Karras": _discrete("KDPM2AncestralDiscreteScheduler", karras=True),
    "DPM++ 2M": _discrete(_MULTISTEP, **_ODE),
    "DPM++ 2M Karras": _discrete(_MULTISTEP, karras=True, **_ODE),
    "DPM++ 2M SDE": _discrete(_MULTISTEP, **_SDE),
    "DPM++ 2M SDE Karras": _discrete(_MULTISTEP, karras=True, **_SDE),
    "DPM++ SDE": _discrete(_SINGLESTEP, **_SDE),
    "DPM++ SDE Karras": _discrete(_SINGLESTEP, karras=True, **_SDE),
    "DEIS": _discrete("DEISMultistepScheduler", algorithm_type="deis", solver_type="logrho"),
    "UniPC": _discrete("UniPCMultistepScheduler"),
    "DDIM": _discrete("DDIMScheduler"),
    "PNDM": _discrete("PNDMScheduler", skip_prk_steps=True),
    "LCM": _discrete("LCMScheduler"),
}
_FLOW = {
    "Euler": _discrete("FlowMatchEulerDiscreteScheduler"),
    "Heun": _Scheduler("FlowMatchHeunDiscreteScheduler"),
    **{name: _DISCRETE[name] for name in ("DPM++ 2M", "DEIS", "UniPC")},
}

_SCHEDULER_CHOOSES_SIGMAS = ("StableDiffusion3", "Sana")
"""Families whose pipelines leave the sigmas to the scheduler. Others pass their own, which not
every scheduler takes."""

_PASSES_TIMESTEPS = ("CogView4", "ZImage")
"""Families whose pipelines pass timesteps, or sigmas as a list, which only Euler takes."""


def available(pipeline: Any) -> tuple[str, ...]:
    """Return the names of the schedulers that work with a loaded pipeline."""
    return tuple(_compatible(pipeline))


def build(pipeline: Any, name: str, steps: int) -> Any:
    """Return a new scheduler of this name, with the configuration of the model's own.

    Raises MessageError if the pipeline has no such scheduler, or if it takes fewer steps.
    """
    schedulers = _compatible(pipeline)
    if name not in schedulers:
        raise MessageError(f"There is no scheduler {name} for this model.")
    scheduler, config = schedulers[name], pipeline.scheduler.config
    flow = _flow_overrides(config) if _predicts_flow(pipeline.scheduler) else {}
    built = scheduler.type.from_config(config, **flow, **scheduler.overrides)
    # LCM skips through the steps of the model that it was distilled from.
    limit = built.config.get("original_inference_steps", steps)
    if steps > limit:
        raise MessageError(f"The scheduler {name} takes at most {limit} steps, not {steps}.")
    if flow and not hasattr(built, "scale_noise"):
        built.scale_noise = lambda sample, timestep, noise: built.add_noise(sample, noise, timestep)
    return built


def _compatible(pipeline: Any) -> dict[str, _Scheduler]:
    # Combined pipelines hold another pipeline, which has its scheduler since it was loaded.
    own = None if hasattr(pipeline, "decoder_pipe") else getattr(pipeline, "scheduler", None)
    if isinstance(own, diffusers.FlowMatchEulerDiscreteScheduler):
        return {name: each for name, each in _FLOW.items() if _fits_flow(each, pipeline)}
    if own is None or not hasattr(own, "compatibles") or _has_learned_variance(own):
        return {}
    fits = _has_flow_sigmas if _predicts_flow(own) else _fits_discrete
    return {name: each for name, each in _DISCRETE.items() if fits(each, own)}


def _fits_discrete(scheduler: _Scheduler, own: Any) -> bool:
    # LCM belongs to no list, and samples any model that DDIM samples, given an LCM-LoRA.
    listed = "DDIMScheduler" if scheduler.class_name == "LCMScheduler" else scheduler.class_name
    names = {each.__name__ for each in own.compatibles}
    return scheduler.class_name == type(own).__name__ or listed in names


def _has_flow_sigmas(scheduler: _Scheduler, own: Any) -> bool:
    """Return whether the scheduler can compute flow sigmas, which Karras sigmas would replace."""
    return (
        _fits_discrete(scheduler, own)
        and "use_flow_sigmas" in _parameters(scheduler.type)
        and not scheduler.overrides["use_karras_sigmas"]
    )


def _has_learned_variance(scheduler: Any) -> bool:
    """Return whether the model predicts a variance, as DeepFloyd IF; few schedulers take it."""
    return scheduler.config.get("variance_type") in ("learned", "learned_range")


def _fits_flow(scheduler: _Scheduler, pipeline: Any) -> bool:
    family, taken = type(pipeline).__name__, _parameters(scheduler.type.set_timesteps)
    if family.startswith(_PASSES_TIMESTEPS):
        return {"sigmas", "mu", "timesteps"} <= taken
    if not family.startswith(_SCHEDULER_CHOOSES_SIGMAS):
        return {"sigmas", "mu"} <= taken
    return "mu" in taken or not pipeline.scheduler.config.use_dynamic_shifting


def _predicts_flow(scheduler: Any) -> bool:
    return (
        isinstance(scheduler, diffusers.FlowMatchEulerDiscreteScheduler)
        or scheduler.config.get("prediction_type") == "flow_prediction"
    )


def _flow_overrides(config: Any) -> dict[str, Any]:
    shift = config.get("shift", config.get("flow_shift", 1.0))
    return {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": shift}


def _parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters)
