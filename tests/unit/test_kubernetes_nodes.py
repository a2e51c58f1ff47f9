"""Conversion of the cluster's objects to GPU nodes."""

import pytest

from dashboard.fleet.kubernetes import nodes as conversion
from tests.support.kubernetes_objects import kept, merged, recorded

SLICE = {
    "spec": {
        "driver": "gpu.nvidia.com",
        "nodeName": "gpu-1",
        "devices": [{"name": "gpu-0", "attributes": {"productName": {"string": "NVIDIA L4"}}}],
    }
}


def gpu_nodes(nodes, slices, pods, claims=None):
    """Return the GPU nodes, by the fields that the dashboard keeps."""
    kinds = {"nodes": nodes, "slices": slices, "pods": pods, "claims": claims}
    return conversion.gpu_nodes(*(kept(kind, found) for kind, found in kinds.items()))


def node_with(resources, labels=None):
    """Return the recorded node with these resources and labels only."""
    node = recorded("node")
    node["metadata"]["labels"] = labels or {}
    node["status"]["capacity"] = node["status"]["allocatable"] = resources
    return node


def test_gpu_node_has_its_slots_and_their_use():
    """Product, slots, slots in use, spot and pool come from the node and the pods on it."""
    pods = [recorded("placed_pod"), recorded("unplaced_pod")]
    [node] = gpu_nodes([recorded("node")], (), pods)
    assert (node.name, node.product, node.ready) == ("gpu-1", "NVIDIA-L4", True)
    assert (node.slots, node.slots_used) == (2, 1)
    assert (node.capacity_type, node.pool) == ("spot", "gpu")
    assert (node.gpus, node.state) == (2, "ready")


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
    assert (node.gpus, node.state) == (None, "waiting for the GPU driver")


def test_dynamic_resource_allocation_reports_devices():
    """Devices of ResourceSlices are slots; their use is unknown without the claims."""
    [node] = gpu_nodes([node_with({"cpu": "4"})], [SLICE], ())
    assert (node.product, node.slots, node.slots_used) == ("NVIDIA L4", 1, None)
    assert (node.ready, node.gpus, node.capacity_type) == (True, 1, None)


def test_claims_use_the_devices_that_they_were_given():
    """A device counts once for each that a claim of the namespace has; monitors use none."""
    results = [
        {"driver": "gpu.nvidia.com", "pool": "gpu-1", "device": "gpu-0"},
        {"driver": "gpu.nvidia.com", "pool": "gpu-1", "device": "gpu-1", "adminAccess": True},
        {"driver": "gpu.nvidia.com", "pool": "gpu-9", "device": "gpu-0"},
    ]
    claims = [{"status": {"allocation": {"devices": {"results": results}}}}, {"spec": {}}]
    [node] = gpu_nodes([node_with({"cpu": "4"})], [SLICE], (), claims)
    assert (node.slots, node.slots_used) == (1, 1)


MIG_IN_SLICES = {
    "spec": {
        "driver": "gpu.nvidia.com",
        "nodeName": "gpu-1",
        "pool": {"name": "gpu-1", "generation": 2},
        "devices": [
            {
                "name": f"gpu-0-mig-1g5gb-{n}",
                "attributes": {"type": {"string": "mig"}, "parentUUID": {"string": "GPU-a"}},
            }
            for n in range(7)
        ],
    }
}


