"""What to apply so that a scenario becomes real: commands for kubectl, or lines of ``.env``."""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.whatif.scenario import Scenario


@dataclass(frozen=True)
class Line:
    """One line; a changed value is set apart, and what it was is a comment."""

    before: str
    value: str = ""
    after: str = ""
    was: str = ""

    @property
    def text(self) -> str:
        """The line as it is copied."""
        comment = f"  # was {self.was}" if self.was else ""
        return f"{self.before}{self.value}{self.after}{comment}"


def lines(
    real: Scenario, tried: Scenario, name: str, namespace: str, trigger: int = 0
) -> list[Line]:
    """Return the lines; none if no setting differs.

    Args:
        real: what runs.
        tried: what should run.
        name: of the ScaledObject or ScaledJob.
        namespace: the workers'.
        trigger: the index of the trigger that counts requests.

    """
    if real.setup.is_local:
        return list(_settings(real, tried))
    kind = real.setup.kind.lower()
    command = f"kubectl -n {namespace} patch {kind} {name}"
    limits, per_worker = list(_limits(real, tried)), _trigger(real, tried, trigger)
    found = [Line(f"{command} --type merge --patch '"), Line("spec:"), *limits, Line("'")]
    found = found if limits else []
    if per_worker:
        found += [Line(f"{command} --type json --patch '"), *per_worker, Line("'")]
    if real.setup.kind != tried.setup.kind:
        found.append(Line(f"make deploy-{tried.setup.kind.lower()}", was=f"a {real.setup.kind}"))
    return found


def count(found: list[Line]) -> int:
    """Count the values that change."""
    return sum(bool(line.was) for line in found)


def text(found: list[Line]) -> str:
    """Return the lines as they are copied."""
    return "".join(f"{line.text}\n" for line in found)


def _changed(before: str, real: float, tried: float) -> Iterator[Line]:
    if real != tried:
        yield Line(before, f"{tried:g}", was=f"{real:g}")


def _limits(real: Scenario, tried: Scenario) -> Iterator[Line]:
    old, new = real.setup.policy, tried.setup.policy
    yield from _changed("  minReplicaCount: ", old.minimum, new.minimum)
    yield from _changed("  maxReplicaCount: ", old.maximum, new.maximum)
    yield from _changed(
        "  pollingInterval: ", round(real.setup.polling), round(tried.setup.polling)
    )
    if real.setup.creates_jobs:
        return
    yield from _changed("  cooldownPeriod: ", old.cooldown, new.cooldown)
    window = list(
        _changed(f"{' ' * 10}stabilizationWindowSeconds: ", old.down.window, new.down.window)
    )
    if window:
        parents = ("advanced", "horizontalPodAutoscalerConfig", "behavior", "scaleDown")
        yield from (Line(f"{'  ' * depth}{key}:") for depth, key in enumerate(parents, start=1))
        yield from window


def _trigger(real: Scenario, tried: Scenario, index: int) -> list[Line]:
    """Return a JSON patch: a merge patch would replace the list of triggers as a whole."""
    old, new = real.setup.policy.jobs_per_worker, tried.setup.policy.jobs_per_worker
    if old == new:
        return []
    path = f"/spec/triggers/{index}/metadata/value"
    return [
        Line("- op: replace"),
        Line(f"  path: {path}"),
        Line('  value: "', f"{new:g}", '"', was=f'"{old:g}"'),
    ]


def _settings(real: Scenario, tried: Scenario) -> Iterator[Line]:
    old, new = real.setup.policy, tried.setup.policy
    yield from _changed("JOBS_PER_WORKER=", old.jobs_per_worker, new.jobs_per_worker)
    yield from _changed("MIN_WORKERS=", old.minimum, new.minimum)
    yield from _changed("MAX_WORKERS=", old.maximum, new.maximum)
    yield from _changed("POLLING_INTERVAL=", real.setup.polling, tried.setup.polling)
    yield from _changed("COOLDOWN_PERIOD=", old.cooldown, new.cooldown)
