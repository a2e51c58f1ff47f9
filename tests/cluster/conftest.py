"""The app in a cluster, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.cluster.cluster import Cluster
from tests.support.cluster.deployed import Deployed
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests first, so that one process runs them all and starts one cluster.

    With worksteal of pytest-xdist, processes take over tests from the end of each other's lists.
    """
    items.sort(key=lambda item: "tests/cluster/" not in item.path.as_posix())


@pytest.fixture(scope="session")
def deployed(
    cluster: Cluster, rabbitmq: RabbitServer, minio_server: MinioServer
) -> Iterator[Deployed]:
    """Deploy the app."""
    app = Deployed(cluster, rabbitmq, minio_server)
    app.deploy("app")
    return app
