"""Fixtures that every test may use; each server has a module of its own."""

import os
import signal

from hypothesis import HealthCheck, settings

# Before torch is imported, here and in the workers that tests start: those share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Where tests run in a shell's background, Ctrl+C is ignored, also in the commands they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = [
    "tests.support.chromium",
    "tests.support.dashboard_server",
    "tests.support.minio_server",
    "tests.support.rabbitmq_server",
    "tests.support.cluster.fixtures",
]

# A busy machine is no failure: speed is measured in bench/.
settings.register_profile("any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any pace")


def pytest_xdist_auto_num_workers() -> int:
    """Start one process more than there are cores: tests often wait for what they started."""
    return os.cpu_count() + 1
