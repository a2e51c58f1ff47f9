"""The cluster fixture: one for each test process, with the real KEDA and servers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.cluster.credentials import services_of
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer

if TYPE_CHECKING:  # Kubernetes' client takes a second to import, and most tests need none
    from tests.support.cluster.cluster import Cluster


@pytest.fixture(scope="session")
def cluster(
    rabbitmq: RabbitServer, minio_server: MinioServer, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Cluster]":
    """Run a cluster; a test that stops a part of it restarts that part."""
    from tests.support.cluster.cluster import Cluster

    folder = tmp_path_factory.mktemp("cluster")
    running = Cluster(folder, services_of(rabbitmq, minio_server))
    try:
        running.start()
        yield running
    finally:
        running.stop()