@pytest.mark.parametrize(
    ("slices", "slots", "gpus"),
    [
        pytest.param([MIG_IN_SLICES], 7, 1, id="MIG devices of one GPU"),
        pytest.param(
            [MIG_IN_SLICES, merged(SLICE, {"spec": {"pool": {"name": "gpu-1", "generation": 1}}})],
            7,
            1,
            id="a slice of an earlier generation of the pool",
        ),
        pytest.param(
            [
                merged(
                    MIG_IN_SLICES,
                    {
                        "spec": {
                            "devices": [
                                device | {"consumesCounters": [{"counterSet": "gpu-0"}]}
                                for device in MIG_IN_SLICES["spec"]["devices"]
                            ]
                        }
                    },
                )
            ],
            1,
            1,
            id="partitions that are made on demand: at least one at a time",
        ),
        pytest.param(
            [
                {
                    "spec": {
                        "driver": "gpu.amd.com",
                        "nodeName": "gpu-1",
                        "devices": [{"name": "gpu-1-128"}, {"name": "gpu-9-136"}],
                    }
                }
            ],
            2,
            2,
            id="AMD's driver",
        ),
        pytest.param(
            [
                {
                    "spec": {
                        "driver": "gpu.intel.com",
                        "nodeName": "gpu-1",
                        "devices": [
                            {"name": "0000-03-00-0", "basic": {"attributes": {"model": {}}}}
                        ],
                    }
                }
            ],
            1,
            1,
            id="Intel's driver, by an earlier version of the API",
        ),
    ],
)
def test_devices_are_told_apart_from_gpus(slices, slots, gpus):
    """Several devices may be parts of one GPU, and outdated slices count no more."""
    [node] = gpu_nodes([node_with({"cpu": "4"})], slices, ())
    assert (node.slots, node.gpus) == (slots, gpus)


@pytest.mark.parametrize("driver", ["compute-domain.nvidia.com", "dra.net", "tpu.google.com"])
def test_devices_that_are_no_gpus_are_left_out(driver):
    """Network devices, compute domains and TPUs are allocated dynamically as well."""
    other = merged(SLICE, {"spec": {"driver": driver}})
    assert gpu_nodes([node_with({"cpu": "4"})], [other], ()) == ()


@pytest.mark.parametrize(
    ("resources", "limits", "slots", "used"),
    [
        pytest.param(
            {"nvidia.com/gpu": "0", "nvidia.com/mig-1g.5gb": "7"},
            {"nvidia.com/mig-1g.5gb": "2"},
            7,
            2,
            id="MIG, mixed strategy",
        ),
        pytest.param(
            {"nvidia.com/mig-3g.20gb": "1", "nvidia.com/mig-2g.10gb": "2", "nvidia.com/gpu": "3"},
            {"nvidia.com/mig-2g.10gb": "1"},
            6,
            1,
            id="MIG devices of several sizes beside whole GPUs",
        ),
        pytest.param({"nvidia.com/mig-1g.10gb.me": "2"}, {}, 2, 0, id="MIG with media engines"),
        pytest.param({"amd.com/gpu": "8"}, {"amd.com/gpu": "1"}, 8, 1, id="AMD"),
        pytest.param({"amd.com/cpx_nps4": "64"}, {"amd.com/cpx_nps4": "3"}, 64, 3, id="AMD, CPX"),
        pytest.param(
            {"gpu.intel.com/i915": "2", "gpu.intel.com/i915_monitoring": "1"},
            {"gpu.intel.com/i915": "1"},
            2,
            1,
            id="Intel; its monitoring resource is no GPU",
        ),
        pytest.param(
            {"gpu.intel.com/xe": "1", "gpu.intel.com/millicores": "1000"},
            {"gpu.intel.com/xe": "1", "gpu.intel.com/millicores": "500"},
            1,
            1,
            id="Intel with fractional resources",
        ),
        pytest.param({"habana.ai/gaudi": "8"}, {"habana.ai/gaudi": "1"}, 8, 1, id="Gaudi"),
        pytest.param(
            {"nvidia.com/gpu.shared": "4"}, {"nvidia.com/gpu.shared": "1"}, 4, 1, id="MPS"
        ),
        pytest.param(
            {"nvidia.com/rtx-3080": "2"}, {"nvidia.com/rtx-3080": "1"}, 2, 1, id="renamed"
        ),
        pytest.param(
            {"example.com/shared-gpu": "4"}, {"example.com/shared-gpu": "1"}, 4, 1, id="own domain"
        ),
        pytest.param({"k8s.amazonaws.com/vgpu": "10"}, {}, 10, 0, id="AWS's virtual GPUs"),
        pytest.param(
            {"nvidia.com/gpu": "10", "nvidia.com/rdma_shared_a": "63", "nvidia.com/hostdev": "8"},
            {"nvidia.com/gpu": "1", "nvidia.com/gpumem": "3000", "nvidia.com/gpucores": "30"},
            10,
            1,
            id="HAMi's amounts, and network devices",
        ),
        pytest.param(
            {"aliyun.com/gpu-mem": "45", "aliyun.com/gpu-count": "3"},
            {"aliyun.com/gpu-mem": "4"},
            3,
            None,
            id="Alibaba's shared memory: which GPUs a pod uses is unknown",
        ),
    ],
)
def test_slots_of_any_device_plugin_are_counted(resources, limits, slots, used):
    """A node has the slots of any vendor and any sharing, and a pod uses as many as it requests."""
    pod = recorded("placed_pod")
    pod["spec"]["containers"][0]["resources"] = {"limits": limits}
    [node] = gpu_nodes([node_with(resources)], (), [pod])
    assert (node.slots, node.slots_used, node.state) == (slots, used, "ready")


