"""The browser's Back leads to the earlier filter of a list, and not away from its page."""

from collections.abc import Sequence

from dashboard.components.common import custom_component

_history = custom_component.component("common/filter_history", "<span hidden></span>")


def show(names: Sequence[str], typed: Sequence[str] = ()) -> None:
    """Make each change of these query parameters an entry of the browser's history.

    Args:
        names: query parameters that widgets are bound to.
        typed: those that change with each typed character; a word is one entry.

    """
    _history(data={"names": list(names), "typed": list(typed)}, key="filter_history")
