"""What the dashboard may do in a cluster, asked of the API server with its own login."""

import pytest

from dashboard.fleet.kubernetes.look import KINDS
from tests.cluster.deployed import NAMESPACE, Deployed

_READS = [kind.path.rpartition("/")[2] for kind in KINDS]
_REFUSED = (
    ("list", "secrets", NAMESPACE),
    ("get", "secrets/rabbitmq", NAMESPACE),
    ("list", "configmaps", NAMESPACE),
    ("delete", "pods", NAMESPACE),
    ("create", "pods", NAMESPACE),
    ("create", "pods/exec", NAMESPACE),
    ("patch", "deployments", NAMESPACE),
    ("patch", "scaledobjects.keda.sh", NAMESPACE),
    ("delete", "nodes", NAMESPACE),
    ("list", "pods", "default"),
    ("list", "pods", "kube-system"),
)


@pytest.mark.parametrize("resource", _READS)
def test_it_may_read_what_it_shows(deployed: Deployed, resource: str) -> None:
    """Every list that the dashboard asks for is given to its ServiceAccount."""
    assert deployed.dashboard_may("list", resource, NAMESPACE)


@pytest.mark.parametrize(("verb", "resource", "namespace"), _REFUSED)
def test_it_may_do_nothing_else(
    deployed: Deployed, verb: str, resource: str, namespace: str
) -> None:
    """Secrets, changes and other namespaces are refused."""
    assert not deployed.dashboard_may(verb, resource, namespace)
