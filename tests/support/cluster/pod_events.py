"""Events as the kubelet and others write them about a pod."""

from kubernetes.client import (
    CoreV1Api,
    CoreV1Event,
    V1EventSource,
    V1ObjectMeta,
    V1ObjectReference,
    V1Pod,
)

from tests.support.cluster.pod_status import now


def tell(
    api: CoreV1Api, pod: V1Pod, reason: str, message: str, *, component: str, kind: str = "Normal"
) -> None:
    """Write an event about a pod."""
    about = V1ObjectReference(
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
            involved_object=about,
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