@pytest.mark.parametrize(
    "resources",
    [
        {"google.com/tpu": "4"},
        {"aws.amazon.com/neuron": "1"},
        {"nvidia.com/hostdev": "8"},
        {"rdma/hca_shared_devices_a": "63"},
        {"amd.com/xilinx_u250": "1"},
        {"cpu": "4", "hugepages-2Mi": "0"},
    ],
)
def test_other_extended_resources_are_no_gpus(resources):
    """TPUs, network devices and FPGAs do not make a GPU node."""
    assert gpu_nodes([node_with(resources)], (), ()) == ()


@pytest.mark.parametrize(
    "label",
    [
        {"nvidia.com/gpu.present": "true"},
        {"feature.node.kubernetes.io/pci-10de.present": "true"},
        {"feature.node.kubernetes.io/pci-0302_10de.present": "true"},
        {"feature.node.kubernetes.io/amd-gpu": "true"},
        {"intel.feature.node.kubernetes.io/gpu": "true"},
        {"cloud.google.com/gke-accelerator": "nvidia-l4"},
        {"karpenter.k8s.aws/instance-gpu-name": "a10g"},
        {"kubernetes.azure.com/accelerator": "nvidia"},
        {"amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM"},
        {"kops.k8s.io/gpu": "1"},
    ],
)
def test_node_joins_before_its_driver(label):
    """A label announces GPUs before a device plugin reports them, whoever sets the label."""
    [node] = gpu_nodes([node_with({"cpu": "4"}, label)], (), ())
    assert (node.slots, node.ready, node.state) == (0, False, "waiting for the GPU driver")


def test_label_that_denies_gpus_announces_none():
    """GPU feature discovery labels nodes without GPUs, too."""
    assert gpu_nodes([node_with({"cpu": "4"}, {"nvidia.com/gpu.present": "false"})], (), ()) == ()


def test_init_containers_use_slots_before_the_others():
    """A pod holds the most that runs at a time: sidecars beside the containers, others before."""
    gpu = {"resources": {"limits": {"nvidia.com/gpu": "1"}}}
    before = [{"name": "check"} | gpu, {"name": "exporter", "restartPolicy": "Always"} | gpu]
    pod = recorded("placed_pod", spec={"initContainers": before})
    assert gpu_nodes([recorded("node")], (), [pod])[0].slots_used == 2


def test_pod_with_a_fraction_of_a_gpu_makes_the_use_unknown():
    """Schedulers that share GPUs by annotation do not say which; that is not zero."""
    pod = recorded("placed_pod", metadata={"annotations": {"gpu-fraction": "0.5"}})
    pod["spec"]["containers"][0]["resources"] = {}
    assert gpu_nodes([recorded("node")], (), [pod])[0].slots_used is None
