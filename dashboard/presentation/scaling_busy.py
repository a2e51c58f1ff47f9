"""Why there are as many workers as there are while there is work: shares, limits, steps."""

import math
from collections import Counter

from dashboard.domain.fleet import FleetReading, Phase, Scaler, Worker
from dashboard.presentation.formatting import end_sentence, pluralize

Sentence = tuple[str, str]
"""What is asked, to be set in bold and followed by a colon; and the answer."""


def why_busy(reading: FleetReading, scaler: Scaler, jobs: int, wanted: int) -> Sentence:
    """Say how jobs make workers, and what those that are not ready wait for."""
    called_for = math.ceil(jobs / scaler.jobs_per_worker)
    share = f"{pluralize(jobs, 'request')} waiting or in progress, {_share(scaler)}"
    if called_for > scaler.maximum:
        share += f", at most {scaler.maximum}"
    if wanted > max(called_for, scaler.minimum):
        share += _coming_down(scaler)
    elif wanted < min(called_for, scaler.maximum):
        share += "; scaling out is paused" if scaler.scale_out_paused else _step_by_step(scaler)
    return _busy_lead(reading, scaler, called_for, wanted), f"{share}. {_states(reading, wanted)}"


def _share(scaler: Scaler) -> str:
    if scaler.kind != "ScaledJob":
        return f"{scaler.jobs_per_worker:g} per worker"
    return f"{scaler.jobs_per_worker:g} for each Kubernetes Job"


def _coming_down(scaler: Scaler) -> str:
    if scaler.kind == "ScaledJob":
        return "; the others end by themselves"
    if scaler.scale_in_paused:
        return "; scaling in is paused"
    return "; their number is coming down"


def _step_by_step(scaler: Scaler) -> str:
    if scaler.kind == "ScaledJob":
        return f"; more follow within {scaler.polling_interval:g} s"
    return "; more follow step by step"


def _busy_lead(reading: FleetReading, scaler: Scaler, called_for: int, wanted: int) -> str:
    still = "still " if wanted > max(called_for, scaler.minimum) else ""
    none_ready = ", none ready" if reading.ready == 0 else ""
    return f"Why {still}{pluralize(wanted, 'worker')}{none_ready}"


def _states(reading: FleetReading, wanted: int) -> str:
    failed = [worker for worker in reading.workers if worker.phase == "failed"]
    pending = [worker for worker in reading.workers if worker.phase == "pending"]
    if failed:
        return f"{failed[0].name} failed: {end_sentence(failed[0].reason)}"
    if pending:
        return _pending(pending)
    if reading.ready is None:
        return "How many of them are ready is unknown."
    return _starting(reading.workers, wanted - reading.ready)


def _pending(workers: list[Worker]) -> str:
    """Say what most of those that have no place wait for, such as a GPU node."""
    [(why, number)] = Counter(worker.reason for worker in workers).most_common(1)
    return f"{number} {end_sentence(why if number == 1 else why.replace('waits', 'wait', 1))}"


def _starting(workers: tuple[Worker, ...], left: int) -> str:
    if left <= 0:
        return "All are ready."
    doing = _doing(workers, "starting")
    return f"{left} still starting: {doing}." if doing else f"{left} still starting."


def _doing(workers: tuple[Worker, ...], phase: Phase) -> str | None:
    return next(
        (worker.reason for worker in workers if worker.phase == phase and worker.reason), None
    )
