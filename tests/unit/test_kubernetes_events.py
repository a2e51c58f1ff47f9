"""Conversion of the cluster's events to the fleet's log."""

from dashboard.fleet.kubernetes.events import fleet_events, newest_reasons
from tests.support.kubernetes_objects import kept, merged, recorded


def event(kind, name, reason, message, at="2026-11-23T18:55:00Z", **more):
    """Return an event as controllers write them."""
    involved = {"kind": kind, "name": name, "uid": f"uid-{name}"}
    fields = {"metadata": {"creationTimestamp": at}, "reason": reason, "message": message}
    return merged(
        {"involvedObject": involved, "lastTimestamp": at, "type": "Normal"}, fields | more
    )


def texts(events, pods=()):
    """Return the lines of the fleet's log, oldest first."""
    return [line.text for line in fleet_events(kept("events", events), "worker", frozenset(pods))]


def test_scheduler_events_are_grouped_and_in_order():
    """Similar events of several workers are one line; routine events are left out."""
    lines = texts(recorded("events"))
    assert "2 workers: 0/1 nodes are available: 1 node(s) had untolerated taint(s)" in lines
    assert any(text.startswith("2 workers, the last of them: Success") for text in lines)
    assert not any("Created pod" in text for text in lines)


def test_scaler_events_are_repeated():
    """Scaling up and down twice makes four lines, although their texts repeat."""
    up, down = "Scaled Deployment ns/worker from 0 to 1", "Deactivated Deployment ns/worker"
    story = [
        event("ScaledObject", "worker", "KEDAScaleTarget", text, f"2026-11-23T18:5{minute}:00Z")
        for minute, text in enumerate((up, down, up, down))
    ]
    assert texts(reversed(story)) == [up, down, up, down]


def test_events_of_other_pods_are_left_out():
    """The broker's pod in the same namespace is not a worker."""
    others = event("Pod", "rabbitmq-0", "BackOff", "restarting")
    own = event("Pod", "worker-1", "Started", "Started container worker")
    assert texts([others, own], {"worker-1"}) == []


def test_only_the_newest_events_are_kept():
    """The log has at most fifty lines, the newest."""
    many = [
        event("ScaledObject", "worker", "x", f"line {n}", f"2026-11-23T18:{n:02}:00Z")
        for n in range(60)
    ]
    assert texts(many) == [f"line {n}" for n in range(10, 60)]


def test_newest_event_of_a_pod_is_by_time():
    """The newest reason of a pod does not depend on the order of the list."""
    pulled = event("Pod", "worker-1", "Pulled", "done", "2026-11-23T18:55:09Z")
    pulling = event("Pod", "worker-1", "Pulling", "wait", "2026-11-23T18:55:01Z")
    assert newest_reasons([pulled, pulling]) == {"uid-worker-1": "Pulled"}
