"""Marks of injected faults: a ring and a plate, the only red beside what is silent or failed."""

from collections.abc import Mapping

from dashboard.domain.snapshot import Annotation
from dashboard.presentation.timeline.layout import LaneGeometry
from dashboard.presentation.timeline.series import Window

_COLOR = "var(--silent)"
_NEW_SECONDS = 30.0
"""How long a fault stands out; then its caption is like others."""
_RADIUS = 5

PLATE: Mapping[str, object] = {"bordercolor": _COLOR, "borderwidth": 1, "borderpad": 3}
"""What the caption of a new fault has beyond that of others."""


def is_new(annotation: Annotation, window: Window) -> bool:
    """Return whether a fault was injected in the last seconds."""
    return annotation.is_fault and window.end - annotation.at < _NEW_SECONDS


def ring(annotation: Annotation, window: Window, geometry: LaneGeometry) -> dict[str, object]:
    """Draw a ring where a fault was injected."""
    return {
        "type": "circle",
        "xref": "x",
        "xsizemode": "pixel",
        "xanchor": window.x(annotation.at),
        "yref": "paper",
        "ysizemode": "pixel",
        "yanchor": geometry.full,
        "x0": -_RADIUS,
        "x1": _RADIUS,
        "y0": -_RADIUS,
        "y1": _RADIUS,
        "fillcolor": "var(--card)",
        "line": {"color": _COLOR, "width": 2},
    }
