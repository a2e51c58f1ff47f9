"""HTML that is updated in place, for lists in which people scroll, select or have the focus.

``st.html`` replaces its whole content at a change; a focused link in it would lose the focus.
"""

from markupsafe import Markup

from dashboard.components.common import custom_component

_html = custom_component.component("common/dom_patch", "<div class='live-html'></div>")


def show(html: Markup, key: str) -> str | None:
    """Show HTML; return the ``data-opens`` of the element that was clicked before this run.

    Elements that may be preceded by new ones, such as rows, need a ``data-key``.
    """
    result = _html(data={"html": html}, key=key, on_opened_change=custom_component.noop)
    clicked: str | None = result.opened
    return clicked
