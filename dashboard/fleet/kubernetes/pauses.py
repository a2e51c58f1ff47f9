"""KEDA's annotations, which pause scaling or force activation.

Source:
    KEDA's apis/keda/v1alpha1/scaledobject_types.go (NeedToBePausedByAnnotation, getBoolAnnotation).
"""

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import number

_ANNOTATION_PREFIX = "autoscaling.keda.sh"
_FALSE = ("0", "f", "F", "false", "False", "FALSE")
"""KEDA reads any other value of its annotations as true."""


def is_paused(found: Object) -> bool:
    """Whether nothing is scaled. KEDA's condition is true for a pause in one direction, too."""
    annotations = found["metadata"].get("annotations", {})
    return f"{_ANNOTATION_PREFIX}/paused-replicas" in annotations or is_annotated(found, "paused")


def paused_at(found: Object) -> int | None:
    """Return the workers that a pause prescribes; None if it keeps their number."""
    annotations = found["metadata"].get("annotations", {})
    replicas = number(annotations.get(f"{_ANNOTATION_PREFIX}/paused-replicas"))
    return None if replicas is None else int(replicas)


def is_annotated(found: Object, name: str) -> bool:
    """Whether one of KEDA's annotations, such as ``paused-scale-in``, is there and not false."""
    value = found["metadata"].get("annotations", {}).get(f"{_ANNOTATION_PREFIX}/{name}")
    return value is not None and value not in _FALSE
