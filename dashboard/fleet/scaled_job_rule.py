"""The scaling rule of a ScaledJob, as a pure function.

Source: getScalingDecision and defaultScalingStrategy in KEDA's
pkg/scaling/executor/scale_jobs.go, and ScaledJob.MaxReplicaCount in its scaledjob_types.go.
"""

import math

from dashboard.fleet.scaling_rule import ScalingPolicy


def jobs_to_create(policy: ScalingPolicy, running: int, jobs: int) -> int:
    """Return how many Jobs a ScaledJob of the default strategy creates at a poll.

    The minimum runs besides those that the queue calls for, and is created first.

    Args:
        policy: the settings.
        running: Jobs that have not ended.
        jobs: waiting and in progress, so the Jobs that run are subtracted.

    """
    if running < policy.minimum:
        return policy.minimum - running
    if jobs <= policy.activation:
        return 0
    most = policy.maximum - policy.minimum
    called_for = min(math.ceil(jobs / policy.jobs_per_worker), most)
    return max(0, called_for - (running - policy.minimum))
