"""The kinds of objects that are listed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of objects that is listed."""

    name: str
    """The field of ``ClusterSnapshot``."""
    plural: str
    """The kind's name in sentences."""
    path: str
    """``{namespace}`` is replaced by the namespace."""
    every: float = 0.0
    """Seconds between two lists; 0 for each poll."""
    selector: str = ""
    """The query parameter that narrows the list to the scaler named ``{scaler}``."""
    not_found: str | None = None
    """The error if the API has no such kind; None if that just means that there are none."""
    earlier_versions: tuple[str, ...] = ()
    """Versions that clusters have which do not have ``v1`` of it yet."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the path of each version, the newest first."""
        earlier = (self.path.replace("/v1/", f"/{each}/", 1) for each in self.earlier_versions)
        return self.path, *earlier


NO_KEDA = "KEDA is not installed in this cluster."
_KEDA = "/apis/keda.sh/v1alpha1/namespaces/{namespace}"
_DRA_BETAS = ("v1beta2", "v1beta1")
_BY_NAME = "fieldSelector=metadata.name={scaler}"

KINDS = (
    Kind("pods", "pods", "/api/v1/namespaces/{namespace}/pods"),
    Kind("scaled_objects", "ScaledObjects", f"{_KEDA}/scaledobjects", 0, _BY_NAME, NO_KEDA),
    Kind("scaled_jobs", "ScaledJobs", f"{_KEDA}/scaledjobs", 0, _BY_NAME, NO_KEDA),
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
        0,
        "labelSelector=scaledjob.keda.sh/name={scaler}",
    ),
    Kind("nodes", "nodes", "/api/v1/nodes", 4.0),
    Kind(
        "slices",
        "ResourceSlices",
        "/apis/resource.k8s.io/v1/resourceslices",
        4.0,
        earlier_versions=_DRA_BETAS,
    ),
    Kind(
        "claims",
        "ResourceClaims",
        "/apis/resource.k8s.io/v1/namespaces/{namespace}/resourceclaims",
        4.0,
        earlier_versions=_DRA_BETAS,
    ),
    Kind("events", "events", "/api/v1/namespaces/{namespace}/events", 4.0),
)
"""Everything that is read; k8s/base/dashboard-rbac.yaml allows exactly these."""
