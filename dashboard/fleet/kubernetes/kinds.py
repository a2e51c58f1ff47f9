"""The kinds of objects that are read."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Kind:
    """One kind of objects that is read."""

    name: str
    """The field of ``ClusterSnapshot``."""
    plural: str
    """The kind's name in sentences."""
    path: str
    """``{namespace}`` is replaced by the namespace."""
    fields: tuple[str, ...] = ()
    """What is kept of each object of a kind that is watched, beside its metadata; empty for a
    kind of few objects, which is listed at each poll."""
    every: float = 1.0
    """Seconds between two lists of a kind that cannot be watched."""
    selector: str = ""
    """The query parameter that narrows the list to the scaler named ``{scaler}``."""
    not_found: str | None = None
    """The error if the API has no such kind; None if that just means that there are none."""
    earlier_versions: tuple[str, ...] = ()
    """Versions that clusters have which do not have ``v1`` of it yet."""

    @property
    def is_watched(self) -> bool:
        """Whether changes are watched, since there may be many objects."""
        return bool(self.fields)

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the path of each version, the newest first."""
        earlier = (self.path.replace("/v1/", f"/{each}/", 1) for each in self.earlier_versions)
        return self.path, *earlier

    @property
    def query(self) -> dict[str, str]:
        """Return the selector as a query."""
        name, _, value = self.selector.partition("=")
        return {name: value} if name else {}

    def of(self, namespace: str, scaler: str) -> "Kind":
        """Return the kind with the path and the selector of a namespace and its scaler."""
        return replace(
            self,
            path=self.path.format(namespace=namespace),
            selector=self.selector.format(scaler=scaler),
        )


NO_KEDA = "KEDA is not installed in this cluster."
_KEDA = "/apis/keda.sh/v1alpha1/namespaces/{namespace}"
_DRA_BETAS = ("v1beta2", "v1beta1")
_BY_NAME = "fieldSelector=metadata.name={scaler}"
_SLOW = 4.0
"""Seconds between lists of what changes slowly."""
_CONTAINER = ("name", "state", "lastState", "started", "restartCount")
_CONDITION = ("type", "status", "reason", "message", "lastTransitionTime")

KINDS = (
    Kind(
        "pods",
        "pods",
        "/api/v1/namespaces/{namespace}/pods",
        fields=(
            *("spec.nodeName", "spec.restartPolicy", "spec.resourceClaims", "spec.schedulingGates"),
            *("spec.containers.name", "spec.containers.resources"),
            *("spec.initContainers.name", "spec.initContainers.restartPolicy"),
            "spec.initContainers.resources",
            *("status.phase", "status.reason", "status.message", "status.nominatedNodeName"),
            *(f"status.conditions.{each}" for each in _CONDITION),
            *(f"status.containerStatuses.{each}" for each in _CONTAINER),
            *(f"status.initContainerStatuses.{each}" for each in _CONTAINER),
        ),
    ),
    Kind(
        "scaled_objects",
        "ScaledObjects",
        f"{_KEDA}/scaledobjects",
        selector=_BY_NAME,
        not_found=NO_KEDA,
    ),
    Kind("scaled_jobs", "ScaledJobs", f"{_KEDA}/scaledjobs", selector=_BY_NAME, not_found=NO_KEDA),
    Kind(
        "autoscalers",
        "HorizontalPodAutoscalers",
        "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers",
    ),
    Kind("deployments", "Deployments", "/apis/apps/v1/namespaces/{namespace}/deployments"),
    Kind(
        "jobs",
        "Jobs",
        "/apis/batch/v1/namespaces/{namespace}/jobs",
        fields=("status.active", *(f"status.conditions.{each}" for each in _CONDITION)),
        selector="labelSelector=scaledjob.keda.sh/name={scaler}",
    ),
    Kind(
        "nodes",
        "nodes",
        "/api/v1/nodes",
        fields=(
            *("spec.taints", "spec.unschedulable", "status.capacity", "status.allocatable"),
            *(f"status.conditions.{each}" for each in _CONDITION),
        ),
        every=_SLOW,
    ),
    Kind(
        "slices",
        "ResourceSlices",
        "/apis/resource.k8s.io/v1/resourceslices",
        fields=("spec",),
        every=_SLOW,
        earlier_versions=_DRA_BETAS,
    ),
    Kind(
        "claims",
        "ResourceClaims",
        "/apis/resource.k8s.io/v1/namespaces/{namespace}/resourceclaims",
        fields=("status.allocation",),
        every=_SLOW,
        earlier_versions=_DRA_BETAS,
    ),
    Kind(
        "events",
        "events",
        "/api/v1/namespaces/{namespace}/events",
        fields=(
            *("involvedObject", "reason", "message", "type", "source", "reportingComponent"),
            *("lastTimestamp", "eventTime", "series"),
        ),
        every=_SLOW,
    ),
)
"""Everything that is read; k8s/base/dashboard-rbac.yaml allows exactly these."""
