"""Fixtures of all tests; each server has a module of its own."""

import gc
import os
import signal

from hypothesis import HealthCheck, settings

# Set before torch is imported, also for the workers that tests start: they share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell ignores SIGINT in its background jobs, and commands that tests start inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = [
    "tests.support.certificates",
    "tests.support.chromium",
    "tests.support.dashboard_server",
    "tests.support.failure_report",
    "tests.support.minio_server",
    "tests.support.rabbitmq_server",
]

# Tests pass on a busy machine too; bench/ measures speed.
settings.register_profile("any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any pace")


# Each collection of all that the tests import takes half a second; they are kept anyway.
gc.disable()


def pytest_collection_finish() -> None:
    """Collect only what is created from here on."""
    gc.freeze()
    gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """Start one process more than there are cores: tests often wait for other processes."""
    return os.cpu_count() + 1
