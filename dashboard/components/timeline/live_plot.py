"""The timeline chart: computed once per snapshot, updated in place by the browser."""

from datetime import tzinfo

from cachetools import LRUCache

from dashboard.components.common import custom_component
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.timeline import figure
from dashboard.presentation.timeline.layout import HEIGHT, axis_range
from dashboard.presentation.timeline.moving import can_move
from dashboard.presentation.urls import PLOTLY_URL, absolute

_plot = custom_component.component(
    "timeline/live_plot",
    "<div class='live-plot' role='img' aria-label='The chart is loading.'></div>",
)


_axis = custom_component.component("timeline/time_axis", "<span hidden></span>")

_MAX_FIGURES = 64
_newest_figures: LRUCache[tuple[float, tzinfo | None], tuple[Snapshot, str]]
_newest_figures = LRUCache(_MAX_FIGURES)


@snapshot_cache
def _figure(snapshot: Snapshot, span: float, zone: tzinfo | None) -> str:
    """Return the newest figure as long as its time axis alone moves, so that it is sent once."""
    drawn = _newest_figures.get((span, zone))
    if drawn is None or not can_move(drawn[0], snapshot, span):
        drawn = snapshot, figure.draw(snapshot, span, zone).to_json()
        _newest_figures[span, zone] = drawn
    return drawn[1]


def show(snapshot: Snapshot, span: float, zone: tzinfo | None, height: int | None = HEIGHT) -> None:
    """Show the last ``span`` seconds in the viewer's time zone.

    Without a height, in pixels, the chart fills the box that the page's style sheet gives
    it, and its text and lines are scaled by the font size of ``.live-plot`` there.
    """
    text, alt = _figure(snapshot, span, zone), figure.alt_text(snapshot)
    show_figure(text, alt, "timeline", height, moves=True)
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
