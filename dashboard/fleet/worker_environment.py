"""The environment variables of the local workers' processes."""

import os

from pydantic import SecretStr

from core.settings import Settings


def as_environment(settings: Settings) -> dict[str, str]:
    """Convert settings to the environment variables from which they are read."""
    return {name.upper(): _plain(value) for name, value in settings.model_dump().items()}


def worker_environment(name: str, settings: Settings, gpu: str | None) -> dict[str, str]:
    """Return the environment of a worker's process, on one GPU if named."""
    overrides = {
        "DATA_DIR": str(settings.data_dir.resolve()),
        "STOP_WITH_PARENT": "1",
        "WORKER_NAME": name,
        "WORKER_PORT": "",  # one port cannot serve several workers
        "PYTHONUNBUFFERED": "1",
    }
    # The dashboard's settings, so that a worker never reads a different .env file.
    device = {"CUDA_VISIBLE_DEVICES": gpu} if gpu else {}
    return os.environ | as_environment(settings) | overrides | device


def _plain(value: object) -> str:
    if value is None:
        return ""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
