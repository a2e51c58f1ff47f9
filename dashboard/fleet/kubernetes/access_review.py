"""Query the API server for this account's rights, with a SelfSubjectAccessReview for each.

https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from typing import TYPE_CHECKING, Any, Literal

from dashboard.fleet.kubernetes.client import request
from dashboard.fleet.kubernetes.kinds import KINDS, Kind

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def denied_lists(api: "ApiClient", namespace: str) -> tuple[str, ...]:
    """Return the plurals of the kinds that this account may not list. Raises ListFailed."""
    return tuple(kind.plural for kind in KINDS if not _may(api, "list", kind, namespace))


def denied_watches(api: "ApiClient", namespace: str) -> tuple[str, ...]:
    """Return the plurals of the kinds that it may not watch, of those that are watched."""
    watched = (kind for kind in KINDS if kind.is_watched)
    return tuple(kind.plural for kind in watched if not _may(api, "watch", kind, namespace))


def _may(api: "ApiClient", verb: Literal["list", "watch"], kind: Kind, namespace: str) -> bool:
    attributes = {"verb": verb} | _attributes(kind, namespace)
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = request(api, "POST", _PATH, body=review)
    return answer.get("status", {}).get("allowed") is True


def _attributes(kind: Kind, namespace: str) -> dict[str, Any]:
    *start, resource = kind.path.strip("/").split("/")
    group = start[1] if start[0] == "apis" else ""
    attributes = {"group": group, "resource": resource}
    return attributes | ({"namespace": namespace} if "namespaces" in start else {})
