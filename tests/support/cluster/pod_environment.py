"""Resolve a container's environment as the kubelet does.

https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

import base64
import re
from collections.abc import Callable

from kubernetes.client import CoreV1Api, V1Container, V1EnvVar, V1ObjectFieldSelector, V1Pod
from kubernetes.client.exceptions import NotFoundException

_REFERENCE = re.compile(r"\$\(([A-Za-z_]\w*)\)")

_FIELDS: dict[str, Callable[[V1Pod], str | None]] = {
    "metadata.name": lambda pod: pod.metadata.name,
    "metadata.namespace": lambda pod: pod.metadata.namespace,
    "metadata.uid": lambda pod: pod.metadata.uid,
    "spec.nodeName": lambda pod: pod.spec.node_name,
    "spec.serviceAccountName": lambda pod: pod.spec.service_account_name,
    "status.podIP": lambda pod: pod.status.pod_ip,
}


def environment_of(api: CoreV1Api, pod: V1Pod, container: V1Container) -> dict[str, str]:
    """Return every variable; raises NotFoundException if a ConfigMap or Secret is missing."""
    namespace = pod.metadata.namespace
    resolved: dict[str, str] = {}
    for source in container.env_from or ():
        if reference := source.config_map_ref:
            resolved |= _data(_config_map, api, namespace, reference)
        if reference := source.secret_ref:
            resolved |= _data(_secret, api, namespace, reference)
    for variable in container.env or ():
        value = _value(api, pod, variable)
        if value is not None:
            resolved[variable.name] = _expanded(value, resolved)
    return resolved


def _value(api: CoreV1Api, pod: V1Pod, variable: V1EnvVar) -> str | None:
    source, namespace = variable.value_from, pod.metadata.namespace
    if source is None:
        return variable.value or ""
    if reference := source.secret_key_ref:
        return _data(_secret, api, namespace, reference).get(reference.key)
    if reference := source.config_map_key_ref:
        return _data(_config_map, api, namespace, reference).get(reference.key)
    return _field(pod, source.field_ref) if source.field_ref else None


def _field(pod: V1Pod, selector: V1ObjectFieldSelector) -> str | None:
    return _FIELDS[selector.field_path](pod)


def _expanded(value: str, known: dict[str, str]) -> str:
    return _REFERENCE.sub(lambda match: known.get(match[1], match[0]), value)


def _data(read: Callable[..., dict], api: CoreV1Api, namespace: str, reference) -> dict[str, str]:
    try:
        return read(api, namespace, reference.name)
    except NotFoundException:
        if not reference.optional:
            raise
        return {}


def _config_map(api: CoreV1Api, namespace: str, name: str) -> dict[str, str]:
    return api.read_namespaced_config_map(name, namespace).data or {}


def _secret(api: CoreV1Api, namespace: str, name: str) -> dict[str, str]:
    data = api.read_namespaced_secret(name, namespace).data or {}
    return {key: base64.b64decode(value).decode() for key, value in data.items()}
