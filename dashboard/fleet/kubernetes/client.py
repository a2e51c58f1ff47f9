"""Requests to the API server: the only module that speaks through the kubernetes package.

Lists come as the plain JSON objects that `kubectl get -o json` shows. Making the package's
typed objects of them takes about ten times as long, and nothing here would use the types.
"""

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import urllib3

from core.errors import FleetError

if TYPE_CHECKING:  # importing it takes a third of a second, so only a first look does
    from kubernetes.client import ApiClient

Object = dict[str, Any]
"""One object of the API, as JSON."""

_PAGE = 500
"""Objects asked for at once, as kubectl does: a page is parsed in some milliseconds."""
_CONNECT, _READ = 3.0, 5.0
"""Seconds."""
_EXPIRED = 410


class ListFailed(FleetError):
    """A list was not given; ``status`` is HTTP's, 0 where no answer came."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


def connect(connections: int) -> "ApiClient":
    """Take the pod's ServiceAccount, or else the kubeconfig; raises FleetError.

    Args:
        connections: how many are kept open for requests side by side.

    """
    from kubernetes import client, config
    from yaml import YAMLError

    settings = client.Configuration()
    settings.retries = False  # the next look is the next try
    settings.connection_pool_maxsize = connections
    kubeconfig = os.environ.get("KUBECONFIG")
    try:
        if "KUBERNETES_SERVICE_HOST" in os.environ and not kubeconfig:
            config.load_incluster_config(settings)
        else:
            config.load_kube_config(kubeconfig, client_configuration=settings, persist_config=False)
    except (config.ConfigException, OSError, YAMLError) as error:
        raise FleetError(f"No cluster is configured here: {_first_line(error)}") from None
    return client.ApiClient(settings)


def list_objects(api: "ApiClient", path: str, **query: str) -> tuple[Object, ...]:
    """List all objects at a path of the API, page by page; raises ListFailed.

    Args:
        api: from ``connect``.
        path: such as ``/api/v1/nodes``.
        query: the list's ``labelSelector`` or ``fieldSelector``.

    """
    try:
        return tuple(_pages(api, path, query))
    except ListFailed as error:
        if error.status != _EXPIRED:
            raise
    # The pages belonged to a state that the server has forgotten meanwhile: begin anew.
    return tuple(_pages(api, path, query))


def _pages(api: "ApiClient", path: str, query: dict[str, str]) -> Iterator[Object]:
    following = ""
    while True:
        more = {"continue": following} if following else {}
        page = _get(api, path, query | more | {"limit": str(_PAGE)})
        yield from page.get("items") or ()
        following = page.get("metadata", {}).get("continue")
        if not following:
            return


def _get(api: "ApiClient", path: str, query: dict[str, str]) -> Object:
    from kubernetes.client import ApiException

    asked = api.param_serialize(
        "GET",
        path,
        query_params=list(query.items()),
        header_params={"Accept": "application/json", "Accept-Encoding": "gzip"},
        auth_settings=["BearerToken"],
    )
    try:
        answer = api.call_api(*asked, _request_timeout=(_CONNECT, _READ))
        body = answer.read()
    except urllib3.exceptions.HTTPError as error:
        if _is_late(error):
            raise ListFailed("The cluster's API server does not answer.") from None
        raise ListFailed(f"The cluster's API server cannot be reached: {_reason(error)}.") from None
    except ApiException as error:  # TLS: a wrong certificate, or none
        raise ListFailed(f"The API server is not trusted: {_first_line(error.reason)}") from None
    return _opened(answer.status, body)


def _opened(status: int, body: bytes) -> Object:
    if status == 401:
        raise ListFailed(
            "The cluster refuses the dashboard's credentials; they may have expired.", status
        )
    if status != 200:
        raise ListFailed(f"The cluster's API server answered {status}: {_message(body)}", status)
    try:
        return json.loads(body)
    except ValueError:
        raise ListFailed("What answered is no Kubernetes API server.") from None


def _message(body: bytes) -> str:
    """Return what a Status object says, or the text that stands in its place."""
    try:
        return str(json.loads(body)["message"])[:200]
    except (ValueError, TypeError, KeyError):
        return body.decode(errors="replace").strip()[:200]


def _is_late(error: urllib3.exceptions.HTTPError) -> bool:
    # urllib3 counts a refused connection among those that took too long.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    return isinstance(error, urllib3.exceptions.TimeoutError) and not refused


def _reason(error: Exception) -> str:
    """Return the system's own words, such as ``Connection refused``."""
    cause = error.__cause__ or error
    return getattr(cause, "strerror", None) or type(cause).__name__


def _first_line(text: object) -> str:
    return str(text).strip().splitlines()[-1][:200] if str(text).strip() else "no reason given"
