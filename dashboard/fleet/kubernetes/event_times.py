"""When events happened."""

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import seconds


def last_seen(event: Object) -> float:
    """Return when an event happened last, in Unix seconds; clients use different fields."""
    series = event.get("series") or {}
    fields = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    timestamp = next((field for field in fields if field), event["metadata"]["creationTimestamp"])
    return seconds(timestamp)
