"""Select the device: the configured one, or the best that is available."""

from collections.abc import Callable

import torch

from core.errors import SettingsError, first_line
from worker.generator import DeviceLost


def choose_device(name: str | None) -> str:
    """Return ``cuda``, ``mps`` or ``cpu``. Raises SettingsError if ``name`` is not available."""
    available = [device for device, is_available in _devices().items() if is_available()]
    if name is None:
        return available[0]
    if name not in available:
        raise SettingsError(
            f"DEVICE is {name}, but PyTorch {torch.__version__} finds only "
            f"{' and '.join(available)}. Check the driver, or leave DEVICE unset."
        )
    return name


def require_kernels(device: str) -> None:
    """Compute something, so that an unusable device is found before the model is read.

    Raises DeviceLost if the device fails, or this build of PyTorch has no kernels for it.
    """
    try:
        (torch.zeros(1, device=device) + 1).item()
    except RuntimeError as error:
        if "no kernel image" in str(error):
            raise DeviceLost(_no_kernels()) from None
        raise DeviceLost(f"The device {device} failed: {first_line(error)}") from None


def product_name(device: str) -> str:
    """Return the product name of the GPU, or ``device`` if it is none."""
    return str(torch.cuda.get_device_name()) if device == "cuda" else device


def gpu_uuid(device: str) -> str | None:
    """Return the UUID of the NVIDIA GPU, as its driver lists it; None for other devices."""
    if device != "cuda" or torch.version.hip:
        return None
    return f"GPU-{torch.cuda.get_device_properties(torch.cuda.current_device()).uuid}"


def _no_kernels() -> str:
    major, minor = torch.cuda.get_device_capability()
    built_for = ", ".join(torch.cuda.get_arch_list())
    return (
        f"PyTorch {torch.__version__} has no kernels for {product_name('cuda')} (compute "
        f"capability {major}.{minor}); it is built for {built_for}. Use another GPU, another "
        "build of PyTorch, or DEVICE=cpu."
    )


def _devices() -> dict[str, Callable[[], bool]]:
    """Return the availability check of each device, best first."""
    return {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
        "cpu": lambda: True,
    }
