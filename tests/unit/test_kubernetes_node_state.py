"""What keeps a node from taking workers: cordons, drains, missing drivers, lost kubelets."""

import pytest

from dashboard.fleet.kubernetes.node_state import describe_state
from dashboard.fleet.kubernetes.nodes import gpu_nodes
from tests.support.kubernetes_objects import recorded

CREATED = "2026-11-23T18:51:27Z"
LATER = "2026-11-23T19:51:27Z"


def tainted(key, value=None, effect="NoSchedule"):
    """Return a node that is ready but for one taint."""
    return recorded("node", spec={"taints": [{"key": key, "value": value, "effect": effect}]})


def ready(status, at=LATER):
    """Return a node with this status of its condition Ready, changed at this time."""
    changed = {"type": "Ready", "status": status, "lastTransitionTime": at}
    return recorded("node", status={"conditions": [changed]})


def labelled(**labels):
    """Return a node with labels of NVIDIA, whose names have dots in place of ``_``."""
    names = {f"nvidia.com/{name.replace('_', '.')}": value for name, value in labels.items()}
    return recorded("node", metadata={"labels": names})


CORDONED = recorded("node", spec={"unschedulable": True})
UPGRADING = recorded(
    "node", metadata={"labels": {"nvidia.com/gpu-driver-upgrade-state": "drain-required"}}
)
AKS_EVENT = {"type": "VMEventScheduled", "status": "True", "reason": "PreemptScheduled"}
AKS_EVICTED = recorded(
    "node", status={"conditions": [*recorded("node")["status"]["conditions"], AKS_EVENT]}
)
KARPENTER = "draining: Karpenter removes it"
AUTOSCALER = "draining: the cluster autoscaler removes it"
CLOUD = "draining: the cloud takes it back"
UNREACHABLE = "unreachable: its kubelet does not report"


@pytest.mark.parametrize(
    ("node", "state"),
    [
        (recorded("node"), "ready"),
        (CORDONED, "cordoned"),
        (tainted("karpenter.sh/disrupted"), KARPENTER),
        (tainted("karpenter.sh/disruption", "disrupting"), KARPENTER),
        (tainted("ToBeDeletedByClusterAutoscaler", "1732390000"), AUTOSCALER),
        (
            recorded(
                "node",
                spec={
                    "unschedulable": True,
                    "taints": [{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}],
                },
            ),
            AUTOSCALER,
        ),
        (
            tainted("DeletionCandidateOfClusterAutoscaler", "1732390000", "PreferNoSchedule"),
            "ready, may be removed soon",
        ),
        (tainted("cloud.google.com/impending-node-termination"), CLOUD),
        (tainted("aws-node-termination-handler/spot-itn", "x"), CLOUD),
        (AKS_EVICTED, CLOUD),
        (tainted("node.cloudprovider.kubernetes.io/shutdown"), "shut down"),
        (tainted("node.kubernetes.io/out-of-service", "nodeshutdown"), "out of service"),
        (tainted("node.cloudprovider.kubernetes.io/uninitialized", "true"), "joining"),
        (tainted("karpenter.sh/unregistered", None, "NoExecute"), "joining"),
        (tainted("node.cilium.io/agent-not-ready"), "joining"),
        (tainted("node.kubernetes.io/disk-pressure"), "short of disk space"),
        (tainted("nvidia.com/gpu", "present"), "ready"),
        (ready("False", CREATED), "joining"),
        (recorded("node", status={"conditions": []}), "joining"),
        (ready("False"), "not ready"),
        (ready("Unknown"), UNREACHABLE),
        (recorded("lost_node"), UNREACHABLE),
        (UPGRADING, "upgrading the GPU driver"),
        (
            recorded(
                "node", metadata={"deletionTimestamp": LATER, "finalizers": ["karpenter.sh/x"]}
            ),
            "being removed",
        ),
    ],
)
def test_state_names_why_a_node_takes_no_workers(node, state):
    """Whoever cordons, drains, reclaims or loses a node, the page has it in a few words."""
    assert describe_state(node, slots=1) == state


@pytest.mark.parametrize(
    ("node", "state"),
    [
        (recorded("node"), "waiting for the GPU driver"),
        (labelled(mig_config_state="pending"), "configuring MIG"),
        (labelled(mig_config_state="failed"), "with an invalid MIG configuration"),
        (labelled(gpu_product="NVIDIA-A100-MIG-INVALID"), "with an invalid MIG configuration"),
        (CORDONED, "cordoned, waiting for the GPU driver"),
    ],
)
def test_node_without_slots_says_what_is_missing(node, state):
    """A GPU node without GPUs waits for its driver, or for its MIG configuration."""
    assert describe_state(node, slots=0) == state


def test_only_nodes_that_take_workers_are_ready():
    """A cordoned node is not counted as ready; a candidate for removal is."""
    candidate = tainted("DeletionCandidateOfClusterAutoscaler", effect="PreferNoSchedule")
    nodes = gpu_nodes([CORDONED, candidate, recorded("node")], (), ())
    assert [node.ready for node in nodes] == [False, True, True]
