"""Why there are as many workers as there are: one sentence, from the scaler's own numbers."""

import math
from collections import Counter
from datetime import tzinfo

from dashboard.fleet.reading import FleetReading, Phase, Scaler, Worker
from dashboard.readings.snapshot import Reading
from dashboard.words import counted, since
from wire.queue import Depth

Sentence = tuple[str, str]
"""What is asked, to be set in bold and followed by a colon; and the answer."""

_UNKNOWN = "Why is unknown"


def explain(
    fleet: Reading[FleetReading] | None,
    queue: Reading[Depth],
    now: float,
    zone: tzinfo | None = None,
) -> Sentence:
    """Say why there are as many workers as there are at ``now``, Unix seconds.

    Args:
        fleet: the newest look at the fleet; None where there is none to ask.
        queue: the newest look at the queue, for what the scaler does not tell.
        now: Unix seconds, to count a cool-down on since the look.
        zone: the viewer's; None is this machine's.

    """
    if fleet is None:
        return "Why these workers", f"a person decides how many run. {_line(queue)}"
    reading = fleet.value
    if reading is None:
        return _UNKNOWN, _silent(fleet, zone)
    if reading.scaler is None or reading.wanted is None:
        return _UNKNOWN, _unread(reading)
    jobs = _in_the_queue(queue) if reading.scaler.jobs is None else reading.scaler.jobs
    return _known(reading, reading.scaler, jobs, now - (fleet.at or now))


def _known(reading: FleetReading, scaler: Scaler, jobs: int | None, age: float) -> Sentence:
    wanted = reading.wanted
    still = f"Why still {counted(wanted, 'worker')}" if wanted else "Why no workers"
    fault = _fault(scaler, wanted)
    if fault:
        return still, fault
    if jobs is None:
        return still, "the requests could not be counted; until they are, nothing changes."
    if wanted == 0:
        return still, _why_none(scaler, jobs)
    if jobs == 0:
        return _why_idle(still, scaler, wanted, age)
    return _why_busy(reading, scaler, jobs, wanted)


def _fault(scaler: Scaler, wanted: int) -> str | None:
    """Say what keeps the scaler from scaling, if anything does."""
    if scaler.paused:
        return "the scaler is paused."
    for condition in scaler.conditions:
        if condition.name == "Ready" and condition.holds is False:
            return f"the scaler does not work: {_ended(condition.why)}"
    # An autoscaler that has not seen any worker yet has nothing to say.
    looks = scaler.autoscaler and scaler.autoscaler.current and wanted
    for condition in scaler.autoscaler.conditions if looks else ():
        if condition.name == "ScalingActive" and condition.holds is False:
            return f"the autoscaler does not work: {_ended(condition.why)}"
    return None


def _why_none(scaler: Scaler, jobs: int) -> str:
    within = f"within {scaler.polling_interval:g} s"
    if jobs and scaler.scale_out_paused:
        return f"{counted(jobs, 'request')} waiting, but scaling out is paused."
    if jobs:
        return f"{counted(jobs, 'request')} came since the last look; one starts {within}."
    return f"nothing is waiting. The next request starts one {within}."


def _why_idle(still: str, scaler: Scaler, wanted: int, age: float) -> Sentence:
    if scaler.minimum and wanted <= scaler.minimum:
        lead = still.replace("Why still", "Why")
        return lead, "nothing is waiting; as many are always kept."
    if scaler.scale_in_paused:
        return still, "nothing is waiting, but scaling in is paused."
    if scaler.cooldown_left is None:
        return still, "nothing is waiting; their number is coming down."
    left = max(0.0, scaler.cooldown_left - age)
    cooldown = f"the cool-down of {scaler.cooldown_period:g} s has {left:.0f} s left"
    return still, f"nothing is waiting; {cooldown}."


def _why_busy(reading: FleetReading, scaler: Scaler, jobs: int, wanted: int) -> Sentence:
    called_for = math.ceil(jobs / scaler.jobs_per_worker)
    share = f"{counted(jobs, 'request')} waiting or in progress, {_share(scaler)}"
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
    return f"Why {still}{counted(wanted, 'worker')}{none_ready}"


def _states(reading: FleetReading, wanted: int) -> str:
    failed = [worker for worker in reading.workers if worker.phase == "failed"]
    pending = [worker for worker in reading.workers if worker.phase == "pending"]
    if failed:
        return f"{failed[0].name} failed: {_ended(failed[0].why)}"
    if pending:
        return _pending(pending)
    if reading.ready is None:
        return "How many of them are ready is unknown."
    return _starting(reading.workers, wanted - reading.ready)


def _pending(workers: list[Worker]) -> str:
    """Say what most of those that have no place wait for, such as a GPU node."""
    [(why, number)] = Counter(worker.why for worker in workers).most_common(1)
    return f"{number} {_ended(why if number == 1 else why.replace('waits', 'wait', 1))}"


def _starting(workers: tuple[Worker, ...], left: int) -> str:
    if left <= 0:
        return "All are ready."
    doing = _doing(workers, "starting")
    return f"{left} still starting: {doing}." if doing else f"{left} still starting."


def _doing(workers: tuple[Worker, ...], phase: Phase) -> str | None:
    return next((worker.why for worker in workers if worker.phase == phase and worker.why), None)


def _in_the_queue(queue: Reading[Depth]) -> int | None:
    depth = queue.value
    if depth is None or depth.unacknowledged is None:
        return None
    return depth.ready + depth.unacknowledged


def _line(queue: Reading[Depth]) -> str:
    if queue.value is None:
        return "How many requests wait is unknown."
    if queue.value.ready == 0:
        return "Nothing is waiting."
    return f"{counted(queue.value.ready, 'request')} waiting."


def _unread(reading: FleetReading) -> str:
    unread = "how many workers are wanted" if reading.scaler else "the scaler's numbers"
    return " ".join((f"{unread} could not be read.", *reading.troubles[:2]))


def _silent(fleet: Reading[FleetReading], zone: tzinfo | None) -> str:
    if fleet.error is None:
        return "the first look has not come back yet."
    reason = fleet.error[:1].lower() + _ended(fleet.error)[1:]
    return f"{since(fleet.at, zone)}, {reason} Requests and pictures go on as before."


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
