"""How a node's machine is rented, and the pool that it belongs to, by the labels of clouds.

Sources:
    GKE, EKS, AKS, OKE, ACK, Yandex, Karpenter, Cluster API, OpenShift, Cast AI, Ocean, kOps and
    eksctl label or taint their spot nodes; several name the key ``…/lifecycle`` or ``…/spot``.
"""

import re
from collections.abc import Iterable, Mapping

from dashboard.domain.fleet import CapacityType
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import labels_of, taints_of

_SPOT_KEY = re.compile(r"(.*[-_.])?(spot|spot-instance|spot-worker|interruptible(-instance)?)")
_PREEMPTIBLE_KEY = re.compile(r"(.*[-_.])?preemptible")
_TYPE_KEY = re.compile(
    r"(.*[-_.])?(capacity-?type|lifecycle|gke-provisioning|scalesetpriority|spot-strategy"
    r"|purchase-?option|(instance-)?market-?type|billing-?type|instance-?charge-?type)",
    re.IGNORECASE,
)
_TYPES: Mapping[str, CapacityType] = {
    "spot": "spot",
    "ec2spot": "spot",
    "spotaspricego": "spot",
    "spotwithpricelimit": "spot",
    "lowpriority": "spot",
    "preemptible": "preemptible",
    "preempt": "preemptible",
    "ondemand": "on demand",
    "od": "on demand",
    "normal": "on demand",
    "standard": "on demand",
    "regular": "on demand",
    "nospot": "on demand",
    "reserved": "reserved",
    "reservation": "reserved",
    "capacityblock": "reserved",
}
_LABELLING_POOLS = (
    "cloud.google.com/gke-nodepool",
    "karpenter.sh/nodepool",
    "karpenter.sh/provisioner-name",
    "eks.amazonaws.com/nodegroup",
    "kubernetes.azure.com/agentpool",
    "doks.digitalocean.com/node-pool",
    "lke.linode.com/pool-id",
    "k8s.scaleway.com/pool-name",
    "nodepool.k8s.ovhcloud.com/name",
)
"""Pools of clouds and autoscalers that label each spot node, or have none."""
_OTHER_POOLS = (
    "alpha.eksctl.io/nodegroup-name",
    "kops.k8s.io/instancegroup",
    "agentpool",
    "nodepool",
    "node.alibabacloud.com/nodepool-id",
    "alibabacloud.com/nodepool-id",
    "oci.oraclecloud.com/node-pool-name",
    "vke.vultr.com/node-pool",
    "kubernetes.civo.com/civo-node-pool",
    "node.exoscale.net/nodepool-name",
    "ibm-cloud.kubernetes.io/worker-pool-name",
    "yandex.cloud/node-group-id",
    "cloud.tencent.com/node-pool-id",
    "machine.openshift.io/cluster-api-machineset",
    "cluster.x-k8s.io/deployment-name",
)


def pool_of(node: Object) -> str | None:
    """Return the name of a node's pool; None without a label that names it."""
    labels = labels_of(node)
    names = (*_LABELLING_POOLS, *_OTHER_POOLS)
    return next((labels[name] for name in names if labels.get(name)), None)


def capacity_type(node: Object) -> CapacityType | None:
    """Return how a node's machine is rented; None if no label or taint states it."""
    found = set(_types([*labels_of(node).items(), *_taint_pairs(node)]))
    # GKE marks its spot nodes as provisioned in the standard way too, and others likewise.
    order: tuple[CapacityType, ...] = ("preemptible", "spot", "reserved", "on demand")
    if stated := next((each for each in order if each in found), None):
        return stated
    return "on demand" if any(name in labels_of(node) for name in _LABELLING_POOLS) else None


def _taint_pairs(node: Object) -> Iterable[tuple[str, str]]:
    return ((taint["key"], taint.get("value") or "true") for taint in taints_of(node))


def _types(pairs: Iterable[tuple[str, str]]) -> Iterable[CapacityType]:
    for key, value in pairs:
        name = key.rpartition("/")[2]
        is_set = value.lower() not in ("false", "0", "no")
        if _SPOT_KEY.fullmatch(name) and is_set:
            yield "spot"
        elif _PREEMPTIBLE_KEY.fullmatch(name) and is_set:
            yield "preemptible"
        elif _TYPE_KEY.fullmatch(name):
            stated = _TYPES.get(re.sub(r"[-_ ]", "", value).lower())
            yield from [stated] if stated else []
