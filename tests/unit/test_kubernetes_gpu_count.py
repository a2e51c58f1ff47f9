"""How many GPUs a node has, however many slots they are divided into."""

import pytest

from dashboard.fleet.kubernetes.gpu_count import gpu_count
from tests.support.kubernetes_objects import recorded

A100 = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", "nvidia.com/gpu.count": "7"}
HAMI = (
    "GPU-0fc3eda5-e98b-a25b-5b0d-cf5c855d1448,10,46068,100,NVIDIA-A40,0,true:"
    "GPU-1afede84-4e70-2174-49af-f07ebb94d1ae,10,46068,100,NVIDIA-A40,0,true:"
)


def node_with(resources, labels, annotations=None):
    """Return the recorded node with these resources, labels and annotations only."""
    node = recorded("node", metadata={"annotations": annotations or {}})
    node["metadata"]["labels"] = labels
    node["status"]["capacity"] = node["status"]["allocatable"] = resources
    return node


@pytest.mark.parametrize(
    ("resources", "labels", "gpus"),
    [
        pytest.param({"nvidia.com/gpu": "2"}, {}, 2, id="whole GPUs"),
        pytest.param({"amd.com/gpu": "8"}, {}, 8, id="AMD"),
        pytest.param(
            {"nvidia.com/gpu": "4"},
            {
                "nvidia.com/gpu.count": "1",
                "nvidia.com/gpu.replicas": "4",
                "nvidia.com/gpu.product": "NVIDIA-L4-SHARED",
            },
            1,
            id="one GPU, time-sliced into four slots",
        ),
        pytest.param(
            {"nvidia.com/gpu.shared": "8"}, {"nvidia.com/gpu.replicas": "4"}, 2, id="replicas only"
        ),
        pytest.param({"nvidia.com/gpu.shared": "8"}, {}, None, id="shared, by how many is unknown"),
        pytest.param(
            {"nvidia.com/gpu": "20"},
            {"nvidia.com/gpu.count": "2", "nvidia.com/gpu.sharing-strategy": "mps"},
            2,
            id="MPS",
        ),
        pytest.param(
            {"nvidia.com/gpu": "6"},
            {
                "cloud.google.com/gke-accelerator": "nvidia-l4",
                "cloud.google.com/gke-max-shared-clients-per-gpu": "3",
            },
            2,
            id="GKE's time-sharing",
        ),
        pytest.param(
            {"nvidia.com/gpu": "14"},
            {"cloud.google.com/gke-gpu-partition-size": "1g.5gb"},
            2,
            id="GKE's partitions",
        ),
        pytest.param(
            {"nvidia.com/gpu": "28"},
            {
                "cloud.google.com/gke-gpu-partition-size": "1g.5gb",
                "cloud.google.com/gke-max-shared-clients-per-gpu": "2",
            },
            2,
            id="GKE's partitions, shared",
        ),
        pytest.param({"nvidia.com/gpu": "7"}, A100, 1, id="MIG single: the label counts devices"),
        pytest.param(
            {"nvidia.com/gpu": "16"},
            {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb"},
            8,
            id="two devices for each of eight GPUs",
        ),
        pytest.param(
            {"nvidia.com/gpu": "8"},
            {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.10gb"},
            2,
            id="a profile with two memory slices",
        ),
        pytest.param(
            {"nvidia.com/gpu": "0", "nvidia.com/mig-1g.5gb": "7"}, {}, 1, id="MIG mixed, no labels"
        ),
        pytest.param(
            {
                "nvidia.com/mig-3g.20gb": "1",
                "nvidia.com/mig-2g.10gb": "1",
                "nvidia.com/mig-1g.5gb": "2",
            },
            {},
            1,
            id="profiles that share one GPU",
        ),
        pytest.param(
            {"nvidia.com/gpu": "3", "nvidia.com/mig-1g.5gb": "2"},
            {"nvidia.com/gpu.count": "4", "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"},
            4,
            id="MIG mixed: the label counts whole GPUs",
        ),
        pytest.param({"amd.com/cpx_nps4": "64"}, {}, 8, id="AMD's partitions: eight of each GPU"),
        pytest.param(
            {"gpu.intel.com/i915": "10"},
            {"gpu.intel.com/device-id.0300-56c0.count": "1"},
            1,
            id="Intel, shared",
        ),
        pytest.param(
            {"cpu": "4"}, {"karpenter.k8s.aws/instance-gpu-count": "4"}, 4, id="before the driver"
        ),
        pytest.param(
            {"cpu": "4"}, {"cloud.google.com/gke-accelerator": "nvidia-l4"}, None, id="GKE"
        ),
    ],
)
def test_gpus_are_told_apart_from_slots(resources, labels, gpus):
    """Clouds bill GPUs, and slots of one GPU are billed once; what nothing tells is unknown."""
    assert gpu_count(node_with(resources, labels)) == gpus


def test_gpus_that_hami_offers_many_times_are_counted_once():
    """HAMi's device plugin lists its GPUs in an annotation, and offers each ten times."""
    annotations = {"hami.io/node-nvidia-register": HAMI}
    assert gpu_count(node_with({"nvidia.com/gpu": "20"}, {}, annotations)) == 2


def test_unhealthy_gpus_are_billed():
    """A GPU that its device plugin reports as unhealthy is no slot, but is still rented."""
    node = node_with({"nvidia.com/gpu": "2"}, {})
    node["status"]["allocatable"] = {"nvidia.com/gpu": "1"}
    assert gpu_count(node) == 2
