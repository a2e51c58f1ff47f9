"""List objects over the Kubernetes API: the only module that uses the kubernetes package.

Lists are returned as plain JSON objects, as `kubectl get -o json` prints them. Deserializing
them to the package's typed objects takes about ten times as long.
"""

import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import urllib3

from core.errors import FleetError
from core.network.failures import explain, explain_known
from dashboard.fleet.kubernetes.environment import NO_PROXY_YET, open_client
from dashboard.fleet.kubernetes.kubeconfig import load_kubeconfig

if TYPE_CHECKING:  # importing it takes a third of a second, so only the first poll does
    from kubernetes.client import ApiClient

Object = dict[str, Any]
"""One object of the API, as JSON."""

_PAGE_SIZE = 500
"""Objects per request, as kubectl does; a page is parsed within milliseconds."""
_CONNECT_TIMEOUT_SECONDS, _READ_TIMEOUT_SECONDS = 3.0, 5.0
_MAX_MESSAGE_LENGTH = 200
_STATUS_NOT_FOUND, _STATUS_EXPIRED = 404, 410


class ListFailed(FleetError):
    """A list failed; ``status`` is the HTTP status, 0 without a response."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


def connect(connections: int) -> "ApiClient":
    """Connect with the pod's ServiceAccount or the kubeconfig. Raises FleetError.

    Args:
        connections: the number of concurrent requests for which connections are kept open.

    """
    from kubernetes import client, config
    from yaml import YAMLError

    settings = client.Configuration(proxy=NO_PROXY_YET)
    settings.retries = False  # the next poll is the retry
    settings.connection_pool_maxsize = connections
    kubeconfig = os.environ.get("KUBECONFIG")
    try:
        if "KUBERNETES_SERVICE_HOST" in os.environ and not kubeconfig:
            config.load_incluster_config(settings)
        else:
            load_kubeconfig(settings, kubeconfig)
    except (config.ConfigException, OSError, YAMLError) as error:
        raise FleetError(f"No cluster is configured here: {_last_line(error)}") from None
    return open_client(settings)


def list_objects(api: "ApiClient", *paths: str, **query: str) -> tuple[Object, ...]:
    """List all objects at the first of these paths that the API server has. Raises ListFailed.

    Args:
        api: from ``connect``.
        paths: such as ``/api/v1/nodes``; several are versions of one kind, the newest first.
        query: the list's ``labelSelector`` or ``fieldSelector``.

    """
    for path in paths[:-1]:
        try:
            return _list(api, path, query)
        except ListFailed as error:
            if error.status != _STATUS_NOT_FOUND:
                raise
    return _list(api, paths[-1], query)


def _list(api: "ApiClient", path: str, query: dict[str, str]) -> tuple[Object, ...]:
    """List all objects at a path, page by page."""
    try:
        return tuple(_pages(api, path, query))
    except ListFailed as error:
        if error.status != _STATUS_EXPIRED:
            raise
    # The server no longer has the state of the first page, so the list starts again.
    return tuple(_pages(api, path, query))


def _pages(api: "ApiClient", path: str, query: dict[str, str]) -> Iterator[Object]:
    token = ""
    while True:
        continuation = {"continue": token} if token else {}
        page = request(api, "GET", path, query | continuation | {"limit": str(_PAGE_SIZE)})
        yield from page.get("items") or ()
        token = page.get("metadata", {}).get("continue")
        if not token:
            return


def request(
    api: "ApiClient",
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    body: Object | None = None,
) -> Object:
    """Send a request, and return the JSON object that answers it. Raises ListFailed.

    The body of a PATCH is a JSON merge patch (RFC 7386).
    """
    from kubernetes.client import ApiException

    media_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
    content = {"Content-Type": media_type} if body else {}
    serialized = api.param_serialize(
        method,
        path,
        query_params=list((query or {}).items()),
        header_params={"Accept": "application/json", "Accept-Encoding": "gzip", **content},
        body=body,
        auth_settings=["BearerToken"],
    )
    try:
        response = api.call_api(
            *serialized, _request_timeout=(_CONNECT_TIMEOUT_SECONDS, _READ_TIMEOUT_SECONDS)
        )
        answer: bytes = response.read()
    except urllib3.exceptions.HTTPError as error:
        if _is_timeout(error):
            raise ListFailed("The cluster's API server does not answer.") from None
        raise ListFailed(f"The cluster's API server cannot be reached: {explain(error)}.") from None
    except ApiException as error:  # TLS: a wrong certificate, or none
        reason = explain_known(error) or _last_line(error.reason)
        raise ListFailed(f"The API server is not trusted: {reason.rstrip('.')}.") from None
    return _parse(response.status, answer)


def _parse(status: int, body: bytes) -> Object:
    if status == 401:
        raise ListFailed(
            "The cluster refuses the dashboard's credentials; they may have expired.", status
        )
    if status not in (200, 201):
        raise ListFailed(f"The cluster's API server answered {status}: {_message(body)}", status)
    try:
        parsed: Object = json.loads(body)
    except ValueError:
        raise ListFailed("The response is not from a Kubernetes API server.") from None
    return parsed


def _message(body: bytes) -> str:
    """Return the message of a Status object; the body's text if it is something else."""
    try:
        return str(json.loads(body)["message"])[:_MAX_MESSAGE_LENGTH]
    except (ValueError, TypeError, KeyError):
        return body.decode(errors="replace").strip()[:_MAX_MESSAGE_LENGTH]


def _is_timeout(error: urllib3.exceptions.HTTPError) -> bool:
    # In urllib3 a refused connection is a timeout error too.
    is_refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    return isinstance(error, urllib3.exceptions.TimeoutError) and not is_refused


def _last_line(text: object) -> str:
    lines = str(text).strip().splitlines()
    return lines[-1][:_MAX_MESSAGE_LENGTH] if lines else "no reason given"
