"""Cost against waiting, of all settings that were tried."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.presentation import formatting
from dashboard.presentation.timeline.layout import FONT, SMALL_FONT, base_layout
from dashboard.presentation.whatif.words import expense, seconds
from dashboard.whatif.result import Outcome
from dashboard.whatif.search import Trial, frontier

HEIGHT = 260
_MARGIN = {"l": 44, "r": 12, "t": 8, "b": 34}
_LABEL_SHARE = 0.42
"""Of the chart's width on a phone, which the label of a point takes."""
_TIMES_LIMIT = 2.5
"""The waiting axis ends at a multiple of what matters, so that the good settings lie apart."""
_AXIS: dict[str, object] = {
    "tickfont": {"size": SMALL_FONT, "color": "var(--muted)"},
    "gridcolor": "var(--line)",
    "zerolinecolor": "var(--moment)",
    "fixedrange": True,
    "nticks": 6,
}


@dataclass(frozen=True)
class Pareto:
    """What the chart shows."""

    trials: Sequence[Trial]
    real: Outcome
    tried: Outcome
    limit: float
    """The maximum of p95 that was requested, in seconds."""
    currency: str


def draw(chart: Pareto) -> go.Figure:
    """Draw a dot for each setting, steps for the frontier, a ring for real, a disc for what if."""
    best = frontier(chart.trials)
    top = _top(chart)
    traces = [
        _dots(chart),
        go.Scatter(
            x=[trial.expense for trial in best],
            y=[trial.outcome.p95 or 0.0 for trial in best],
            mode="lines+markers",
            line={"color": "var(--ink)", "width": 1.4, "shape": "hv"},
            marker={"color": "var(--ink)", "size": 5},
            hoverinfo="skip",
        ),
        _point(chart.real, "circle-open", 13),
        _point(chart.tried, "circle", 11),
    ]
    return go.Figure(traces, _layout(chart, top))


def _top(chart: Pareto) -> float:
    known = [chart.real.p95, chart.tried.p95, chart.limit]
    wanted = max(value for value in known if value is not None)
    slowest = max((trial.outcome.p95 or 0.0 for trial in chart.trials), default=wanted)
    return max(1.0, min(_TIMES_LIMIT * wanted, 1.05 * slowest), 1.1 * wanted)


def _right(chart: Pareto) -> float:
    known = (chart.real, chart.tried, *(trial.outcome for trial in chart.trials))
    return 1.05 * max(map(expense, known)) or 1.0


def _dots(chart: Pareto) -> go.Scatter:
    known = [trial for trial in chart.trials if trial.outcome.p95 is not None]
    return go.Scatter(
        x=[trial.expense for trial in known],
        y=[trial.outcome.p95 or 0.0 for trial in known],
        mode="markers",
        marker={"color": "var(--moment)", "size": 4.5},
        text=[_describe(trial) for trial in known],
        hovertemplate="%{text}<extra></extra>",
    )


def _describe(trial: Trial) -> str:
    policy = trial.setup.policy
    limits = f"{policy.minimum} to {policy.maximum} workers"
    pauses = f"cool-down {policy.cooldown:g} s, window {policy.down.window:g} s"
    return f"{policy.jobs_per_worker:g} per worker, {limits}, {pauses}"


def _point(outcome: Outcome, symbol: str, size: int) -> go.Scatter:
    known = outcome.p95 is not None
    return go.Scatter(
        x=[expense(outcome)] if known else [],
        y=[outcome.p95 or 0.0] if known else [],
        mode="markers",
        marker={"color": "var(--ink)", "size": size, "symbol": symbol, "line": {"width": 2}},
        hoverinfo="skip",
    )


def _layout(chart: Pareto, top: float) -> dict[str, object]:
    unit = chart.currency if chart.real.cost is not None else ""
    limit = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": chart.limit,
        "y1": chart.limit,
        "line": {"color": "var(--requests)", "width": 1.4, "dash": "4px,3px"},
    }
    return {
        **base_layout(HEIGHT, _MARGIN),
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": "var(--line)"},
        "xaxis": _AXIS
        | {
            "tickprefix": unit,
            "tickformat": ",.2f",
            "showgrid": False,
            # Plotly's own range makes room for labels, below zero on a phone.
            "range": [0, _right(chart)],
        },
        "yaxis": _AXIS | {"ticksuffix": " s", "range": [0, top]},
        "shapes": [limit],
        "annotations": list(_texts(chart)),
    }


def _texts(chart: Pareto) -> list[dict[str, object]]:
    small: dict[str, object] = {"size": SMALL_FONT, "color": "var(--muted)"}
    cost = "cost" if chart.real.cost is not None else "hours"
    corner = {"xref": "paper", "yref": "paper", "x": 1, "showarrow": False, "font": small}
    texts = [
        corner | {"y": 0, "text": cost, "xanchor": "right", "yanchor": "top", "yshift": -18},
        {
            "xref": "paper",
            "x": 0,
            "y": chart.limit,
            "text": f"under {seconds(chart.limit)}",
            "font": small | {"color": "var(--requests)"},
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
        },
    ]
    points = [("real", chart.real), ("what if", chart.tried)]
    if chart.real == chart.tried:
        points = points[:1]
    known = [(name, outcome) for name, outcome in points if outcome.p95 is not None]
    return [*texts, *(_label(name, outcome, chart) for name, outcome in known)]


def _label(name: str, outcome: Outcome, chart: Pareto) -> dict[str, object]:
    price = (
        f"{outcome.hours:.2f} h"
        if outcome.cost is None
        else formatting.money(outcome.cost, chart.currency)
    )
    is_left = expense(outcome) < (1 - _LABEL_SHARE) * _right(chart)
    other = chart.tried if name == "real" else chart.real
    is_upper = (outcome.p95 or 0.0, name == "real") >= (other.p95 or 0.0, name != "real")
    return {
        "x": expense(outcome),
        "y": outcome.p95,
        "text": f"<b>{name}</b> {price}, {seconds(outcome.p95 or 0.0)}",
        "font": {"size": FONT, "color": "var(--ink)"},
        "bgcolor": "var(--card)",
        # To the right where it has room, and away from the other label.
        "xanchor": "left" if is_left else "right",
        "xshift": 10 if is_left else -10,
        "yanchor": "bottom" if is_upper else "top",
        "showarrow": False,
    }


def alt_text(chart: Pareto) -> str:
    """Describe the chart for people who do not see it."""
    best = frontier(chart.trials)
    return f"Cost against waiting of {len(chart.trials)} settings, {len(best)} on the frontier."
