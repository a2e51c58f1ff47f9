"""GPU nodes, told from the cluster's objects."""

from dashboard.fleet.kubernetes.nodes import gpu_nodes
from tests.support.kubernetes_objects import recorded

SLICE = {
    "spec": {
        "driver": "gpu.nvidia.com",
        "nodeName": "gpu-1",
        "devices": [{"name": "gpu-0", "attributes": {"productName": {"string": "NVIDIA L4"}}}],
    }
}


def test_a_gpu_node_tells_its_gpus_and_who_holds_them():
    """Product, slots, slots in use, spot and pool come from the node and the pods on it."""
    pods = [recorded("placed_pod"), recorded("unplaced_pod")]
    [node] = gpu_nodes([recorded("node")], (), pods)
    assert (node.name, node.product, node.ready) == ("gpu-1", "NVIDIA-L4", True)
    assert (node.slots, node.slots_used) == (2, 1)
    assert (node.spot, node.pool) == (True, "gpu")


def test_a_finished_pod_holds_no_gpu():
    """Pods that are kept as history use nothing."""
    done = recorded("placed_pod", status={"phase": "Succeeded"})
    assert gpu_nodes([recorded("node")], (), [done])[0].slots_used == 0


def test_unknown_pods_leave_the_use_unknown():
    """What cannot be counted is not zero."""
    assert gpu_nodes([recorded("node")], None, None)[0].slots_used is None


def test_a_lost_node_is_not_ready():
    """A node whose kubelet fell silent, as a real controller marked it, is not ready."""
    assert not gpu_nodes([recorded("lost_node")], (), ())[0].ready


def test_a_node_without_gpus_is_not_told():
    """The nodes of the broker and the dashboard are not GPU nodes."""
    plain = recorded("node")
    plain["metadata"]["labels"] = {"kubernetes.io/arch": "amd64"}
    plain["status"]["capacity"] = plain["status"]["allocatable"] = {"cpu": "4"}
    assert gpu_nodes([plain], (), ()) == ()


def test_a_node_whose_driver_is_not_there_yet_joins():
    """A machine made for GPUs is shown without a slot while its driver is installed."""
    joining = recorded("node")
    joining["status"]["capacity"] = joining["status"]["allocatable"] = {"cpu": "4"}
    [node] = gpu_nodes([joining], (), ())
    assert (node.slots, node.slots_used, node.ready) == (0, 0, False)


def test_dynamic_allocation_tells_the_devices():
    """Where devices are told by ResourceSlices, they are the slots; who holds them is unknown."""
    plain = recorded("node")
    plain["metadata"]["labels"] = {}
    plain["status"]["capacity"] = plain["status"]["allocatable"] = {"cpu": "4"}
    [node] = gpu_nodes([plain], [SLICE], ())
    assert (node.product, node.slots, node.slots_used) == ("NVIDIA L4", 1, None)
    assert node.ready
    assert node.spot is None


def test_spot_is_unknown_where_no_cloud_says_so():
    """A cloud that labels pools would label spot; a bare machine says nothing."""
    node = recorded("node")
    node["metadata"]["labels"] = {"cloud.google.com/gke-nodepool": "gpu"}
    assert gpu_nodes([node], (), ())[0].spot is False
    node["metadata"]["labels"] = {}
    assert gpu_nodes([node], (), ())[0].spot is None
