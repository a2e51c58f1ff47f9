"""The cluster's events, told as the fleet's log."""

from dashboard.fleet.kubernetes.events import fleet_events, newest_reasons
from tests.support.kubernetes_objects import merged, recorded


def event(kind, name, reason, message, at="2026-11-23T18:55:00Z", **more):
    """Return an event as controllers write them."""
    about = {"kind": kind, "name": name, "uid": f"uid-{name}"}
    written = {"metadata": {"creationTimestamp": at}, "reason": reason, "message": message}
    return merged({"involvedObject": about, "lastTimestamp": at, "type": "Normal"}, written | more)


def texts(events, pods=()):
    """Tell events, oldest first."""
    return [one.text for one in fleet_events(events, "worker", frozenset(pods))]


def test_what_the_scheduler_says_is_told_shortly_and_in_order():
    """Real events: what was in the way, then where each worker went; no chatter of others."""
    told = texts(recorded("events"))
    assert "2 workers: 0/1 nodes are available: 1 node(s) had untolerated taint(s)" in told
    assert any(text.startswith("2 workers, the last of them: Success") for text in told)
    assert not any("Created pod" in text for text in told)


def test_the_scalers_own_events_are_told_each_time():
    """From zero and back to zero, twice, makes four lines although the words repeat."""
    up, down = "Scaled Deployment ns/worker from 0 to 1", "Deactivated Deployment ns/worker"
    story = [
        event("ScaledObject", "worker", "KEDAScaleTarget", text, f"2026-11-23T18:5{minute}:00Z")
        for minute, text in enumerate((up, down, up, down))
    ]
    assert texts(reversed(story)) == [up, down, up, down]


def test_other_peoples_pods_are_not_told():
    """The broker's pod in the same namespace is no worker."""
    others = event("Pod", "rabbitmq-0", "BackOff", "restarting")
    own = event("Pod", "worker-1", "Started", "Started container worker")
    assert texts([others, own], {"worker-1"}) == []


def test_newest_events_are_kept():
    """Of many events the newest fifty are told."""
    many = [
        event("ScaledObject", "worker", "x", f"line {n}", f"2026-11-23T18:{n:02}:00Z")
        for n in range(60)
    ]
    assert texts(many) == [f"line {n}" for n in range(10, 60)]


def test_the_newest_event_about_a_pod_tells_what_it_does():
    """Pulling, then pulled: the later one counts, in whatever order they are listed."""
    pulled = event("Pod", "worker-1", "Pulled", "done", "2026-11-23T18:55:09Z")
    pulling = event("Pod", "worker-1", "Pulling", "wait", "2026-11-23T18:55:01Z")
    assert newest_reasons([pulled, pulling]) == {"uid-worker-1": "Pulled"}
