"""The whole app on both pairs of backends: a real dashboard that starts real workers."""

from collections.abc import Callable

import httpx
import pytest

from core.settings import Settings
from dashboard.fleet.worker_processes import as_environment
from tests.support.conditions import wait_until
from tests.support.dashboard_server import Dashboard

QUICK_FLEET = {"FLEET": "local", "MAX_WORKERS": "2", "COOLDOWN_PERIOD": "3"}


@pytest.fixture
def laptop(start_dashboard: Callable[..., Dashboard]) -> Dashboard:
    """Start the app on SQLite and a folder."""
    return start_dashboard(**QUICK_FLEET)


@pytest.fixture
def server_settings(rabbitmq_settings: Settings, minio_settings: Settings) -> Settings:
    """Return settings with a new vhost of RabbitMQ and a new bucket of MinIO."""
    backends = (rabbitmq_settings, minio_settings)
    values = [each.model_dump(exclude_defaults=True) for each in backends]
    return Settings(_env_file=None, **(values[0] | values[1]))


@pytest.fixture
def servers(start_dashboard: Callable[..., Dashboard], server_settings: Settings) -> Dashboard:
    """Start the app on RabbitMQ and MinIO, with local workers."""
    environment = as_environment(server_settings)
    del environment["DATA_DIR"]
    app = start_dashboard(**(environment | QUICK_FLEET))
    # The dashboard declares the queue, which other clients expect to exist.
    wait_until(lambda: httpx.get(f"{app.url}/readyz").is_success, what="queue and store answer")
    return app


@pytest.fixture(params=["laptop", "servers"])
def app(request: pytest.FixtureRequest) -> Dashboard:
    """Start the app, once on each pair of backends."""
    return request.getfixturevalue(request.param)
