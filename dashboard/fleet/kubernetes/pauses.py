"""KEDA's annotations, which pause scaling or force activation.

Source:
    KEDA's apis/keda/v1alpha1/scaledobject_types.go (NeedToBePausedByAnnotation, getBoolAnnotation).
"""

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import annotations_of, number

_ANNOTATION_PREFIX = "autoscaling.keda.sh"
_FALSE = ("0", "f", "F", "false", "False", "FALSE")
"""KEDA reads any other value of its annotations as true."""


def is_paused(found: Object) -> bool:
    """Return whether nothing is scaled; KEDA's condition is true for one direction as well."""
    has_replicas = f"{_ANNOTATION_PREFIX}/paused-replicas" in annotations_of(found)
    return has_replicas or is_annotated(found, "paused")


def paused_at(found: Object) -> int | None:
    """Return the workers that a pause prescribes; None if it keeps their number."""
    replicas = number(annotations_of(found).get(f"{_ANNOTATION_PREFIX}/paused-replicas"))
    return None if replicas is None else int(replicas)


def is_annotated(found: Object, name: str) -> bool:
    """Return whether an annotation of KEDA, such as ``paused-scale-in``, is set and not false."""
    value = annotations_of(found).get(f"{_ANNOTATION_PREFIX}/{name}")
    return value is not None and value not in _FALSE
