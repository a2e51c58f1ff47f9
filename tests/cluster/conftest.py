"""The app in the cluster, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.deployed import Deployed
from tests.minio_server import MinioServer
from tests.rabbitmq_server import RabbitServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one process, since they share a cluster."""
    for item in items:
        if "tests/cluster" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("cluster"))


@pytest.fixture(scope="session")
def deployed(
    cluster: Cluster, rabbitmq: RabbitServer, minio_server: MinioServer
) -> Iterator[Deployed]:
    """Do what `make deploy` does."""
    app = Deployed(cluster, rabbitmq, minio_server)
    app.deploy("app")
    return app
