"""Two pictures on top of each other, with a slider that moves the border between them."""

from dataclasses import dataclass

from dashboard.components.common import custom_component
from dashboard.presentation.urls import absolute

_HTML = """<div class="compare">
  <img class="right"><img class="left">
  <span class="border" aria-hidden="true"></span>
  <input type="range" min="0" max="100" step="1" value="50">
</div>"""

_slider = custom_component.component("compare/slider", _HTML)


@dataclass(frozen=True)
class Picture:
    """A picture and its description for screen readers."""

    name: str
    prompt: str


def show(left: Picture, right: Picture) -> None:
    """Show the left picture up to the slider, and the right one behind it."""
    data = {"left": _fields(left), "right": _fields(right)}
    _slider(data=data, key="compare_slider")


def _fields(picture: Picture) -> dict[str, str]:
    return {"url": absolute(f"/pictures/{picture.name}"), "prompt": picture.prompt}
