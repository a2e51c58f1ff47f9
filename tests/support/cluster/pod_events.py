"""Events of pods, as the kubelet and other components write them."""

from kubernetes.client import (
    CoreV1Api,
    CoreV1Event,
    V1EventSource,
    V1ObjectMeta,
    V1ObjectReference,
    V1Pod,
)

from tests.support.cluster.pod_status import now


def emit_event(
    api: CoreV1Api, pod: V1Pod, reason: str, message: str, *, component: str, kind: str = "Normal"
) -> None:
    """Create an event of a pod."""
    involved = V1ObjectReference(
        api_version="v1",
        kind="Pod",
        name=pod.metadata.name,
        namespace=pod.metadata.namespace,
        uid=pod.metadata.uid,
    )
    api.create_namespaced_event(
        pod.metadata.namespace,
        CoreV1Event(
            metadata=V1ObjectMeta(generate_name=f"{pod.metadata.name}."),
            involved_object=involved,
            reason=reason,
            message=message,
            type=kind,
            source=V1EventSource(component=component, host=pod.spec.node_name),
            reporting_component=component,
            reporting_instance=pod.spec.node_name or component,
            first_timestamp=now(),
            last_timestamp=now(),
            count=1,
        ),
    )
