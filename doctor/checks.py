"""The checks, in the order in which their results are printed."""

from collections.abc import Iterator
from functools import partial

from core.settings import Settings
from doctor.check import Check, Result, skipped
from doctor.cluster import check_rights, check_scaler
from doctor.machine import check_disk, check_driver, check_port
from doctor.model import check_device, check_model
from doctor.queue import check_management, check_queue
from doctor.store import check_store

SETTINGS = "settings"

_TORCH_SECONDS = 50.0
"""Importing PyTorch and diffusers takes up to half a minute from a cold disk."""

_FIRST = {
    "disk": check_disk,
    "port": check_port,
    "queue": check_queue,
    "management": check_management,
    "store": check_store,
    "rights": check_rights,
    "keda": check_scaler,
    "driver": check_driver,
}
_AFTER = {"device": check_device, "model": check_model}


def first_checks(settings: Settings) -> tuple[Check, ...]:
    """Return the checks that take moments, unless a server does not answer."""
    return tuple(Check(name, partial(run, settings)) for name, run in _FIRST.items())


def after_checks(settings: Settings) -> tuple[Check, ...]:
    """Return the checks that import PyTorch."""
    return tuple(
        Check(name, partial(run, settings), _TORCH_SECONDS) for name, run in _AFTER.items()
    )


def without_settings() -> Iterator[tuple[str, Result]]:
    """Return a result for each check that cannot run before the settings are valid."""
    for name in (*_FIRST, *_AFTER):
        yield name, skipped("The settings have to be valid first.")
