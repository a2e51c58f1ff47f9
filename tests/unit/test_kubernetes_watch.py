"""Watches: what changes after a list, and what a server does that ends or refuses a watch."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from core.errors import FleetError
from dashboard.fleet.kubernetes import watched as watched_module
from dashboard.fleet.kubernetes.client import connect
from dashboard.fleet.kubernetes.cluster import Cluster
from dashboard.fleet.kubernetes.kinds import KINDS
from dashboard.fleet.kubernetes.lists import Listing
from dashboard.fleet.kubernetes.object_cache import ObjectCache
from dashboard.fleet.kubernetes.watched import Watched
from tests.support.conditions import wait_until
from tests.support.kubernetes_objects import kubeconfig

PODS = next(kind for kind in KINDS if kind.name == "pods").of("live", "worker")
END = None
"""Ends a watch, or breaks its connection where the server breaks it."""


def pod(name: str, version: int, phase: str = "Running") -> dict[str, Any]:
    """Return a pod with a field that nobody reads."""
    metadata = {"name": name, "resourceVersion": str(version), "managedFields": ["unread"]}
    return {"metadata": metadata, "status": {"phase": phase, "podIP": "unread"}}


def change(kind: str, found: Any) -> dict[str, Any]:
    """Return a line of a watch."""
    return {"type": kind, "object": found}


class Server:
    """An API server with some pods. Its watches send what the queue ``changes`` has."""

    def __init__(self) -> None:
        self.pods: list[dict[str, Any]] = []
        self.list_version = 1
        self.list_status = self.watch_status = 200
        self.forbidden = ""
        """The end of the path of a kind that may not be listed."""
        self.lists = 0
        self.watched_from: list[str] = []
        self.changes: Queue[dict[str, Any] | None] = Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop the server, and end its watches."""
        self.changes.put(END)
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                outer._watch(self, query) if "watch" in query else outer._list(self)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _list(self, handler: BaseHTTPRequestHandler) -> None:
        self.lists += 1
        metadata = {"resourceVersion": str(self.list_version)}
        answer = {"items": self.pods, "metadata": metadata, "message": "etcd is down"}
        is_forbidden = self.forbidden and urlsplit(handler.path).path.endswith(self.forbidden)
        handler.send_response(403 if is_forbidden else self.list_status)
        handler.end_headers()
        handler.wfile.write(json.dumps(answer).encode())

    def _watch(self, handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        self.watched_from.append(query["resourceVersion"])
        handler.send_response(self.watch_status)
        handler.end_headers()
        if self.watch_status != 200:
            handler.wfile.write(b'{"message": "no"}')
            return
        while (line := self.changes.get()) is not END:
            handler.wfile.write(json.dumps(line).encode() + b"\n")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Run such a server, with a kubeconfig for it."""
    server = Server()
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig(server.url))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(file))
    yield server
    server.stop()


@pytest.fixture
def watch(server: Server) -> Iterator[Callable[..., Watched]]:  # noqa: ARG001, its kubeconfig
    """Return a function that starts to watch pods, and ends that after the test."""
    opened: list[Watched] = []

    def start(every: float = PODS.every) -> Watched:
        watched = Watched(replace(PODS, every=every), connect(1))
        opened.append(watched)
        watched.start()
        watched.wait(timeout=10)
        return watched

    yield start
    for watched in opened:
        watched.stop()


def phases(watched: Watched) -> dict[str, str] | None:
    """Return the phase of each pod; None if the pods are unknown."""
    found = watched.result().objects
    return (
        None
        if found is None
        else {each["metadata"]["name"]: each["status"]["phase"] for each in found}
    )


def has(watched: Watched, **expected: str) -> None:
    """Wait until these are the pods."""
    wait_until(lambda: phases(watched) == expected, what=f"the pods are {expected}")


def test_changes_after_the_list_are_in_the_next_reading(server, watch):
    """Created, changed and deleted pods cost a line each, and no other list."""
    server.pods = [pod("a", 1), pod("b", 1)]
    watched = watch()
    assert phases(watched) == {"a": "Running", "b": "Running"}
    server.changes.put(change("ADDED", pod("c", 2, "Pending")))
    server.changes.put(change("MODIFIED", pod("a", 3, "Failed")))
    server.changes.put(change("DELETED", pod("b", 4)))
    has(watched, a="Failed", c="Pending")
    assert server.lists == 1


def test_next_watch_continues_where_the_last_one_ended(server, watch):
    """A bookmark moves the version on without a change, so that it does not become too old."""
    server.pods = [pod("a", 1)]
    watched = watch()
    bookmark = {"metadata": {"resourceVersion": "70"}}
    server.changes.put(change("BOOKMARK", bookmark))
    server.changes.put(END)
    wait_until(lambda: server.watched_from == ["1", "70"], what="the second watch")
    assert (phases(watched), server.lists) == ({"a": "Running"}, 1)


def test_version_that_is_too_old_is_listed_anew(server, watch):
    """After 410 Gone the pods are those of a new list, soon: one deleted meanwhile is not kept."""
    server.pods = [pod("a", 1), pod("b", 1)]
    watched = watch(every=600)
    server.pods, server.list_version = [pod("b", 90)], 90
    gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    server.changes.put(change("ERROR", gone))
    has(watched, b="Running")
    wait_until(lambda: server.watched_from == ["1", "90"], what="the second watch")


@pytest.mark.parametrize("found", [None, "etcd is down", []])
def test_error_without_a_status_ends_the_watch_only(server, watch, caplog, found):
    """The API recommends a Status as the object of an error; another is no bug of ours."""
    server.pods = [pod("a", 1)]
    watched = watch()
    server.pods = [pod("b", 2)]
    server.changes.put(change("ERROR", found))
    has(watched, b="Running")
    assert not caplog.records


def test_pods_that_may_be_listed_and_not_watched_are_listed_again(server, watch):
    """Without the right to watch the pods are current, with the lists of earlier releases."""
    server.watch_status = 403
    server.pods = [pod("a", 1)]
    watched = watch()
    server.pods = [pod("b", 2)]
    has(watched, b="Running")
    assert watched.result().error is None


def test_objects_that_are_only_listed_are_known_between_two_lists(server, watch, monkeypatch):
    """Seconds between lists are no silence of the server: what they had stays known until then."""
    monkeypatch.setattr(watched_module, "MAX_SILENCE_SECONDS", 0.5)
    server.watch_status = 403
    server.pods = [pod("a", 1)]
    watched = watch(every=3)
    wait_until(lambda: server.watched_from, what="a watch that is refused")
    read = [time.sleep(0.1) or phases(watched) for _ in range(15)]
    assert (read, server.lists) == ([{"a": "Running"}] * 15, 1)


def test_reading_at_the_end_of_an_outage_is_the_outage_or_the_pods(server, watch, monkeypatch):
    """The poll at which lists work again reports neither the silence before nor nothing."""
    server.list_status = 500
    watched = watch()
    between, replaced = [], ObjectCache.replace

    def replace_and_read(cache: ObjectCache, listing: Listing) -> None:
        replaced(cache, listing)
        between.append(watched.result())

    def confirm_and_read(each: Watched) -> None:
        between.append(each.result())
        confirmed(each)
        between.append(each.result())

    confirmed = Watched._confirm
    monkeypatch.setattr(ObjectCache, "replace", replace_and_read)
    monkeypatch.setattr(Watched, "_confirm", confirm_and_read)
    server.pods, server.list_status = [pod("a", 1)], 200
    has(watched, a="Running")
    errors = {each.error for each in between[:3]}
    assert errors == {"The cluster's API server answered 500: etcd is down"}


def test_list_that_fails_is_unknown_with_its_reason(server, watch):
    """What the last list had is not shown as current; once lists work again the pods are back."""
    server.pods = [pod("a", 1)]
    watched = watch()
    server.list_status = server.watch_status = 500
    server.changes.put(END)
    wait_until(lambda: phases(watched) is None, what="the pods are unknown")
    assert watched.result().error == "The cluster's API server answered 500: etcd is down"
    server.list_status = server.watch_status = 200
    has(watched, a="Running")
    assert watched.result().error is None


def test_silent_server_makes_the_pods_unknown(server, watch, monkeypatch):
    """A dead connection sends no error: pods that nothing has confirmed for long are unknown."""
    monkeypatch.setattr(watched_module, "MAX_SILENCE_SECONDS", 2.0)
    server.pods = [pod("a", 1)]
    watched = watch()
    wait_until(lambda: phases(watched) is None, what="the pods are unknown")
    assert "has not answered about pods" in watched.result().error
    server.changes.put(change("MODIFIED", pod("a", 2)))
    has(watched, a="Running")


def test_unchanged_pods_stay_the_same_objects_with_the_fields_that_are_read(server, watch):
    """Conversions are kept by object, and 10,000 pods fit into memory."""
    server.pods = [pod("a", 1), pod("b", 1)]
    watched = watch()
    first, before = watched.result().objects, dict(zip("ab", watched.result().objects, strict=True))
    assert before["a"] == {"metadata": {"name": "a"}, "status": {"phase": "Running"}}
    assert watched.result().objects is first
    server.changes.put(change("MODIFIED", pod("b", 2, "Failed")))
    has(watched, a="Running", b="Failed")
    assert watched.result().objects[0] is before["a"]


def test_server_that_answers_no_list_fails_whatever_was_watched(server):
    """Open watches of a server without its database are silent; the lists of each poll are not."""
    with closing(Cluster("live", "worker")) as cluster:
        wait_until(lambda: _pods(cluster) == (), what="a poll")
        server.list_status = 500
        with pytest.raises(FleetError, match="answered 500: etcd is down"):
            cluster.poll()


def test_failure_of_the_server_is_reported_before_a_missing_right(server):
    """Without the right to list pods, too, the reason is that the server fails."""
    server.forbidden = "/pods"
    with closing(Cluster("live", "worker")) as cluster:
        wait_until(lambda: _pods(cluster) is None and _nodes(cluster) == (), what="a poll")
        server.list_status = 500
        with pytest.raises(FleetError, match="answered 500: etcd is down"):
            cluster.poll()


def _nodes(cluster: Cluster) -> tuple[dict[str, Any], ...] | None:
    return cluster.poll().nodes


def _pods(cluster: Cluster) -> tuple[dict[str, Any], ...] | None:
    try:
        return cluster.poll().pods
    except FleetError:
        return None
