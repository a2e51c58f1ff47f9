"""How a node's machine is rented, by the labels and taints of clouds and autoscalers."""

import pytest

from dashboard.fleet.kubernetes.capacity import capacity_type, pool_of
from tests.support.kubernetes_objects import recorded


def node_with(labels, taints=()):
    """Return the recorded node with these labels and taints only."""
    node = recorded("node", spec={"taints": list(taints)})
    node["metadata"]["labels"] = labels
    return node


@pytest.mark.parametrize(
    ("labels", "stated"),
    [
        ({"cloud.google.com/gke-spot": "true"}, "spot"),
        ({"cloud.google.com/gke-preemptible": "true"}, "preemptible"),
        (
            {"cloud.google.com/gke-nodepool": "a", "cloud.google.com/gke-preemptible": "true"},
            "preemptible",
        ),
        ({"cloud.google.com/gke-provisioning": "spot"}, "spot"),
        ({"cloud.google.com/gke-provisioning": "standard"}, "on demand"),
        ({"cloud.google.com/gke-nodepool": "gpu"}, "on demand"),
        ({"karpenter.sh/capacity-type": "spot"}, "spot"),
        ({"karpenter.sh/capacity-type": "on-demand"}, "on demand"),
        ({"karpenter.sh/capacity-type": "reserved"}, "reserved"),
        ({"eks.amazonaws.com/capacityType": "SPOT"}, "spot"),
        ({"eks.amazonaws.com/capacityType": "ON_DEMAND"}, "on demand"),
        ({"eks.amazonaws.com/capacityType": "CAPACITY_BLOCK"}, "reserved"),
        ({"kubernetes.azure.com/scalesetpriority": "spot"}, "spot"),
        ({"kubernetes.azure.com/agentpool": "gpu"}, "on demand"),
        ({"node.kubernetes.io/lifecycle": "spot"}, "spot"),
        ({"lifecycle": "Ec2Spot"}, "spot"),
        ({"node-lifecycle": "on-demand"}, "on demand"),
        ({"spotinst.io/node-lifecycle": "od"}, "on demand"),
        ({"node-role.kubernetes.io/spot-worker": "true"}, "spot"),
        ({"scheduling.cast.ai/spot": "true"}, "spot"),
        ({"oci.oraclecloud.com/oke-is-preemptible": "true"}, "preemptible"),
        ({"yandex.cloud/preemptible": "true"}, "preemptible"),
        ({"yandex.cloud/preemptible": "false"}, None),
        ({"machine.openshift.io/interruptible-instance": ""}, "spot"),
        ({"cluster.x-k8s.io/interruptible": ""}, "spot"),
        ({"node.alibabacloud.com/spot-strategy": "SpotAsPriceGo"}, "spot"),
        ({"node.alibabacloud.com/spot-strategy": "NoSpot"}, "on demand"),
        ({"nodepool.k8s.ovhcloud.com/name": "gpu"}, "on demand"),
        ({"alpha.eksctl.io/nodegroup-name": "gpu"}, None),
        ({"nodepool": "gpu"}, None),
        ({"kubernetes.io/arch": "amd64"}, None),
        ({}, None),
    ],
)
def test_capacity_type_is_read_from_any_clouds_labels(labels, stated):
    """Spot and preemptible machines are told by whoever labels them; otherwise it is unknown."""
    assert capacity_type(node_with(labels)) == stated


def test_capacity_type_is_read_from_taints():
    """A spot pool whose labels were replaced still has its taint."""
    taint = {
        "key": "kubernetes.azure.com/scalesetpriority",
        "value": "spot",
        "effect": "NoSchedule",
    }
    node = node_with({"kubernetes.azure.com/agentpool": "gpu"}, [taint])
    assert (capacity_type(node), pool_of(node)) == ("spot", "gpu")
