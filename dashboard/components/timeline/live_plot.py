"""The timeline chart: computed once per snapshot, updated in place by the browser."""

from collections.abc import Hashable
from datetime import tzinfo

from cachetools import LRUCache

from dashboard.components.common import custom_component
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.timeline import figure
from dashboard.presentation.timeline.layout import HEIGHT, PLOT_HEIGHT, axis_range
from dashboard.presentation.timeline.moving import can_move
from dashboard.presentation.urls import PLOTLY_URL, absolute

_plot = custom_component.component(
    "timeline/live_plot",
    "<div class='live-plot' role='img' aria-label='The chart is loading.'></div>",
)
_axis = custom_component.component("timeline/time_axis", "<span hidden></span>")

_MAX_FIGURES = 64
_newest_figures: LRUCache[tuple[Hashable, ...], tuple[Snapshot, str]] = LRUCache(_MAX_FIGURES)


@snapshot_cache
def _figure(
    snapshot: Snapshot, span: float, zone: tzinfo | None, focus: str | None, plot_height: int
) -> str:
    """Return the newest figure as long as its time axis alone moves, so that it is sent once."""
    key = (snapshot.lanes, span, zone, focus, plot_height)
    drawn = _newest_figures.get(key)
    if drawn is None or not can_move(drawn[0], snapshot, span, zone):
        drawn = snapshot, figure.draw(snapshot, span, zone, focus, plot_height).to_json()
        _newest_figures[key] = drawn
    return drawn[1]


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
    is low, ``plot_height`` is its height, without the time axis and before the scaling.
    """
    drawn = _figure(snapshot, span, zone, focus, plot_height)
    show_figure(drawn, figure.alt_text(snapshot), "timeline", height, moves=True)
    _axis(data=axis_range(figure.window_of(snapshot, span, zone)), key="time_axis")


def show_figure(
    figure_json: str, alt: str, key: str, height: int | None, *, moves: bool = False
) -> None:
    """Show any figure whose colors are custom properties, with its description in words.

    If it ``moves``, its time axis is the one that was shown last.
    """
    _plot(
        data={
            "figure": figure_json,
            "height": height,
            "alt": alt,
            "library": absolute(PLOTLY_URL),
            "moves": moves,
        },
        key=key,
        height=height or "stretch",
    )
