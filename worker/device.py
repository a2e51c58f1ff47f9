"""Which device paints: what was asked for, or the best that is here."""

import torch

from core.errors import SettingsError


def choose_device(name: str | None) -> str:
    """Return ``cuda``, ``mps`` or ``cpu``; raises SettingsError if ``name`` is not here."""
    present = [device for device, here in _devices().items() if here()]
    if name is None:
        return present[0]
    if name not in present:
        raise SettingsError(
            f"DEVICE is {name}, but PyTorch {torch.__version__} finds only "
            f"{' and '.join(present)} here. Look at the driver, or leave DEVICE unset."
        )
    return name


def product_name(device: str) -> str:
    """Return the GPU's product name, or the device's own."""
    return torch.cuda.get_device_name() if device == "cuda" else device


def _devices() -> dict:
    return {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
        "cpu": lambda: True,
    }
