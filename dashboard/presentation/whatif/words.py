"""A what-if result in words: the sentence above the page, and the four figures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dashboard.presentation import formatting
from dashboard.whatif.result import Outcome
from dashboard.whatif.scenario import Result, Scenario

_DOWN, _UP = "\u2193", "\u2191"

Format = Callable[[float], str]


@dataclass(frozen=True)
class Figure:
    """One outcome: what it is with the real settings, and what it would be."""

    hue: str
    """The lane whose colour it has; ``ink`` for none."""
    label: str
    real: str
    """Empty while nothing differs, or if it is unknown."""
    number: str
    """The outcome, or ``unknown``."""
    difference: str
    """With an arrow; empty without a difference."""
    beside: str


def sentence(real: Result, tried: Result, currency: str) -> tuple[str, str]:
    """Return the sentence's lead, without its colon, and its rest."""
    outcome = tried.outcome
    if not outcome.requests:
        return "No request arrived", "choose a longer time, a recording, a burst or a day."
    is_real = real.scenario == tried.scenario
    lead = f"{'With the real settings,' if is_real else 'What if'} {_settings(tried.scenario)}"
    if outcome.p95 is None or outcome.finish is None:
        never = formatting.pluralize(outcome.never_started, "request")
        return lead, f"{never} would still wait hours after the last arrival."
    instead = (
        "" if is_real or real.outcome.p95 is None else f" instead of {seconds(real.outcome.p95)}"
    )
    waiting = f"95% of the requests start within {seconds(outcome.p95)}{instead}"
    finish = f"the last is done after {seconds(outcome.finish)}"
    return lead, f"{waiting}, {finish}{_spending(real, tried, currency)}."


def _settings(scenario: Scenario) -> str:
    policy = scenario.setup.policy
    share = policy.jobs_per_worker
    requests = "request" if share == 1 else "requests"
    return f"{share:g} {requests} per worker, {policy.minimum} to {policy.maximum} workers"


def _spending(real: Result, tried: Result, currency: str) -> str:
    before, now = expense(real.outcome), expense(tried.outcome)
    cost = tried.outcome.cost
    costs = "" if cost is None else f", and it costs {formatting.money(cost, currency)}"
    percent = round(100 * (now / before - 1)) if before else 0
    if not percent:
        return costs
    if costs:
        return f"{costs}, {abs(percent)}% {'less' if percent < 0 else 'more'}"
    hours = "GPU-hours" if tried.scenario.model.nodes else "worker-hours"
    return f", with {abs(percent)}% {'fewer' if percent < 0 else 'more'} {hours}"


def expense(outcome: Outcome) -> float:
    """Return the cost, or the hours without a price."""
    return outcome.hours if outcome.cost is None else outcome.cost


def seconds(value: float) -> str:
    """Format a waiting time: with a digit below 10 s."""
    return formatting.short_duration(value) if value else "0 s"


def figures(real: Outcome, tried: Outcome, unit: str, currency: str) -> Iterator[Figure]:
    """Yield the four figures; ``unit`` is what is paid by the hour, ``GPU`` or ``worker``."""
    half = "" if tried.p50 is None else f"half within {seconds(tried.p50)}"
    hue = "nodes" if unit == "GPU" else "workers"
    name = "GPU-hours" if unit == "GPU" else "Worker-hours"
    yield _figure("requests", "Waiting, p95", (real.p95, tried.p95), seconds, half)
    yield _figure(hue, name, (real.hours, tried.hours), _hours)
    no_price = "no price is set" if tried.cost is None else ""
    costs = (real.cost, tried.cost)
    yield _figure("ink", "Cost", costs, lambda cost: formatting.money(cost, currency), no_price)
    yield _idle(real.idle_share, tried.idle_share)


def _hours(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _figure(
    hue: str, label: str, values: tuple[float | None, float | None], form: Format, beside: str = ""
) -> Figure:
    real, tried = values
    if tried is None:
        return Figure(hue, label, "", formatting.UNKNOWN, "", beside)
    number = form(tried)
    if real is None or form(real) == number:
        return Figure(hue, label, "", number, "", beside)
    difference = f"{_DOWN if tried < real else _UP} {form(abs(tried - real))}"
    percent = f"{abs(tried / real - 1):.0%} {'less' if tried < real else 'more'}" if real else ""
    return Figure(hue, label, form(real), number, difference, beside if beside else percent)


def _idle(real: float | None, tried: float | None) -> Figure:
    """Return the figure of a share, which differs by points, not by percent."""
    label = "Idle share"
    if tried is None:
        return Figure("workers", label, "", formatting.UNKNOWN, "", "nothing was paid")
    beside = "of paid time"
    points = 0 if real is None else round(100 * (tried - real))
    if real is None or not points:
        return Figure("workers", label, "", f"{tried:.0%}", "", beside)
    difference = f"{_DOWN if points < 0 else _UP} {formatting.pluralize(abs(points), 'point')}"
    return Figure("workers", label, f"{real:.0%}", f"{tried:.0%}", difference, beside)
