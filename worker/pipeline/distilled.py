"""Recognize models that are distilled to few steps, by their scheduler and configuration."""

from typing import Any

_TURBO_SCHEDULERS = ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler")
_CONSISTENCY_SCHEDULERS = ("LCMScheduler", "TCDScheduler", "FlowMatchLCMScheduler")
_FEW_STEPS = 4


def distilled_steps(pipeline: Any) -> int | None:
    """Return the steps that a distilled model was made for; None for other models."""
    if _is_turbo(pipeline):
        return 1
    if _is_consistency_model(pipeline) or _is_distilled_flow(pipeline):
        return _FEW_STEPS
    return None


def distilled_guidance(pipeline: Any) -> float:
    """Return the guidance of a distilled model that does not have it as an input.

    Its pictures already are guided. Pipelines guide only above 1.
    """
    return 0.0 if _is_turbo(pipeline) or ignores_guidance(pipeline) else 1.0


def has_guidance_input(pipeline: Any) -> bool:
    """Return whether guidance is an input of the denoiser, as in LCM and FLUX.1-dev."""
    config = denoiser_config(pipeline)
    return bool(config.get("guidance_embeds") or config.get("time_cond_proj_dim"))


def ignores_guidance(pipeline: Any) -> bool:
    """Return whether guidance has no effect: no input of the denoiser, and not computed.

    So it is in FLUX.1-schnell and FLUX.2-klein.
    """
    if pipeline.config.get("is_distilled"):
        return True
    computes_it = hasattr(type(pipeline), "do_classifier_free_guidance")
    return denoiser_config(pipeline).get("guidance_embeds") is False and not computes_it


def denoiser_config(pipeline: Any) -> dict[str, Any]:
    """Return the configuration of the UNet or transformer; empty if there is neither."""
    denoiser = getattr(pipeline, "unet", None) or getattr(pipeline, "transformer", None)
    return dict(getattr(denoiser, "config", None) or {})


def _is_turbo(pipeline: Any) -> bool:
    """Return whether a scheduler is that of SD-Turbo and SDXL-Turbo.

    They start at the last timestep ("trailing") with Euler's method; the models that they are
    distilled from do not. Models trained for it (zero terminal SNR) predict velocity instead.
    """
    config = pipeline.scheduler.config
    return (
        type(pipeline.scheduler).__name__ in _TURBO_SCHEDULERS
        and config.get("timestep_spacing") == "trailing"
        and config.get("prediction_type") == "epsilon"
        and not config.get("rescale_betas_zero_snr")
    )


def _is_consistency_model(pipeline: Any) -> bool:
    return type(pipeline.scheduler).__name__ in _CONSISTENCY_SCHEDULERS


def _is_distilled_flow(pipeline: Any) -> bool:
    """Return whether a model is FLUX.1-schnell or FLUX.2-klein, by its configuration.

    Unlike FLUX.1-dev, FLUX.1-schnell has no guidance input and does not shift by the size.
    """
    if pipeline.config.get("is_distilled"):
        return True
    is_flux = type(getattr(pipeline, "transformer", None)).__name__ == "FluxTransformer2DModel"
    shifts = pipeline.scheduler.config.get("use_dynamic_shifting")
    return is_flux and ignores_guidance(pipeline) and not shifts
