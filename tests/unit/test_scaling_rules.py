"""The rates, windows and tolerances that the autoscaler's behavior has."""

import pytest

from core.settings import Settings
from dashboard.domain.scaling_rules import RateLimit, ScalingRules
from dashboard.fleet.kubernetes.behavior import read_rules
from dashboard.fleet.reconciliation import describe_scaler, make_policy
from dashboard.fleet.scaling_rule import ScalerState
from tests.support.kubernetes_objects import recorded

DOUBLE, FOUR = RateLimit("Percent", 100, 15.0), RateLimit("Pods", 4, 15.0)


@pytest.mark.parametrize(
    ("behavior", "direction", "rules"),
    [
        ({}, "scaleUp", ScalingRules(0.0, (FOUR, DOUBLE))),
        ({}, "scaleDown", ScalingRules(300.0, (DOUBLE,))),
        ({"scaleDown": None}, "scaleDown", ScalingRules(300.0, (DOUBLE,))),
        (
            {"scaleDown": {"stabilizationWindowSeconds": 0}},
            "scaleDown",
            ScalingRules(0.0, (DOUBLE,)),
        ),
        (
            {"scaleUp": {"selectPolicy": "Disabled"}},
            "scaleUp",
            ScalingRules(0.0, (FOUR, DOUBLE), "Disabled"),
        ),
        (
            {"scaleUp": {"tolerance": "50m", "policies": []}},
            "scaleUp",
            ScalingRules(0.0, (FOUR, DOUBLE), tolerance=0.05),
        ),
        (
            {
                "scaleDown": {
                    "selectPolicy": "Min",
                    "policies": [
                        {"type": "Pods", "value": 2, "periodSeconds": 60},
                        {"type": "Percent", "value": 10, "periodSeconds": 30},
                    ],
                }
            },
            "scaleDown",
            ScalingRules(
                300.0, (RateLimit("Pods", 2, 60.0), RateLimit("Percent", 10, 30.0)), "Min"
            ),
        ),
    ],
)
def test_behavior_is_read_with_the_defaults_of_its_direction(
    behavior: dict, direction: str, rules: ScalingRules
):
    """What a cluster leaves out has Kubernetes' default; several policies are all kept."""
    hpa = {"spec": {"behavior": behavior}}
    assert read_rules(recorded("scaled_object"), hpa, direction) == rules


def test_behavior_is_known_without_the_autoscaler():
    """Without rights to read the autoscaler, the ScaledObject has the same rules."""
    found = recorded("scaled_object", spec={"advanced": {}})
    assert read_rules(found, None, "scaleDown").window == 300
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 20}}
    config = {"horizontalPodAutoscalerConfig": {"behavior": behavior}}
    found = recorded("scaled_object", spec={"advanced": config})
    assert read_rules(found, None, "scaleDown").window == 20


def test_local_supervisor_reports_the_rules_that_it_applies():
    """On a laptop the page shows the numbers of the supervisor's own policy."""
    settings = Settings(cooldown_period=60)
    policy = make_policy(settings, gpus=0)
    scaler = describe_scaler(settings, policy, ScalerState(), 3, 0.0)
    assert scaler.scale_up == ScalingRules(0.0, (FOUR, DOUBLE))
    assert scaler.scale_down == ScalingRules(policy.down.window, (DOUBLE,))
