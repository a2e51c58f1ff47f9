"""How the scaler decides: one formula with the numbers of the moment, and its rules."""

from datetime import tzinfo
from functools import partial

from markupsafe import Markup

from dashboard.components.common import dom_patch, tables
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.explained import target_chart
from dashboard.presentation.explained.formula import Explanation, explain
from dashboard.presentation.explained.terms import to_sentence
from dashboard.presentation.templates import render_macro

_render = partial(render_macro, "components/fleet/explained.html")


def show(snapshot: Snapshot, zone: tzinfo | None) -> None:
    """Show the formula of a snapshot's fleet."""
    dom_patch.show(card(snapshot, zone), key="explained")


@snapshot_cache
def card(snapshot: Snapshot, zone: tzinfo | None) -> Markup:
    """Render the formula with its chart and rules, or why they are unknown."""
    explanation = explain(snapshot, zone)
    if explanation is None:
        return tables.title("How the scaler decides") + tables.note(
            "Nothing scales the workers: they are started by hand or by another system."
        )
    title = tables.title(explanation.title, explanation.beside)
    return title + (
        tables.note(explanation.note) if explanation.note else _body(snapshot, explanation, zone)
    )


def _body(snapshot: Snapshot, explanation: Explanation, zone: tzinfo | None) -> Markup:
    chart = target_chart.draw(snapshot, zone)
    return _render(
        "card", explanation, to_sentence(explanation.terms), chart, tables.pairs(explanation.rules)
    )
