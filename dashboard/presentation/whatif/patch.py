"""What to apply so that a scenario becomes real: commands for kubectl, or lines of ``.env``."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dashboard.domain.scaling_rules import ScalingRules
from dashboard.whatif.scenario import Scenario
from dashboard.whatif.setup import ScalerSetup

_DIRECTION, _RULES = " " * 8, " " * 10
_WINDOW = "stabilizationWindowSeconds: "


@dataclass(frozen=True)
class Line:
    """One line; a changed value is set apart, and what it was is a comment."""

    before: str
    value: str = ""
    was: str = ""

    @property
    def text(self) -> str:
        """The line as it is copied."""
        comment = f"  # was {self.was}" if self.was else ""
        return f"{self.before}{self.value}{comment}"


@dataclass(frozen=True)
class Numbers:
    """The numbers of what runs and of what should run."""

    real: Scenario
    tried: Scenario
    writes_all: bool = False
    """Whether those that do not differ are written, too."""

    def line(
        self, before: str, read: Callable[[ScalerSetup], float], quote: str = ""
    ) -> Iterator[Line]:
        """Yield the line of a number; nothing if it does not differ."""
        old, new = (f"{quote}{read(each.setup):g}{quote}" for each in (self.real, self.tried))
        if self.writes_all or old != new:
            yield Line(before, new, was="" if old == new else old)


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
        return list(_settings(Numbers(real, tried)))
    kind = tried.setup.kind
    target = f"{kind.lower()} {name}"
    if kind == real.setup.kind:
        return list(_patches(Numbers(real, tried), namespace, target, trigger))
    # Deploying sets the numbers of the manifests, whose only trigger counts requests.
    deploy = Line(f"make deploy-{kind.lower()}", was=f"a {real.setup.kind}")
    whole = Numbers(real, tried, writes_all=True)
    return [deploy, *_patches(whole, namespace, target, trigger=0)]


def _patches(numbers: Numbers, namespace: str, target: str, trigger: int) -> Iterator[Line]:
    if limits := list(_limits(numbers)):
        yield from (*_command(namespace, target, "merge"), Line("spec:"), *limits, Line("'"))
    if per_worker := _trigger(numbers, trigger):
        yield from (*_command(namespace, target, "json"), *per_worker, Line("'"))


def _command(namespace: str, target: str, kind: str) -> tuple[Line, Line]:
    """Return a command on two lines, which are not wrapped beside other cards."""
    return (
        Line(f"kubectl -n {namespace} patch \\"),
        Line(f"  {target} --type {kind} --patch '"),
    )


def count(found: list[Line]) -> int:
    """Count the values that change."""
    return sum(bool(line.was) for line in found)


def text(found: list[Line]) -> str:
    """Return the lines as they are copied."""
    return "".join(f"{line.text}\n" for line in found)


def _limits(numbers: Numbers) -> Iterator[Line]:
    yield from numbers.line("  minReplicaCount: ", lambda setup: setup.policy.minimum)
    yield from numbers.line("  maxReplicaCount: ", lambda setup: setup.policy.maximum)
    yield from numbers.line("  pollingInterval: ", lambda setup: round(setup.polling))
    if numbers.tried.setup.creates_jobs:
        return
    yield from numbers.line("  cooldownPeriod: ", lambda setup: setup.policy.cooldown)
    yield from _behavior(numbers)


def _behavior(numbers: Numbers) -> Iterator[Line]:
    """Yield the window, and all rules of an HPA whose manifest may have others."""
    window = list(numbers.line(f"{_RULES}{_WINDOW}", lambda setup: setup.policy.down.window))
    if not window:
        return
    policy = numbers.tried.setup.policy
    parents = ("advanced", "horizontalPodAutoscalerConfig", "behavior")
    yield from (Line(f"{'  ' * depth}{key}:") for depth, key in enumerate(parents, start=1))
    if numbers.writes_all:
        yield Line(f"{_DIRECTION}scaleUp:")
        yield Line(f"{_RULES}{_WINDOW}{policy.up.window:g}")
        yield from _rates(policy.up)
    yield Line(f"{_DIRECTION}scaleDown:")
    yield from window
    if numbers.writes_all:
        yield from _rates(policy.down)


def _rates(rules: ScalingRules) -> Iterator[Line]:
    yield Line(f"{_RULES}selectPolicy: {rules.select}")
    yield Line(f"{_RULES}policies:")
    for limit in rules.limits:
        fields = f"type: {limit.unit}, value: {limit.value}, periodSeconds: {limit.period:g}"
        yield Line(f"{_RULES}  - {{ {fields} }}")


def _trigger(numbers: Numbers, index: int) -> list[Line]:
    """Return a JSON patch: a merge patch would replace the list of triggers as a whole."""
    value = list(numbers.line("  value: ", lambda setup: setup.policy.jobs_per_worker, '"'))
    path = f"/spec/triggers/{index}/metadata/value"
    return [Line("- op: replace"), Line(f"  path: {path}"), *value] if value else []


def _settings(numbers: Numbers) -> Iterator[Line]:
    yield from numbers.line("JOBS_PER_WORKER=", lambda setup: setup.policy.jobs_per_worker)
    yield from numbers.line("MIN_WORKERS=", lambda setup: setup.policy.minimum)
    yield from numbers.line("MAX_WORKERS=", lambda setup: setup.policy.maximum)
    yield from numbers.line("POLLING_INTERVAL=", lambda setup: setup.polling)
    yield from numbers.line("COOLDOWN_PERIOD=", lambda setup: setup.policy.cooldown)
