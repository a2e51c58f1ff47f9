"""HTML that changes in place, for lists in which people scroll, select, or have the focus.

``st.html`` replaces its whole content at a change; a link in it would lose the focus.
"""

from dashboard.components import scripted

_html = scripted.component("dom_patch", "<div class='live-html'></div>")


def show(html: str, key: str) -> str | None:
    """Show escaped HTML; return the ``data-opens`` of what was clicked in this run.

    Elements that may get others before them, such as rows, need a ``data-key``.
    """
    return _html(data={"html": html}, key=key, on_opened_change=scripted.ignore).opened
