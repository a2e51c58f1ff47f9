"""The cooldown of a ScaledObject: how long its last workers remain.

Source:
    KEDA's pkg/scaling/executor/scale_scaledobjects.go (RequestScale, scaleToZeroOrIdle).
"""

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.pauses import is_annotated, is_paused
from dashboard.fleet.kubernetes.values import condition_status, created_at, optional_seconds

DEFAULT_COOLDOWN_PERIOD = 300


def cooldown_left(found: Object, now: float) -> float | None:
    """Return the seconds until KEDA scales to zero or idle; None if no cooldown is running.

    The cooldown starts at the last active poll; before the first one the initial cooldown
    starts at the object's creation.
    """
    if not _scales_in(found):
        return None
    since = optional_seconds(found.get("status", {}).get("lastActiveTime"))
    period = float(found["spec"].get("cooldownPeriod", DEFAULT_COOLDOWN_PERIOD))
    if since is None:
        since = created_at(found)
        period = float(found["spec"].get("initialCooldownPeriod", 0))
    # The clocks of two machines differ, so this is limited to the whole period.
    return min(max(0.0, since + period - now), period)


def _scales_in(found: Object) -> bool:
    """Return whether KEDA will remove the last workers once the cooldown is over."""
    spec = found["spec"]
    keeps_minimum = spec.get("minReplicaCount", 0) > 0 and spec.get("idleReplicaCount") is None
    if keeps_minimum or is_paused(found) or is_annotated(found, "paused-scale-in"):
        return False
    is_inactive = condition_status(found, "Active") is False
    return is_inactive and not is_annotated(found, "force-activation")


def initial_cooldown(found: Object) -> float | None:
    """Return the seconds of the initial cooldown, which applies until the first active poll."""
    if found.get("status", {}).get("lastActiveTime"):
        return None
    return float(found["spec"].get("initialCooldownPeriod", 0))
