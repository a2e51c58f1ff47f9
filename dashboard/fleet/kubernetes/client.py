"""Connect to the Kubernetes API, and send requests to it.

Objects are plain JSON, as `kubectl get -o json` prints them. Deserializing them to the package's
typed objects takes about ten times as long.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import urllib3

from core.errors import FleetError
from core.network.failures import explain, explain_known
from dashboard.fleet.kubernetes.environment import NO_PROXY_YET, open_client
from dashboard.fleet.kubernetes.kubeconfig import load_kubeconfig

if TYPE_CHECKING:  # importing it takes a third of a second, so only the first poll does
    from kubernetes.client import ApiClient
    from kubernetes.client.rest import RESTResponse

Object = dict[str, Any]
"""One object of the API, as JSON."""

_CONNECT_TIMEOUT_SECONDS, _READ_TIMEOUT_SECONDS = 3.0, 5.0
_MAX_MESSAGE_LENGTH = 200


class ListFailed(FleetError):
    """A list or another request failed; ``status`` is the HTTP status, 0 without a response."""

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


def request(
    api: "ApiClient",
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    body: Object | None = None,
) -> Object:
    """Send a request, and return the JSON object that answers it. Raises ListFailed."""
    with open_response(api, method, path, query, body) as response:
        answer: bytes = response.read()
        return parse(response.status, answer)


@contextmanager
def open_response(
    api: "ApiClient",
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    body: Object | None = None,
    read_timeout: float = _READ_TIMEOUT_SECONDS,
) -> Iterator["RESTResponse"]:
    """Send a request; raise ListFailed, too, if the connection fails while its answer is read.

    Args:
        api: from ``connect``.
        method: of HTTP; the body of a PATCH is a JSON merge patch (RFC 7386).
        path: such as ``/api/v1/nodes``.
        query: its parameters.
        body: a JSON object.
        read_timeout: seconds without a byte after which the request fails.

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
            *serialized, _request_timeout=(_CONNECT_TIMEOUT_SECONDS, read_timeout)
        )
        try:
            yield response
        finally:
            response.response.close()  # without effect on a connection that was read to its end
    except urllib3.exceptions.HTTPError as error:
        if _is_timeout(error):
            raise ListFailed("The cluster's API server does not answer.") from None
        raise ListFailed(f"The cluster's API server cannot be reached: {explain(error)}.") from None
    except ApiException as error:  # TLS: a wrong certificate, or none
        reason = explain_known(error) or _last_line(error.reason)
        raise ListFailed(f"The API server is not trusted: {reason.rstrip('.')}.") from None


def parse(status: int, body: bytes) -> Object:
    """Return a response's JSON object. Raises ListFailed if it is an error or no object."""
    if status == 401:
        raise ListFailed(
            "The cluster refuses the dashboard's credentials; they may have expired.", status
        )
    if status not in (200, 201):
        raise ListFailed(f"The cluster's API server answered {status}: {_message(body)}", status)
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise ListFailed("The response is not from a Kubernetes API server.")
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
