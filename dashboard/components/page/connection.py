"""A sentence at the foot of the page while the browser's connection to the dashboard is lost."""

from dashboard.components.common import custom_component

_notice = custom_component.component("page/connection", "<p class='connection' role='status'></p>")


def show() -> None:
    """Watch the connection in the browser; nothing is shown while it works."""
    _notice(key="connection")
