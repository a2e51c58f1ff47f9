"""List all objects of a kind, and describe why that failed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import FleetError
from dashboard.fleet.kubernetes.client import ListFailed, Object, request
from dashboard.fleet.kubernetes.fields import Fields, prune
from dashboard.fleet.kubernetes.kinds import Kind

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

Objects = tuple[Object, ...]

FORBIDDEN, NOT_FOUND, EXPIRED = 403, 404, 410
_PAGE_SIZE = 500
"""Objects per request, as kubectl does; a page is parsed within milliseconds."""


@dataclass(frozen=True)
class Listing:
    """The objects of a complete list."""

    path: str
    """The one of the kind's versions that the API server has."""
    version: str
    """The resourceVersion of the list, from which a watch continues."""
    objects: Objects


def list_objects(api: "ApiClient", *paths: str, **query: str) -> Objects:
    """List all objects at the first of these paths that the API server has. Raises ListFailed.

    Args:
        api: from ``connect``.
        paths: such as ``/api/v1/nodes``; several are versions of one kind, the newest first.
        query: the list's ``labelSelector`` or ``fieldSelector``.

    """
    return _first_version(api, paths, query, ()).objects


def fetch_list(api: "ApiClient", kind: Kind) -> Listing:
    """List all objects of a kind, with the fields that are kept of it. Raises ListFailed."""
    return _first_version(api, kind.paths, kind.query, kind.fields)


def _first_version(
    api: "ApiClient", paths: tuple[str, ...], query: dict[str, str], fields: Fields
) -> Listing:
    for path in paths[:-1]:
        try:
            return _list(api, path, query, fields)
        except ListFailed as error:
            if error.status != NOT_FOUND:
                raise
    return _list(api, paths[-1], query, fields)


def _list(api: "ApiClient", path: str, query: dict[str, str], fields: Fields) -> Listing:
    """List all objects at a path, page by page."""
    try:
        return _join(path, _pages(api, path, query), fields)
    except ListFailed as error:
        if error.status != EXPIRED:
            raise
    # The server no longer has the state of the first page, so the list starts again.
    return _join(path, _pages(api, path, query), fields)


def _join(path: str, pages: Iterator[Object], fields: Fields) -> Listing:
    objects: list[Object] = []
    version = ""
    for page in pages:
        objects += (prune(found, fields) for found in page.get("items") or ())
        version = page.get("metadata", {}).get("resourceVersion", "")
    return Listing(path, version, tuple(objects))


def _pages(api: "ApiClient", path: str, query: dict[str, str]) -> Iterator[Object]:
    # Without a resourceVersion the list is the newest state, not that of the server's cache.
    token = ""
    while True:
        continuation = {"continue": token} if token else {}
        page = request(api, "GET", path, query | continuation | {"limit": str(_PAGE_SIZE)})
        yield page
        token = page.get("metadata", {}).get("continue")
        if not token:
            return


@dataclass(frozen=True)
class ListResult:
    """The objects of one kind at a time, or the error."""

    at: float
    """Unix seconds."""
    objects: Objects | None = None
    error: str | None = None
    is_about_kind: bool = False
    """Whether the error concerns this kind only: it is forbidden, or there is no such kind."""


def list_kind(api: "ApiClient", kind: Kind) -> ListResult:
    """List a kind once."""
    try:
        return ListResult(time.time(), fetch_list(api, kind).objects)
    except FleetError as error:
        return failed_result(kind, error, time.time())


def failed_result(kind: Kind, error: FleetError, now: float) -> ListResult:
    """Return the result of a list that failed; a login plugin's error has no HTTP status."""
    status = error.status if isinstance(error, ListFailed) else 0
    if status == NOT_FOUND:
        objects = None if kind.not_found else ()
        return ListResult(now, objects, kind.not_found, is_about_kind=True)
    if status == FORBIDDEN:
        sentence = f"The cluster does not let the dashboard list {kind.plural}."
        return ListResult(now, None, sentence, is_about_kind=True)
    return ListResult(now, None, str(error))
