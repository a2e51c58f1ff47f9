"""Describe what the workers that are not ready wait for."""

from collections import Counter

from core.errors import end_sentence
from dashboard.domain.fleet import FleetReading, Worker


def describe_states(reading: FleetReading, wanted: int) -> str:
    """Describe the workers: one that failed, those without a node, those that start."""
    if failure := describe_failure(reading):
        return failure
    workers = reading.workers
    if pending := [worker for worker in workers if worker.phase == "pending"]:
        return _pending(pending)
    if reading.ready is None:
        return "How many of them are ready is unknown."
    return _starting(workers, wanted, wanted - reading.ready)


def describe_failure(reading: FleetReading) -> str:
    """Explain why the cluster creates no worker, or why a worker failed; empty if neither holds."""
    if reading.refusal:
        return f"The cluster refuses to create more workers: {end_sentence(reading.refusal)}"
    failed = next((worker for worker in reading.workers if worker.phase == "failed"), None)
    return f"{failed.name} failed: {end_sentence(failed.reason)}" if failed else ""


def _pending(workers: list[Worker]) -> str:
    """Describe what most workers without a node wait for."""
    [(reason, count)] = Counter(worker.reason for worker in workers).most_common(1)
    return f"{count} {end_sentence(reason if count == 1 else reason.replace('waits', 'wait', 1))}"


def _starting(workers: tuple[Worker, ...], wanted: int, missing: int) -> str:
    if missing <= 0:
        return {1: "It is ready.", 2: "Both are ready."}.get(wanted, f"All {wanted} are ready.")
    reasons = (worker.reason for worker in workers if worker.phase == "starting")
    reason = next(filter(None, reasons), None)
    verb = "is" if missing == 1 else "are"
    return f"{missing} {verb} starting{f': {reason}' if reason else ''}."
