"""The ``behavior`` of a HorizontalPodAutoscaler: how fast it scales, and when it does not.

KEDA copies it from the ScaledObject to the autoscaler, so without rights for one the other has it.

Sources:
    Kubernetes' pkg/apis/autoscaling/v2/defaults.go (each direction has its own defaults) and
    KEDA's controllers/keda/hpa.go.
"""

from typing import Literal

from dashboard.domain.scaling_rules import (
    DEFAULT_SCALE_DOWN,
    DEFAULT_SCALE_UP,
    RateLimit,
    ScalingRules,
)
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import number

Direction = Literal["scaleUp", "scaleDown"]

_DEFAULTS: dict[Direction, ScalingRules] = {
    "scaleUp": DEFAULT_SCALE_UP,
    "scaleDown": DEFAULT_SCALE_DOWN,
}


def read_rules(scaled_object: Object, hpa: Object | None, direction: Direction) -> ScalingRules:
    """Return the rules of a direction, with the defaults of what is not specified."""
    found = _behavior(scaled_object, hpa).get(direction) or {}
    default = _DEFAULTS[direction]
    window = number(found.get("stabilizationWindowSeconds"))
    limits = tuple(map(_limit, found.get("policies") or ()))
    return ScalingRules(
        window=default.window if window is None else window,
        limits=limits or default.limits,
        select=found.get("selectPolicy") or default.select,
        tolerance=read_tolerance(found),
    )


def read_tolerance(rules: Object) -> float:
    """Return the tolerance of a direction's rules."""
    tolerance = number(rules.get("tolerance"))
    return ScalingRules.tolerance if tolerance is None else tolerance


def _behavior(scaled_object: Object, hpa: Object | None) -> Object:
    if hpa and "spec" in hpa:
        behavior: Object = hpa["spec"].get("behavior") or {}
        return behavior
    advanced = scaled_object["spec"].get("advanced") or {}
    config = advanced.get("horizontalPodAutoscalerConfig") or {}
    return config.get("behavior") or {}


def _limit(policy: Object) -> RateLimit:
    return RateLimit(policy["type"], int(policy["value"]), float(policy["periodSeconds"]))
