"""Watch a kind: read the changes that the API server sends after a list.

Sources:
    Kubernetes' API concepts, "Efficient detection of changes":
    https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
    WatchEvent in apimachinery's pkg/apis/meta/v1/watch.go.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashboard.fleet.kubernetes.client import ListFailed, Object, open_response, parse

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from kubernetes.client.rest import RESTResponse

WATCH_SECONDS = 5
"""After this the API server ends a watch, and the next one continues where it ended.

A silent connection may be a quiet cluster or a dead one. That the server ended the watch in time
shows that it is alive, still accepts the credentials, and has sent all that it had."""
_GRACE_SECONDS = 3.0
_CHUNK_BYTES = 1 << 16
_OK = 200
_NO_API_SERVER = "The response is not from a Kubernetes API server."


def watch(
    api: "ApiClient", path: str, query: dict[str, str], version: str
) -> Iterator[tuple[str, Object]]:
    """Yield the type and the object of each change after a resourceVersion, until the server ends.

    Types are ADDED, MODIFIED and DELETED, and BOOKMARK for an object that has nothing but the
    resourceVersion that was reached. Raises ListFailed, with the status 410 if the version is
    too old.
    """
    watch_query = {
        "watch": "1",
        "resourceVersion": version,
        "allowWatchBookmarks": "true",
        "timeoutSeconds": str(WATCH_SECONDS),
    }
    silence = WATCH_SECONDS + _GRACE_SECONDS
    with open_response(api, "GET", path, query | watch_query, read_timeout=silence) as response:
        if response.status != _OK:
            parse(response.status, response.read())
        for line in _lines(response):
            yield _change(line)


def _lines(response: "RESTResponse") -> Iterator[bytes]:
    rest = b""
    while chunk := response.response.read1(_CHUNK_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from filter(None, lines)


def _change(line: bytes) -> tuple[str, Object]:
    """Parse a line. The API recommends a Status as the object of an ERROR, and may send another."""
    try:
        change = json.loads(line)
        kind, found = change["type"], change["object"]
    except (ValueError, TypeError, KeyError):
        raise ListFailed(_NO_API_SERVER) from None
    if kind == "ERROR":
        status = found if isinstance(found, dict) else {}
        sentence = f"The cluster's API server ended a watch: {status.get('message')}"
        raise ListFailed(sentence, status.get("code") or 0)
    if not isinstance(found, dict):
        raise ListFailed(_NO_API_SERVER)
    return kind, found
