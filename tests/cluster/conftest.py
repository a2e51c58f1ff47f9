"""One cluster for all tests of this folder, with the real KEDA and servers, and the app in it.

It is stopped after the last of them: an idle one still takes a sixth of two cores.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.cluster.cluster import Cluster
from tests.support.cluster.credentials import services_of
from tests.support.cluster.deployed import Deployed
from tests.support.conditions import CACHE
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer
from wire.backends import open_queue
from wire.queues.base import Queue

OPTIONAL_KINDS = CACHE / "optional-crds.yaml"
"""Written by `.ci/run`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests first, so that one process runs them all and starts one cluster.

    With worksteal of pytest-xdist, processes take over tests from the end of each other's lists.
    """
    items.sort(key=lambda item: "tests/cluster/" not in item.path.as_posix())


@pytest.fixture(scope="package")
def cluster(
    rabbitmq: RabbitServer, minio_server: MinioServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Run a cluster; a test that stops a part of it restarts that part."""
    running = Cluster(tmp_path_factory.mktemp("cluster"), services_of(rabbitmq, minio_server))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def deployed(
    cluster: Cluster, rabbitmq: RabbitServer, minio_server: MinioServer
) -> Iterator[Deployed]:
    """Deploy the app."""
    app = Deployed(cluster, rabbitmq, minio_server)
    app.deploy("app")
    return app


@pytest.fixture
def queue(deployed: Deployed) -> Iterator[Queue]:
    """Open the queue of the cluster's workers."""
    with closing(open_queue(deployed.settings)) as opened:
        yield opened


@pytest.fixture(scope="package")
def chart_requirements(cluster: Cluster) -> None:
    """Add what sets of values refer to: kinds of other projects."""
    kubectl = cluster.control_plane.kubectl
    kubectl("apply", "--server-side", "--filename", str(OPTIONAL_KINDS))
    kubectl("wait", "--for=condition=Established", "--filename", str(OPTIONAL_KINDS))
