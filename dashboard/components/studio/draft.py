"""Keep a typed prompt in the browser, so that a reload of the page does not lose it."""

from dashboard.components.common import custom_component

_draft = custom_component.component("studio/draft", "<span hidden></span>")


def keep() -> None:
    """Restore the typed prompt, and keep it from now on."""
    _draft(key="draft")
