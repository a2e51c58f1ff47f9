"""The whole app on both pairs of backends: a real dashboard that starts real workers.

The tests of a module share each app, since a worker takes many seconds to load its model.
"""

from collections.abc import Iterator

import httpx
import pytest

from core.settings import Settings
from dashboard.fleet.worker_environment import as_environment
from tests.support.browser.presenter import ON_STAGE
from tests.support.conditions import wait_until
from tests.support.dashboard_server import Dashboard, running_dashboard
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer, new_vhost, settings_for

QUICK_FLEET = {"FLEET": "local", "MAX_WORKERS": "2", "COOLDOWN_PERIOD": "10"}


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start the app on SQLite and a folder."""
    with running_dashboard(tmp_path_factory.mktemp("laptop"), **QUICK_FLEET, **ON_STAGE) as app:
        yield app


@pytest.fixture(scope="module")
def vhost(rabbitmq: RabbitServer) -> Iterator[str]:
    """Create the vhost of the shared app."""
    with new_vhost(rabbitmq) as vhost:
        yield vhost


@pytest.fixture(scope="module")
def server_settings(rabbitmq: RabbitServer, vhost: str, minio_server: MinioServer) -> Settings:
    """Return settings with a new vhost of RabbitMQ and a new bucket of MinIO."""
    backends = (settings_for(rabbitmq, rabbitmq.amqp_url(vhost)), minio_server.settings())
    values = [each.model_dump(exclude_defaults=True) for each in backends]
    return Settings(_env_file=None, **(values[0] | values[1]))


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, server_settings: Settings
) -> Iterator[Dashboard]:
    """Start the app on RabbitMQ and MinIO, with local workers."""
    environment = as_environment(server_settings)
    del environment["DATA_DIR"]
    folder = tmp_path_factory.mktemp("servers")
    with running_dashboard(folder, **(environment | QUICK_FLEET | ON_STAGE)) as app:
        # The dashboard declares the queue, which other clients expect to exist.
        wait_until(lambda: httpx.get(f"{app.url}/readyz").is_success, what="queue and store answer")
        yield app


@pytest.fixture(scope="module", params=["laptop", "servers"])
def app(request: pytest.FixtureRequest) -> Dashboard:
    """Start the app, once on each pair of backends."""
    return request.getfixturevalue(request.param)
