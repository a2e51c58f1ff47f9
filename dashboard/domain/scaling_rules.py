"""How fast an autoscaler may change the number of workers, as read from a cluster."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RateLimit:
    """The largest change within a period."""

    unit: Literal["Pods", "Percent"]
    value: int
    period: float
    """Seconds."""


@dataclass(frozen=True)
class ScalingRules:
    """The rules of one direction, as Kubernetes' ``HPAScalingRules``."""

    window: float
    """Stabilization window in seconds: the recommendation in it that changes least applies."""
    limits: tuple[RateLimit, ...]
    """At least one."""
    select: Literal["Max", "Min", "Disabled"] = "Max"
    """Which of several limits applies; ``Disabled`` allows no change in this direction."""
    tolerance: float = 0.1
    """The share by which a metric may miss its target without a change."""


DEFAULT_SCALE_UP = ScalingRules(0.0, (RateLimit("Pods", 4, 15.0), RateLimit("Percent", 100, 15.0)))
DEFAULT_SCALE_DOWN = ScalingRules(300.0, (RateLimit("Percent", 100, 15.0),))
"""Kubernetes' defaults, of its pkg/apis/autoscaling/v2/defaults.go."""
