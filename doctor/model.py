"""Check PyTorch's device and the model, where the worker's packages are installed."""

import os
from importlib.util import find_spec

from core.settings import Settings
from doctor.check import Result, failed, ok, skipped

_PACKAGES = ("torch", "diffusers", "worker")


def check_device(settings: Settings) -> Result:
    """Compute something on the device that a worker would use."""
    if missing := _missing():
        return skipped(missing)
    from worker.device import choose_device, product_name, require_kernels

    device = choose_device(settings.device)
    require_kernels(device)
    if device == "cpu" and (unused := _unused_gpu(settings)):
        return failed(unused)
    return ok(f"PyTorch computes on {product_name(device)}.")


def check_model(settings: Settings) -> Result:
    """Find the model's files, and compare their size with the free memory."""
    if missing := _missing():
        return skipped(missing)
    if settings.hf_token:
        os.environ["HF_TOKEN"] = settings.hf_token.get_secret_value()
    from worker.pipeline.availability import describe

    return ok(describe(settings))


def _missing() -> str | None:
    absent = [name for name in _PACKAGES if not find_spec(name)]
    return f"Only workers need this; not installed here: {', '.join(absent)}." if absent else None


def _unused_gpu(settings: Settings) -> str | None:
    """Return what to do if the driver has a GPU that PyTorch does not find."""
    hidden = settings.device == "cpu" or "CUDA_VISIBLE_DEVICES" in os.environ
    if hidden or not find_spec("pynvml"):
        return None
    import pynvml

    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError:
        return None
    return _CPU_BUILD if count else None


_CPU_BUILD = (
    "The driver has a GPU, but PyTorch finds none. Install its build with CUDA: remove the virtual "
    "environment and run TORCH=cuda make demo; as an image, build it with GPU=1. Or set DEVICE=cpu."
)
