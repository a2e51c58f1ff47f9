"""What gets the most room on the stage; present.css has a grid for each."""

from typing import Literal

from dashboard.components.common import custom_component
from dashboard.components.present import scene

Layout = Literal["chart", "pictures", "podium"]

_layout = custom_component.component("present/layout", "")


def show(layout: Layout, cost: bool) -> None:
    """Give the stage its layout, with room for the cost or without."""
    _layout(data={"layout": layout, "cost": str(cost).lower()}, key="stage_layout")


def choose(flowing: bool) -> Layout:
    """Choose the podium, the pictures while they arrive (``flowing``), or the chart or map."""
    if scene.shows("podium"):
        return "podium"
    return "pictures" if flowing and not scene.shows("map") else "chart"
