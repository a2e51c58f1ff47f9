"""What gets the most room on the stage; present.css has a grid for each."""

from typing import Literal

from dashboard.components.common import custom_component
from dashboard.components.present import keys, podium

Layout = Literal["chart", "pictures", "podium"]

_layout = custom_component.component("present/layout", "")


def show(flowing: bool) -> None:
    """Give the stage its layout; ``flowing`` if pictures arrive."""
    _layout(data={"layout": choose(flowing)}, key="stage_layout")


def choose(flowing: bool) -> Layout:
    """Choose the podium, the pictures that arrive, or the chart or map."""
    if podium.is_shown():
        return "podium"
    return "pictures" if flowing and not keys.shows_map() else "chart"
