"""A button that shows the page in full screen, with the key ``f`` as its shortcut."""

from dashboard.components.common import custom_component

_button = custom_component.component(
    "present/full_screen", "<button type='button'>Full screen <kbd>F</kbd></button>"
)


def show() -> None:
    """Show the button."""
    _button(key="full_screen", width="content")
