"""The timeline chart: computed once per snapshot, updated in place by the browser."""

from datetime import tzinfo

from dashboard.components.common import custom_component
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.timeline import figure
from dashboard.presentation.timeline.layout import HEIGHT, PLOT_HEIGHT
from dashboard.presentation.urls import PLOTLY_URL, absolute

_plot = custom_component.component(
    "timeline/live_plot",
    "<div class='live-plot' role='img' aria-label='The chart is loading.'></div>",
)


@snapshot_cache
def _figure(
    snapshot: Snapshot, span: float, zone: tzinfo | None, focus: str | None, plot_height: int
) -> str:
    return figure.draw(snapshot, span, zone, focus, plot_height).to_json()


def show(
    snapshot: Snapshot,
    span: float,
    zone: tzinfo | None,
    height: int | None = HEIGHT,
    focus: str | None = None,
    plot_height: int = PLOT_HEIGHT,
) -> None:
    """Show the last ``span`` seconds in the viewer's time zone; ``focus`` is a lane's name.

    Without a height, in pixels, the chart fills the box that the page's style sheet gives
    it, and its text and lines are scaled by the font size of ``.live-plot`` there. Where that box
    is low, ``plot_height`` says how low, without the time axis and before the scaling.
    """
    drawn = _figure(snapshot, span, zone, focus, plot_height)
    show_figure(drawn, figure.alt_text(snapshot), "timeline", height)


def show_figure(figure_json: str, alt: str, key: str, height: int | None) -> None:
    """Show any figure whose colors are custom properties, with its description in words."""
    _plot(
        data={
            "figure": figure_json,
            "height": height,
            "alt": alt,
            "library": absolute(PLOTLY_URL),
        },
        key=key,
        height=height or "stretch",
    )
