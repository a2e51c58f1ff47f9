"""A picture as large as its place allows, with a button that shows it in full screen."""

from dashboard.components.common import custom_component
from dashboard.presentation.urls import absolute

_viewer = custom_component.component(
    "pictures/viewer",
    "<div class='picture-viewer'><img><button type='button'>Full screen</button></div>",
)


def show(name: str, prompt: str) -> None:
    """Show a stored picture; ``prompt`` describes it for screen readers."""
    _viewer(data={"url": absolute(f"/pictures/{name}"), "prompt": prompt}, key="picture_viewer")
