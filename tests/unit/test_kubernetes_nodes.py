"""Conversion of the cluster's objects to GPU nodes."""

from dashboard.fleet.kubernetes.nodes import gpu_nodes
from tests.support.kubernetes_objects import recorded

SLICE = {
    "spec": {
        "driver": "gpu.nvidia.com",
        "nodeName": "gpu-1",
        "devices": [{"name": "gpu-0", "attributes": {"productName": {"string": "NVIDIA L4"}}}],
    }
}


def test_gpu_node_has_its_slots_and_their_use():
    """Product, slots, slots in use, spot and pool come from the node and the pods on it."""
    pods = [recorded("placed_pod"), recorded("unplaced_pod")]
    [node] = gpu_nodes([recorded("node")], (), pods)
    assert (node.name, node.product, node.ready) == ("gpu-1", "NVIDIA-L4", True)
    assert (node.slots, node.slots_used) == (2, 1)
    assert (node.spot, node.pool) == (True, "gpu")


def test_finished_pod_uses_no_gpu():
    """Kubernetes keeps finished pods, but their GPUs are free."""
    done = recorded("placed_pod", status={"phase": "Succeeded"})
    assert gpu_nodes([recorded("node")], (), [done])[0].slots_used == 0


def test_use_of_slots_is_unknown_without_pods():
    """If pods cannot be listed, the use of GPUs is unknown, not zero."""
    assert gpu_nodes([recorded("node")], None, None)[0].slots_used is None


def test_lost_node_is_not_ready():
    """A node whose kubelet stopped reporting, as a real controller marks it, is not ready."""
    assert not gpu_nodes([recorded("lost_node")], (), ())[0].ready


def test_node_without_gpus_is_left_out():
    """The nodes of the broker and the dashboard are not GPU nodes."""
    plain = recorded("node")
    plain["metadata"]["labels"] = {"kubernetes.io/arch": "amd64"}
    plain["status"]["capacity"] = plain["status"]["allocatable"] = {"cpu": "4"}
    assert gpu_nodes([plain], (), ()) == ()


def test_node_without_driver_has_no_slots_yet():
    """A node whose labels announce GPUs is shown without slots until its driver runs."""
    joining = recorded("node")
    joining["status"]["capacity"] = joining["status"]["allocatable"] = {"cpu": "4"}
    [node] = gpu_nodes([joining], (), ())
    assert (node.slots, node.slots_used, node.ready) == (0, 0, False)


def test_dynamic_resource_allocation_reports_devices():
    """Devices of ResourceSlices are slots; their use is unknown."""
    plain = recorded("node")
    plain["metadata"]["labels"] = {}
    plain["status"]["capacity"] = plain["status"]["allocatable"] = {"cpu": "4"}
    [node] = gpu_nodes([plain], [SLICE], ())
    assert (node.product, node.slots, node.slots_used) == ("NVIDIA L4", 1, None)
    assert node.ready
    assert node.spot is None


def test_spot_is_unknown_without_a_cloud_providers_labels():
    """A provider that labels pools labels spot nodes; without labels it is unknown."""
    node = recorded("node")
    node["metadata"]["labels"] = {"cloud.google.com/gke-nodepool": "gpu"}
    assert gpu_nodes([node], (), ())[0].spot is False
    node["metadata"]["labels"] = {}
    assert gpu_nodes([node], (), ())[0].spot is None
